"""Which tables a query reads, and the same query with other names for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from buck.names import TableRef

# `is distinct from x` compares; every other from and join names a table, a CTE or opens a bracket.
_READ: Final = re.compile(
    r"(?<!distinct )(?<!\w)(from|join)(\s+)([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)(?![\w.(])",
    re.IGNORECASE,
)
_CTE: Final = re.compile(r"([A-Za-z_]\w*)\s+as\s+(?:materialized\s+)?\(", re.IGNORECASE)


def find_tables(query: str, schema: str) -> tuple[TableRef, ...]:
    """The tables a query names, bare ones in `schema`; its own CTEs are none."""
    own = {name.lower() for name in _CTE.findall(query)}
    found = [name for _, _, name in _READ.findall(query) if name.lower() not in own]
    return tuple(dict.fromkeys(_ref(name, schema) for name in found))


def qualify_tables(query: str, schema: str, qualify: Callable[[TableRef], str | None]) -> str:
    """The query with every table that `qualify` knows under the name it gives."""
    own = {name.lower() for name in _CTE.findall(query)}

    def rename(found: re.Match[str]) -> str:
        word, space, name = found.groups()
        if name.lower() in own:
            return found.group()
        place = qualify(_ref(name, schema))
        if place is None:
            return found.group()
        # Columns may be written with the bare name, so it stays as the alias unless there is one.
        return f"{word}{space}{place}{_alias(query, found.end(), name)}"

    return _READ.sub(rename, query)


_FOLLOWED: Final = re.compile(
    r"\s+(?:as\s+\w+|(?!where\b|group\b|order\b|having\b|limit\b|on\b|using\b|join\b|inner\b|left\b"
    r"|right\b|full\b|cross\b|union\b|except\b|intersect\b|anti\b|semi\b|qualify\b|window\b)"
    r"[A-Za-z_]\w*)",
    re.IGNORECASE,
)


def _alias(query: str, end: int, name: str) -> str:
    has_own = _FOLLOWED.match(query, end) is not None
    return "" if has_own else f" as {name.rpartition('.')[2]}"


def _ref(name: str, schema: str) -> TableRef:
    held, _, table = name.rpartition(".")
    return TableRef(held or schema, table)
