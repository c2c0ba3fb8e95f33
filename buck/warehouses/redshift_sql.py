"""What is said to Redshift to load a table: pure texts, so that they can be read and parsed.

Redshift reads Parquet from a bucket, and gives a file's columns to a table's by their place. So
files are copied into a table with exactly their columns, and go from there by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from buck.names import TableRef, identifier, literal
from buck.records.raw_files import FileStretch
from buck.warehouses.columns import type_of
from buck.warehouses.script_record import FILES, LOADS, RECORD, file_rows

_TYPES: Final = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "bigint"),
    **dict.fromkeys(("HUGEINT", "UBIGINT"), "decimal(38, 0)"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "double precision"),
    "BLOB": "varbyte(1024000)",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
_LOADS: Final = (
    "number bigint, lake varchar(64), table_name varchar(256), version bigint, after_seq bigint,"
    " until_seq bigint, row_count bigint, is_whole boolean, loaded_at timestamptz"
)
_FILES: Final = (
    "table_name varchar(256), version bigint, file varchar(1024), row_count bigint,"
    " size_bytes bigint, sha256 varchar(64)"
)


def column_type(kind: str) -> str:
    """Redshift's type for a column that has this type in DuckDB."""
    # The longest text that there is; a longer one ends the load, and nothing of it stays.
    return type_of(kind, _TYPES, text="varchar(65535)")


def columns_sql(columns: Mapping[str, str]) -> str:
    """Columns as `create table` lists them."""
    return ", ".join(f"{identifier(name)} {column_type(kind)}" for name, kind in columns.items())


def record_tables(prefix: str) -> list[str]:
    """The record of what was loaded; made again it stays as it is."""
    record = f"{prefix}{RECORD}"
    return [
        f"create schema if not exists {identifier(record)}",
        f"create table if not exists {identifier(record, LOADS)} ({_LOADS})",
        f"create table if not exists {identifier(record, FILES)} ({_FILES})",
    ]


def has_table(table: TableRef) -> str:
    """How many tables of that name there are."""
    return (
        "select count(*) from information_schema.tables"
        f" where table_schema = {literal(table.schema)} and table_name = {literal(table.name)}"
    )


def columns_of(schema: str) -> str:
    """Tables and columns of a schema."""
    return (
        "select table_name, column_name from information_schema.columns"
        f" where table_schema = {literal(schema)}"
    )


def last_loads(prefix: str) -> str:
    """The last record of each raw table."""
    loads = identifier(f"{prefix}{RECORD}", LOADS)
    return (
        "select table_name, version, after_seq, until_seq, row_count, lake, was_replaced from"
        " (select *, row_number() over (partition by table_name order by number desc) as newest,"
        " sum(case when is_whole then 1 else 0 end) over (partition by table_name) as was_replaced"
        f" from {loads}) as known where newest = 1"
    )


def manifest(urls: Mapping[str, int]) -> str:
    """The list of a copy's files; Redshift wants the bytes of each."""
    entries = [
        {"url": url, "mandatory": True, "meta": {"content_length": size}}
        for url, size in urls.items()
    ]
    return json.dumps({"entries": entries}, indent=1)


def copy(table: str, address: str, *, access: str) -> str:
    """The rows of exactly the files that a manifest lists.

    Args:
        table: A table with the files' columns in their order.
        address: The manifest's.
        access: The role by which Redshift reads the bucket; empty for its default one.
    """
    role = literal(access) if access else "default"
    return (
        f"copy {identifier(table)} from {literal(address)} iam_role {role}"
        " format as parquet manifest"
    )


def load(
    stretch: FileStretch, addresses: Sequence[str], *, prefix: str, lake: str, access: str
) -> list[str]:
    """One raw table's new rows and their record, in one transaction; run twice it adds nothing.

    Only rows above what the record says are taken, and only if the record has come as far as the
    stretch begins. Two that run at once wait for each other at the record.

    Args:
        stretch: What is loaded.
        addresses: Of the manifests, one for each of the stretch's groups of files.
        prefix: Before every schema there.
        lake: The identity of the lake.
        access: See `copy`.
    """
    table = TableRef(stretch.schema, stretch.name).sql
    made = [
        f"create schema if not exists {identifier(stretch.schema)}",
        f"create table if not exists {table} ({columns_sql(stretch.columns)})",
    ]
    if stretch.version < 0:
        return made
    record = f"{prefix}{RECORD}"
    known = _Known(identifier(record, LOADS), stretch, lake)
    said = [
        *made,
        "begin",
        f"lock table {identifier(record, LOADS)}",
        # There is no `if not exists` for columns: a second run ends here, and changes nothing.
        *(
            f"alter table {table} add column {columns_sql({name: stretch.columns[name]})}"
            for name in stretch.new_columns
        ),
    ]
    if stretch.is_whole:
        said.append(f"delete from {table} where {known.is_behind}")
    for number, ((columns, _), address) in enumerate(
        zip(stretch.groups(), addresses, strict=True), start=1
    ):
        spare = f"buck_new_{number}"
        kinds = {name: stretch.columns[name] for name in columns}
        names = ", ".join(identifier(name) for name in columns)
        said += [
            f"create temp table {identifier(spare)} ({columns_sql(kinds)})",
            copy(spare, address, access=access),
            f"insert into {table} ({names}) select {names} from {identifier(spare)}"
            f" where {known.is_behind}{known.lacks_row}",
            f"drop table {identifier(spare)}",
        ]
    said += [
        *_files_sql(identifier(record, FILES), stretch, condition=known.is_behind),
        f"insert into {identifier(record, LOADS)} (number, lake, table_name, version, after_seq,"
        " until_seq, row_count, is_whole, loaded_at)"
        f" select (select coalesce(max(number), 0) + 1 from {identifier(record, LOADS)}),"
        f" {literal(lake)}, {literal(stretch.label)}, {stretch.version}, {stretch.after},"
        f" {stretch.until}, {stretch.rows}, {literal(stretch.is_whole)}, getdate()"
        f" where {known.is_behind}",
        "commit",
    ]
    return said


class _Known:
    """What the record says of a table, as conditions."""

    def __init__(self, loads: str, stretch: FileStretch, lake: str) -> None:
        last = (
            f"from {loads} where table_name = {literal(stretch.label)} order by number desc limit 1"
        )
        self._until = f"coalesce((select until_seq {last}), 0)"
        self._version = f"coalesce((select version {last}), -1)"
        self._is_ours = f"not exists (select 1 from {loads} where lake <> {literal(lake)})"
        self._stretch = stretch

    @property
    def is_behind(self) -> str:
        """The stretch is what comes next, and of the lake that all others are of."""
        stretch = self._stretch
        if stretch.is_whole:
            return f"{self._version} <> {stretch.version} and {self._is_ours}"
        return (
            f"{self._version} < {stretch.version} and {self._until} >= {stretch.after}"
            f" and {self._is_ours}"
        )

    @property
    def lacks_row(self) -> str:
        """A row is not there yet."""
        return "" if self._stretch.is_whole else f' and "_buck_seq" > {self._until}'


def _files_sql(table: str, stretch: FileStretch, *, condition: str) -> list[str]:
    if not stretch.files:
        return []
    return [
        f"insert into {table} (table_name, version, file, row_count, size_bytes, sha256)"
        f" select * from ({file_rows(stretch, literal)}) as files where {condition}"
    ]
