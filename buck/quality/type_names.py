"""Type names that mean the same, so that a check may say `text` where DuckDB says varchar."""

from __future__ import annotations

import re
from typing import Final

ALIASES: Final = {
    "text": "varchar",
    "string": "varchar",
    "char": "varchar",
    "character varying": "varchar",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "long": "bigint",
    "bool": "boolean",
    "numeric": "decimal",
    "float8": "double",
    "double precision": "double",
    "timestamptz": "timestamp with time zone",
    "timestamp without time zone": "timestamp",
    "datetime": "timestamp",
}


def canonical(name: str) -> str:
    """One spelling per type, its precision kept: `numeric( 38 , 3 )` is `decimal(38,3)`."""
    text = re.sub(r"\s*([(),])\s*", r"\1", " ".join(name.lower().split()))
    base, opening, precision = text.partition("(")
    return ALIASES.get(base, base) + opening + precision


def spellings(name: str) -> tuple[str, ...]:
    """Every spelling of a type, lower case, with the precision that was given."""
    base, opening, precision = canonical(name).partition("(")
    names = [base, *(alias for alias, meant in ALIASES.items() if meant == base)]
    return tuple(dict.fromkeys(f"{n}{opening}{precision}" for n in names))


def is_same_type(expected: str, actual: str) -> bool:
    """Whether two type names mean the same; `decimal` covers every precision."""
    wanted, found = canonical(expected), canonical(actual)
    return wanted == found or ("(" not in wanted and wanted == found.partition("(")[0])
