"""What is said to Snowflake to load a table: pure texts, so that they can be read and parsed.

Names are written in upper case: that is what Snowflake makes of the models' unquoted ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from buck.names import TableRef, escaped_literal, identifier
from buck.warehouses.columns import DECIMAL, text_of

STAGE: Final = "BUCK_STAGE"
"""An internal stage that ends with the session, so that nothing is left on it."""
_TYPES: Final = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "number(38, 0)"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), "number(38, 0)"),
    "HUGEINT": "number(38, 0)",
    "FLOAT": "float",
    "DOUBLE": "float",
    "BLOB": "binary",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
}


def table_name(table: TableRef) -> str:
    """The quoted name."""
    return identifier(table.schema.upper(), table.name.upper())


def column_type(kind: str) -> str:
    """Snowflake's type for a column that has this type in DuckDB."""
    if decimal := DECIMAL.fullmatch(kind.upper()):
        return f"number({decimal[1]}, {decimal[2]})"
    return _TYPES.get(kind.upper(), "varchar")


def prepare(table: TableRef, columns: Mapping[str, str]) -> list[str]:
    """Schema, stage and an empty table."""
    body = ", ".join(
        f"{identifier(name.upper())} {column_type(kind)}" for name, kind in columns.items()
    )
    schema = identifier(table.schema.upper())
    return [
        f"create schema if not exists {schema}",
        stage(table),
        f"create or replace table {table_name(table)} ({body})",
    ]


def stage(table: TableRef) -> str:
    """A stage of this session beside a table."""
    return f"create or replace temporary stage {identifier(table.schema.upper(), STAGE)}"


def put(table: TableRef, file: Path, *, folder: str) -> str:
    """A file of this machine goes to the stage, encrypted on the way."""
    source = escaped_literal(f"file://{file}")
    return f"put {source} {_stage(table, folder)} auto_compress = false overwrite = true"


def copy(table: TableRef, file: Path, *, folder: str) -> str:
    """Exactly that file's rows go into the table, or none."""
    return (
        f"copy into {table_name(table)} from {_stage(table, folder)}"
        f" files = ({escaped_literal(file.name)})"
        " file_format = (type = parquet use_logical_type = true)"
        " match_by_column_name = case_insensitive on_error = abort_statement"
    )


def replace(table: TableRef, spare: TableRef) -> list[str]:
    """The table holds what the other one holds, in one step; grants on it stay."""
    return [
        f"create or replace table {table_name(table)} copy grants"
        f" as select * from {table_name(spare)}",
        f"drop table if exists {table_name(spare)}",
    ]


def written(columns: Mapping[str, str]) -> dict[str, str]:
    """What is written to the file for columns whose own type would be read otherwise."""
    items = {}
    for name, kind in columns.items():
        if column_type(kind) == "varchar":
            items[name] = text_of(name, kind)
        elif kind.upper() in ("HUGEINT", "UBIGINT"):
            items[name] = f"cast({identifier(name)} as decimal(38, 0))"
    return items


def _stage(table: TableRef, folder: str) -> str:
    return f"@{identifier(table.schema.upper(), STAGE)}/{folder}/"
