"""What a promotion says to Snowflake: pure texts, so that they can be read and parsed.

Names are written in upper case, as `snowflake_sql` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from buck.names import TableRef, escaped_literal, identifier
from buck.warehouses.snowflake_sql import column_type, table_name


def schema_name(schema: str) -> str:
    """The quoted name."""
    return identifier(schema.upper())


def drop_schema(schema: str) -> str:
    """With what is in it."""
    return f"drop schema if exists {schema_name(schema)} cascade"


def record_tables(record: str) -> list[str]:
    """The tables of the record; made again they stay as they are."""
    tables = {
        "state": "name varchar, value varchar",
        "loads": "number number(38, 0), table_name varchar, version number(38, 0),"
        " after_seq number(38, 0), until_seq number(38, 0), row_count number(38, 0),"
        " is_whole boolean, loaded_at timestamp_tz",
        "promotions": "number number(38, 0), facts varchar, published_at timestamp_tz",
    }
    return [
        f"create schema if not exists {schema_name(record)}",
        *(
            f"create table if not exists {table_name(TableRef(record, name))} ({body})"
            for name, body in tables.items()
        ),
    ]


def last_loads(record: str) -> str:
    """The last record of each raw table, with its number."""
    return (
        "select number, table_name, version, after_seq, until_seq, row_count"
        f" from {table_name(TableRef(record, 'loads'))}"
        " qualify row_number() over (partition by table_name order by number desc) = 1"
    )


def make_raw(table: TableRef, columns: Mapping[str, str], *, is_whole: bool) -> str:
    """A raw table, empty if it is sent whole; grants on it stay."""
    body = ", ".join(
        f"{identifier(name.upper())} {column_type(kind)}" for name, kind in columns.items()
    )
    if is_whole:
        return f"create or replace table {table_name(table)} ({body}) copy grants"
    return f"create table if not exists {table_name(table)} ({body})"


def add_column(table: TableRef, name: str, kind: str) -> str:
    """A column that the lake's table got since."""
    column = f"{identifier(name.upper())} {column_type(kind)}"
    return f"alter table {table_name(table)} add column if not exists {column}"


def copy_mart(copy: TableRef, built: TableRef, *, is_table: bool) -> str:
    """A clone takes no space and reads nothing; of a view there is none.

    Transient, because dbt's tables are: those have no clone that is not.
    """
    words = f"create or replace transient table {table_name(copy)}"
    if is_table:
        return f"{words} clone {table_name(built)}"
    return f"{words} as select * from {table_name(built)}"


def show(view: TableRef, table: TableRef) -> str:
    """A view of a schema that is switched as a whole."""
    return f"create or replace view {table_name(view)} as select * from {table_name(table)}"


def pointer(view: TableRef, number: int) -> str:
    """The number of the promotion that a schema shows, beside what it shows."""
    return f"create or replace view {table_name(view)} as select {number} as number"


def reader_view(view: TableRef, shown: TableRef, columns: Sequence[str]) -> str:
    """What readers know; its columns are named, so that it holds over every switch."""
    names = ", ".join(identifier(name.upper()) for name in columns)
    return (
        f"create or replace view {table_name(view)} ({names}) copy grants"
        f" as select {names} from {table_name(shown)}"
    )


def swap(shown: str, ready: str) -> str:
    """The switch: both schemas change their names in one step."""
    return f"alter schema {schema_name(shown)} swap with {schema_name(ready)}"


def objects_of(schema: str) -> str:
    """Name and kind of every table and view of a schema."""
    return (
        "select table_name, table_type from information_schema.tables"
        f" where table_schema = {escaped_literal(schema.upper())}"
    )


def columns_of(table: TableRef) -> str:
    """A table's columns in order."""
    return (
        "select column_name from information_schema.columns"
        f" where table_schema = {escaped_literal(table.schema.upper())}"
        f" and table_name = {escaped_literal(table.name.upper())} order by ordinal_position"
    )


def schemas_like(start: str) -> str:
    """Schemas whose names begin like this."""
    return (
        "select schema_name from information_schema.schemata"
        f" where startswith(schema_name, {escaped_literal(start.upper())})"
    )
