"""What is said to Databricks to load a table: pure texts, so that they can be read and parsed.

There is no transaction over several statements. `copy into` remembers the files that it has copied
and leaves them out, so everything up to the record can be run again; what would bring a file's rows
under another name, after a merge of files, is stopped by a question before it. A table that was
replaced on the way gets its rows by their sequence instead: files it has to get again are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from buck.names import TableRef, backticked, escaped_literal
from buck.records.raw_files import FileStretch, RawFile
from buck.warehouses.columns import type_of
from buck.warehouses.script_record import FILES, LOADS, RECORD, file_rows

FILES_PER_COPY: Final = 1000
"""As many as one `copy into` takes."""
_TYPES: Final = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "bigint"),
    **dict.fromkeys(("HUGEINT", "UBIGINT"), "decimal(38, 0)"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "double"),
    "BLOB": "binary",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_LOADS: Final = (
    "number bigint, lake string, table_name string, version bigint, after_seq bigint,"
    " until_seq bigint, row_count bigint, is_whole boolean, loaded_at timestamp"
)
_FILES: Final = (
    "table_name string, version bigint, file string, row_count bigint, size_bytes bigint,"
    " sha256 string"
)


def column_type(kind: str) -> str:
    """Databricks' type for a column that has this type in DuckDB."""
    return type_of(kind, _TYPES, text="string")


def table_name(catalog: str, table: TableRef) -> str:
    """The quoted name; in the session's catalog if none is named."""
    return backticked(*(part for part in (catalog, table.schema, table.name) if part))


def columns_sql(columns: Mapping[str, str]) -> str:
    """Columns as `create table` lists them."""
    return ", ".join(f"{backticked(name)} {column_type(kind)}" for name, kind in columns.items())


def record_tables(catalog: str, prefix: str) -> list[str]:
    """The record of what was loaded; made again it stays as it is."""
    record = f"{prefix}{RECORD}"
    names = (table_name(catalog, TableRef(record, one)) for one in (LOADS, FILES))
    return [
        f"create schema if not exists {backticked(*filter(None, (catalog, record)))}",
        *(
            f"create table if not exists {name} ({body}) using delta"
            for name, body in zip(names, (_LOADS, _FILES), strict=True)
        ),
    ]


def has_table(catalog: str, table: TableRef) -> str:
    """How many tables of that name there are."""
    return (
        f"select count(*) from {backticked(*filter(None, (catalog, 'information_schema')))}.tables"
        f" where table_schema = {escaped_literal(table.schema)}"
        f" and table_name = {escaped_literal(table.name)}"
    )


def columns_of(catalog: str, schema: str) -> str:
    """Tables and columns of a schema."""
    return (
        "select table_name, column_name from"
        f" {backticked(*filter(None, (catalog, 'information_schema')))}.columns"
        f" where table_schema = {escaped_literal(schema)}"
    )


def last_loads(catalog: str, prefix: str) -> str:
    """The last record of each raw table."""
    return (
        "select table_name, version, after_seq, until_seq, row_count, lake,"
        " sum(case when is_whole then 1 else 0 end) over (partition by table_name) as was_replaced"
        f" from {table_name(catalog, TableRef(f'{prefix}{RECORD}', LOADS))}"
        " qualify row_number() over (partition by table_name order by number desc) = 1"
    )


def selected(columns: Mapping[str, str], present: Iterable[str]) -> str:
    """A table's columns out of a file that may lack some of them, each in the table's type."""
    held = set(present)
    return ", ".join(
        f"cast({backticked(name) if name in held else 'null'} as {column_type(kind)})"
        f" as {backticked(name)}"
        for name, kind in columns.items()
    )


def copy(
    table: str,
    folder: str,
    files: Sequence[RawFile],
    *,
    columns: Mapping[str, str],
    present: Sequence[str],
) -> str:
    """The rows of exactly these files, but for files that it has copied before."""
    names = ", ".join(escaped_literal(file.base) for file in files)
    return (
        f"copy into {table} from (select {selected(columns, present)}"
        f" from {escaped_literal(folder)}) fileformat = parquet files = ({names})"
    )


