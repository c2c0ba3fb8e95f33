"""Rows of one PostgreSQL table as a Parquet file with every raw column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import postgres_errors
from buck.engine.columns import schema_types
from buck.names import identifier, literal
from buck.sources.arrow import spec_schema
from buck.sources.load import SEQUENCE_SHIFT, TableLoad
from buck.sources.postgres.catalog import Described
from buck.sources.postgres.marks import EPOCH

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.records.load import TimeRange

ALIAS = "pg"
FILE_SIZE = "256MB"
"""Roughly the size of one file; a large table becomes several, each written as it streams by."""

ROW_GROUPS = "row_group_size 61440, row_group_size_bytes '64MB'"
"""What each thread holds before it writes: half of DuckDB's default saves 50 MB of memory for 4 %
more bytes, and the limit in bytes keeps wide rows from filling it."""


@dataclass(frozen=True, slots=True)
class RowFile:
    """A finished Parquet file."""

    path: Path
    rows: int


def written_files(folder: Path) -> list[RowFile]:
    """The files that DuckDB wrote to a folder, at least one, those without rows left out."""
    import pyarrow.parquet as pq

    found = [RowFile(p, pq.read_metadata(p).num_rows) for p in sorted(folder.glob("*.parquet"))]
    return [file for file in found if file.rows] or found[:1]


def copy_rows(
    con: Connection,
    described: Described,
    table: TableLoad,
    *,
    schema: str,
    where: str,
    is_whole: bool,
    folder: Path,
) -> list[RowFile]:
    """Write the rows that `where` (PostgreSQL's SQL) picks to Parquet files in a new folder.

    The whole table goes through the scanner (`is_whole`), which reads ranges of it in parallel; a
    part of it is asked for in PostgreSQL's own SQL, so that its indexes are used. Rows get their
    number from a sequence, because counting them in order would take one thread.
    """
    spec = described.spec
    types = own_types(described)
    if is_whole:
        relation = identifier(ALIAS, schema, spec.name)
    else:
        query = f"select {', '.join(described.selects)} from {identifier(schema, spec.name)}"
        query += f" where {where}" if where else ""
        relation = f"postgres_query({literal(ALIAS)}, {literal(query)})"
    own = ", ".join(f"{bounded(n, t)} as {identifier(n)}" for n, t in types.items())
    cursor = spec.cursor and spec.column(spec.cursor)
    source_ts = identifier(cursor.name) if cursor and cursor.type == "timestamptz" else "null"
    first = (table.sequence << SEQUENCE_SHIFT) + table.received
    system = f"""
        {literal(table.load_id)} as _buck_load_id,
        {literal(table.as_of)} as _buck_observed_at,
        {literal("r" if table.is_first else "u")} as _buck_op,
        cast({source_ts} as timestamptz) as _buck_source_ts,
        cast(nextval('arrival') as bigint) as _buck_seq,
        cast(hash({", ".join(identifier(n) for n in types)}) >> 1 as bigint) as _buck_row_hash
    """
    with postgres_errors(spec.source):
        con.execute("set preserve_insertion_order = false")
        con.execute(f"create or replace temp sequence arrival start {first}")
        con.execute(
            f"copy (select *, {system} from (select {own} from {relation})) to "
            f"{literal(str(folder))} (format parquet, compression zstd, "
            f"file_size_bytes {literal(FILE_SIZE)}, {ROW_GROUPS})"
        )
    files = written_files(folder)
    table.next_seq(sum(file.rows for file in files))
    return files


def cursor_filter(described: Described, table: TableLoad, *, lookback: int) -> str:
    """PostgreSQL's WHERE for what may have changed since the last load; empty for everything."""
    spec = described.spec
    column = spec.cursor and spec.column(spec.cursor)
    if not column:
        return ""
    name = identifier(column.name)
    if column.type == "bigint":
        mark = table.position.get("id_until")
        return "" if mark is None else f"{name} > {mark - lookback}"
    mark = table.position.get("cursor_until")
    if mark is None:
        return ""
    since = EPOCH + timedelta(microseconds=mark) - timedelta(seconds=lookback)
    moment = literal(since)
    if described.has_naive_cursor:
        moment = f"timestamp {literal(since.replace(tzinfo=None).isoformat())}"
    elif column.type == "date":
        moment = f"date {literal((since - timedelta(days=1)).date().isoformat())}"
    # A row whose cursor nobody set would otherwise never be seen again.
    return f"({name} >= {moment} or {name} is null)"


def span_filter(described: Described, span: TimeRange) -> str | None:
    """PostgreSQL's WHERE for the rows of a stretch of time; None without a time to cut by."""
    spec = described.spec
    column = spec.cursor and spec.column(spec.cursor)
    if not column or column.type == "bigint":
        return None
    name = identifier(column.name)
    start, end = literal(span.start_at), literal(span.end_at)
    if described.has_naive_cursor or column.type == "date":
        moments = [at.astimezone(UTC).replace(tzinfo=None) for at in (span.start_at, span.end_at)]
        start, end = (f"timestamp {literal(at.isoformat())}" for at in moments)
    return f"{name} >= {start} and {name} < {end}"


def newest_in(con: Connection, described: Described, files: Sequence[RowFile]) -> int | None:
    """The greatest update time in files of rows, as microseconds since 1970."""
    spec = described.spec
    if not spec.cursor:
        return None
    newest = f"epoch_us(max({identifier(spec.cursor)})::timestamptz)"
    paths = literal(tuple(str(file.path) for file in files))
    row = con.execute(f"select {newest} from read_parquet({paths})").fetchone()
    return int(row[0]) if row and row[0] is not None else None


def own_types(described: Described) -> dict[str, str]:
    """The source's own columns and their DuckDB types."""
    types = schema_types(spec_schema(described.spec))
    return {name: type_ for name, type_ in types.items() if not name.startswith("_buck_")}


def bounded(name: str, type_: str) -> str:
    """A column in its raw type; a time that only PostgreSQL can hold reads as null."""
    column = f"cast({identifier(name)} as {type_})"
    if type_ not in ("DATE", "TIMESTAMP WITH TIME ZONE"):
        return column
    # Compared as written, because year() of a timestamptz knows no era: 44 BC is its year 44.
    kind, first, last = "date", "0001-01-01", "9999-12-31"
    if type_ != "DATE":
        kind, first, last = "timestamptz", f"{first} 00:00:00Z", f"{last} 23:59:59.999999Z"
    in_range = f"{column} between {kind} {literal(first)} and {kind} {literal(last)}"
    return f"case when {in_range} then {column} end"
