"""Measuring what lies in the lake, and reading how it came there. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buck.engine import connect, translate_errors
from buck.lake.snapshots import SnapshotStore
from buck.names import RawTable
from buck.records.contents import TableCommit, TableContents

if TYPE_CHECKING:
    from buck.lake.lake import Lake
    from buck.lake.raw_log import RawLog, RawState


def list_contents(lake: Lake) -> list[TableContents]:
    """Every raw table that was ever committed, then every mart of the published snapshot.

    Raises:
        LakeDamaged: a log or the snapshot's manifest cannot be read.
    """
    measured = (_raw(lake, table) for table in lake.raw_tables())
    return [table for table in measured if table is not None] + _marts(lake)


def read_commits(lake: Lake, table: RawTable) -> list[TableCommit]:
    """Every version of a raw table that its log still tells of, newest first."""
    return lake.raw(table.source, table.name).history()


def _raw(lake: Lake, table: RawTable) -> TableContents | None:
    log = lake.raw(table.source, table.name)
    state = log.state()
    if not state.exists:
        return None
    sizes = lake.storage.sizes(table.path)
    return TableContents(
        str(table),
        "raw",
        state.version,
        _count_rows(lake, log, state),
        len(state.files),
        sum(sizes.get(file, 0) for file in state.files),
        sum(sizes.values()),
    )


def _count_rows(lake: Lake, log: RawLog, state: RawState) -> int:
    con = connect(work=lake.work)
    try:
        with translate_errors():
            row = con.execute(f"select count(*) from ({log.scan_sql(state)})").fetchone()
    finally:
        con.close()
    assert row is not None
    return int(row[0])


def _marts(lake: Lake) -> list[TableContents]:
    current = SnapshotStore(lake.storage).current()
    if current is None:
        return []
    return [
        TableContents(
            f"{table.schema}.{table.name}",
            "marts",
            current.number,
            table.rows,
            len(table.files),
            table.size_bytes,
            sum(lake.storage.sizes(f"marts/{table.schema}/{table.name}").values()),
        )
        for table in current.tables
    ]