def rows_of(stretch: FileStretch) -> str:
    """A SELECT over the rows of exactly these files."""
    return " union all ".join(
        f"select {selected(stretch.columns, file.columns)}"
        f" from parquet.{backticked(f'{stretch.folder}/{file.base}')}"
        for file in stretch.files
    )


def overwrite(table: str, stretch: FileStretch) -> str:
    """The table holds exactly the rows of these files, in one step."""
    return (
        f"insert overwrite {table} {rows_of(stretch)}"
        if stretch.files
        else (f"truncate table {table}")
    )


def append(table: str, stretch: FileStretch) -> str:
    """The files' rows above the last one that is there, in one step."""
    return (
        f"insert into {table} select * from ({rows_of(stretch)}) as added"
        f" where `_buck_seq` > (select coalesce(max(`_buck_seq`), 0) from {table})"
    )


def load(stretch: FileStretch, *, catalog: str, prefix: str, lake: str) -> list[str]:
    """One raw table's new rows and their record; run twice, or after a kill, it adds none twice.

    Args:
        stretch: What is loaded.
        catalog: Where the schemas are.
        prefix: Before every schema there.
        lake: The identity of the lake.
    """
    table = table_name(catalog, TableRef(stretch.schema, stretch.name))
    schema = backticked(*filter(None, (catalog, stretch.schema)))
    said = [
        f"create schema if not exists {schema}",
        f"create table if not exists {table} ({columns_sql(stretch.columns)}) using delta",
    ]
    if stretch.new_columns:
        new = {name: stretch.columns[name] for name in stretch.new_columns}
        said.append(f"alter table {table} add columns ({columns_sql(new)})")
    if stretch.version < 0:
        return said
    loads, files = (
        table_name(catalog, TableRef(f"{prefix}{RECORD}", name)) for name in (LOADS, FILES)
    )
    said.append(_require_state(loads, stretch, lake))
    if stretch.is_whole:
        said.append(overwrite(table, stretch))
    elif stretch.was_replaced:
        said.append(append(table, stretch))
    else:
        said += [
            copy(
                table,
                stretch.folder,
                held[start : start + FILES_PER_COPY],
                columns=stretch.columns,
                present=present,
            )
            for present, held in stretch.groups()
            for start in range(0, len(held), FILES_PER_COPY)
        ]
    return [*said, *_record(loads, files, stretch, lake)]


def _require_state(loads: str, stretch: FileStretch, lake: str) -> str:
    """A question that fails, and ends the script, if another stretch would have to come first."""
    name = escaped_literal(stretch.label)
    last = f"from {loads} where table_name = {name} order by number desc limit 1"
    until = f"coalesce((select until_seq {last}), 0)"
    wanted = "true" if stretch.is_whole else f"{until} in ({stretch.after}, {stretch.until})"
    ours = f"(select count(*) from {loads} where lake <> {escaped_literal(lake)}) = 0"
    what = escaped_literal(
        f"{stretch.label} is not as it was when this was planned: plan again, nothing was loaded"
    )
    return f"select assert_true({wanted} and {ours}, {what})"


def _record(loads: str, files: str, stretch: FileStretch, lake: str) -> list[str]:
    name = escaped_literal(stretch.label)
    last = f"from {loads} where table_name = {name} order by number desc limit 1"
    said = []
    if stretch.files:
        said.append(
            f"insert into {files} select * from ({file_rows(stretch, escaped_literal)}) as added"
            f" where coalesce((select version {last}), -1) <> {stretch.version}"
        )
    said.append(
        f"insert into {loads} select (select coalesce(max(number), 0) + 1 from {loads}),"
        f" {escaped_literal(lake)}, {name}, {stretch.version}, {stretch.after}, {stretch.until},"
        f" {stretch.rows}, {escaped_literal(stretch.is_whole)}, current_timestamp()"
        f" where coalesce((select version {last}), -1) <> {stretch.version}"
    )
    return said
