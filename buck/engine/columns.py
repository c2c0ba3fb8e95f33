"""Column types in DuckDB's words, and SELECTs that pin them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from buck.names import identifier, literal

if TYPE_CHECKING:
    import pyarrow as pa


def duckdb_type(type_: pa.DataType) -> str:
    """The DuckDB type of an Arrow type that raw tables use."""
    import pyarrow as pa

    if pa.types.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if pa.types.is_timestamp(type_):
        return "TIMESTAMP WITH TIME ZONE" if type_.tz else "TIMESTAMP"
    checks = (
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_integer, "BIGINT"),
        (pa.types.is_floating, "DOUBLE"),
        (pa.types.is_date, "DATE"),
        (pa.types.is_binary, "BLOB"),
        (pa.types.is_large_binary, "BLOB"),
    )
    return next((name for check, name in checks if check(type_)), "VARCHAR")


def schema_types(schema: pa.Schema) -> dict[str, str]:
    """Column name to DuckDB type, in the schema's order."""
    return {f.name: duckdb_type(f.type) for f in schema}


def changed_types(columns: Mapping[str, str], schema: pa.Schema) -> dict[str, tuple[str, str]]:
    """Columns that a schema gives another type than they have: type before and type now."""
    now = schema_types(schema)
    return {
        name: (before, now[name])
        for name, before in columns.items()
        if name in now and now[name] != before
    }


def typed_select(columns: Mapping[str, str], relation: str, *, present: set[str]) -> str:
    """A SELECT with exactly these columns and types; columns not `present` read as null."""
    items = ", ".join(
        f"cast({identifier(name) if name in present else 'null'} as {type_}) as {identifier(name)}"
        for name, type_ in columns.items()
    )
    return f"select {items} from {relation}"


def empty_select(columns: Mapping[str, str]) -> str:
    """A SELECT with these columns and no rows."""
    items = ", ".join(f"cast(null as {t}) as {identifier(n)}" for n, t in columns.items())
    return f"select {items} where false"


def parquet_scan(files: tuple[str, ...]) -> str:
    """A scan over Parquet files whose columns may differ; names of folders are no columns."""
    return f"read_parquet({literal(files)}, union_by_name = true, hive_partitioning = false)"
