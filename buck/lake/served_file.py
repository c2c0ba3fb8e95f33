"""`marts.duckdb`: every mart of a snapshot in one file that plain DuckDB opens.

It is made from the file before, so that its cost follows what changed: tables whose content is
already right stay, of a mart that is cut by time only the stretches that changed are replaced. Each
table that was not made from its files is counted and hashed before it counts as the snapshot's.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect, sql_errors, translate_errors
from buck.engine.columns import parquet_scan, typed_select
from buck.errors import BuckError
from buck.lake.content import read_content
from buck.lake.mart_files import lies_in
from buck.names import TableRef, identifier, literal

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake.lake import Lake
    from buck.records.snapshot import Snapshot, SnapshotTable

FILE = "marts.duckdb"
STAMP = TableRef("core", "buck_snapshot")


def build_served_file(
    lake: Lake, snapshot: Snapshot, file: Path, *, before: Snapshot | None = None
) -> None:
    """Write the marts of a snapshot, and the table that says which it is, into a new file.

    Args:
        lake: Holds the marts' files.
        snapshot: What the file shall say.
        file: The new file; what is there is replaced.
        before: The snapshot that readers see now. What it shares with the new one is taken over
            from their file, if that lies on this machine.
    """
    served = Path(lake.storage.url(FILE))
    if before is not None and lake.storage.is_local and served.is_file():
        _remove(file)
        shutil.copyfile(served, file)
        # Whatever has become of the file meanwhile: the new one is made from the lake then.
        with suppress(BuckError), sql_errors():
            if _fill(lake, snapshot, file, before={(t.schema, t.name): t for t in before.tables}):
                return
    _remove(file)
    _fill(lake, snapshot, file, before={})


def _fill(
    lake: Lake,
    snapshot: Snapshot,
    file: Path,
    *,
    before: dict[tuple[str, str], SnapshotTable],
) -> bool:
    """Whether the file is as small as it should be: less than half of it is free space."""
    con = connect(work=lake.work)
    try:
        with translate_errors():
            con.execute(f"attach {literal(str(file))} as marts")
            _drop_others(con, snapshot)
            for schema in sorted({t.schema for t in snapshot.tables} | {STAMP.schema}):
                con.execute(f"create schema if not exists {identifier('marts', schema)}")
            for table in snapshot.tables:
                old = before.get((table.schema, table.name))
                if old is None or not _take_over(con, lake, table, old):
                    _write(con, lake, table)
            con.execute(stamp_sql(snapshot, catalog="marts"))
            con.execute("checkpoint marts")
            free = con.execute(
                "select 2 * free_blocks < total_blocks from pragma_database_size() "
                "where database_name = 'marts'"
            ).fetchone()
            con.execute("detach marts")
    finally:
        con.close()
    return bool(free and free[0])


def stamp_sql(snapshot: Snapshot, *, catalog: str) -> str:
    """The statement that makes `core.buck_snapshot`, which tells readers what they are reading."""
    return (
        f"create table {identifier(catalog, STAMP.schema, STAMP.name)} as select "
        f"{literal(snapshot.id)} as snapshot_id, {literal(snapshot.run_id)} as run_id, "
        f"{literal(snapshot.published_at)} as published_at, {literal(snapshot.as_of)} as as_of"
    )


def _drop_others(con: Connection, snapshot: Snapshot) -> None:
    """What is in the file and not in the snapshot; the stamp is made anew."""
    for schema, name in con.execute(
        "select schema_name, view_name from duckdb_views() "
        "where database_name = 'marts' and not internal"
    ).fetchall():
        con.execute(f"drop view {identifier('marts', schema, name)}")
    wanted = {(table.schema, table.name) for table in snapshot.tables}
    for schema, name in con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'marts'"
    ).fetchall():
        if (schema, name) not in wanted or (schema, name) == (STAMP.schema, STAMP.name):
            con.execute(f"drop table {identifier('marts', schema, name)}")
    kept = {table.schema for table in snapshot.tables} | {STAMP.schema}
    for (schema,) in con.execute(
        "select schema_name from duckdb_schemas() where database_name = 'marts' and not internal"
    ).fetchall():
        if schema not in kept:
            con.execute(f"drop schema {identifier('marts', schema)} cascade")


def _take_over(con: Connection, lake: Lake, table: SnapshotTable, old: SnapshotTable) -> bool:
    """Make the earlier table the new one, if that costs less; whether it now is."""
    target = identifier("marts", table.schema, table.name)
    if dict(old.columns) != dict(table.columns):
        return False
    if old.content_hash != table.content_hash:
        if not table.parts or old.cut_by != table.cut_by:
            return False
        kept = {(part.first, part.content_hash) for part in table.parts}
        kept &= {(part.first, part.content_hash) for part in old.parts}
        column, unit = table.time_column, table.time_unit
        for part in old.parts:
            if (part.first, part.content_hash) not in kept:
                here = lies_in(part, column=column, type_=table.columns[column], unit=unit)
                con.execute(f"delete from {target} where {here}")
        for part in table.parts:
            if (part.first, part.content_hash) not in kept:
                con.execute(f"insert into {target} {_select(lake, table, (part.file,))}")
    found = read_content(con, target)
    same_columns = dict(found.columns) == dict(table.columns)
    return same_columns and (found.rows, found.hash) == (table.rows, table.content_hash)


def _write(con: Connection, lake: Lake, table: SnapshotTable) -> None:
    target = identifier("marts", table.schema, table.name)
    con.execute(f"create or replace table {target} as {_select(lake, table, table.files)}")


def _select(lake: Lake, table: SnapshotTable, files: tuple[str, ...]) -> str:
    scan = parquet_scan(tuple(str(lake.storage.fetch(name)) for name in files))
    return typed_select(table.columns, scan, present=set(table.columns))


def _remove(file: Path) -> None:
    for leftover in (file, file.with_suffix(".duckdb.wal")):
        leftover.unlink(missing_ok=True)
