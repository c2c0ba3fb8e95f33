"""DuckDB's types of columns, as every warehouse has to tell them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from buck.names import identifier

DECIMAL: Final = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_NESTED: Final = re.compile(r"\[\]$|^(STRUCT|MAP|UNION)\b")


def type_of(kind: str, types: Mapping[str, str], *, text: str) -> str:
    """A warehouse's type for a column that has this type in DuckDB; decimals keep their digits.

    Args:
        kind: The type in DuckDB.
        types: What other types are called there.
        text: What everything else is kept as.
    """
    if decimal := DECIMAL.fullmatch(kind.upper()):
        return f"decimal({decimal[1]}, {decimal[2]})"
    return types.get(kind.upper(), text)


def text_of(name: str, kind: str) -> str:
    """A column as text, in DuckDB's SQL; lists and structures are JSON.

    Args:
        name: The column.
        kind: Its type in DuckDB.
    """
    column = identifier(name)
    if _NESTED.search(kind.upper()):
        column = f"to_json({column})"
    return f"cast({column} as varchar)"
