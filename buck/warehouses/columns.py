"""DuckDB's types of columns, as every warehouse has to tell them apart."""

from __future__ import annotations

import re
from typing import Final

from buck.names import identifier

DECIMAL: Final = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_NESTED: Final = re.compile(r"\[\]$|^(STRUCT|MAP|UNION)\b")


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
