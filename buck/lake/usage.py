"""What tables take, now and some days ago, by their own logs. Nothing is read but logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from buck.lake.needs import Pins, find_needs, list_places
from buck.lake.snapshots import SnapshotStore
from buck.records.snapshot import SnapshotTable
from buck.records.upkeep import TableUsage

if TYPE_CHECKING:
    from buck.lake.lake import Lake
    from buck.lake.raw_log import FileEntry, RawLog, RawState


def use_of_logs(lake: Lake, pins: Pins, *, since: datetime) -> list[TableUsage]:
    """Every raw table and quarantine that was ever committed.

    Args:
        lake: The lake.
        pins: Versions that kept snapshots were built from.
        since: The day that growth is counted from.
    """
    found = []
    for place in list_places(lake):
        table, folder, log = place.table, place.folder, place.log
        state = log.state()
        if not state.exists:
            continue
        sizes = lake.storage.sizes(folder)
        needs = find_needs(log, state, pins.get(table, {}))
        entries = log.entries(state)
        rows, size_bytes = _sums(entries, sizes)
        before = _before(lake, folder, log, state, sizes, since=since)
        found.append(
            TableUsage(
                table,
                place.layer,
                rows,
                size_bytes,
                sum(sizes.values()),
                sum(sizes.get(file, 0) for file in needs.files),
                None if before is None or rows is None or before[0] is None else rows - before[0],
                None if before is None else size_bytes - before[1],
                len(entries),
            )
        )
    return found


def use_of_marts(
    lake: Lake, *, since: datetime, rows_then: Mapping[str, int] | None
) -> list[TableUsage]:
    """Every mart of the published snapshot.

    Args:
        lake: The lake.
        since: The day that growth is counted from.
        rows_then: Rows per mart as published then, by the ledger; None if it does not say.
    """
    store = SnapshotStore(lake.storage)
    current = store.current()
    if current is None:
        return []
    kept = [store.read(number) for number in store.numbers()]
    earlier = [s for s in kept if s.published_at <= since]
    # A mart that was not there yet had no rows.
    then = {_name(t): t for t in earlier[-1].tables} if earlier else None
    found = []
    for table in current.tables:
        name = _name(table)
        sizes = lake.storage.sizes(f"marts/{table.schema}/{table.name}")
        held = {f for s in kept for t in s.tables if _name(t) == name for f in t.files}
        rows = rows_then.get(name, 0) if rows_then is not None else None
        size_then = then[name].size_bytes if then and name in then else 0
        if then is not None and rows_then is None:
            rows = then[name].rows if name in then else 0
        found.append(
            TableUsage(
                name,
                "marts",
                table.rows,
                table.size_bytes,
                sum(sizes.values()),
                sum(sizes.get(file, 0) for file in held - set(table.files)),
                None if rows is None else table.rows - rows,
                None if then is None else table.size_bytes - size_then,
                len(table.files),
            )
        )
    return found


def use_of_ledger(lake: Lake, folder: str, *, since: datetime) -> TableUsage:
    """The run record, which is never rewritten."""
    sizes, times = lake.storage.sizes(folder), lake.storage.times(folder)
    total = sum(sizes.values())
    added = sum(size for name, size in sizes.items() if times.get(name, since) > since)
    return TableUsage(folder, "ledger", None, total, total, bytes_added=added, files=len(sizes))


def _name(table: SnapshotTable) -> str:
    return f"{table.schema}.{table.name}"


def _sums(entries: list[FileEntry], sizes: Mapping[str, int]) -> tuple[int | None, int]:
    rows = [entry.rows for entry in entries]
    known = None if None in rows else sum(row or 0 for row in rows)
    return known, sum(e.size_bytes or sizes.get(e.name, 0) for e in entries)


def _before(
    lake: Lake,
    folder: str,
    log: RawLog,
    state: RawState,
    sizes: Mapping[str, int],
    *,
    since: datetime,
) -> tuple[int | None, int] | None:
    """Rows and bytes of what was the newest version at that time; None if nobody recorded it."""
    history = log.history()
    if history and history[0].at is None:
        # Formats without times: an object that existed then is a load that had landed.
        times = lake.storage.times(folder)
        old = [e for e in log.entries(state) if times.get(e.name, datetime.now(UTC)) <= since]
        return _sums(old, sizes)
    then = next((c for c in history if c.at is not None and c.at <= since), None)
    if then is None:
        return (0, 0) if history and history[-1].version == 0 else None
    return _sums(log.entries(log.state(then.version)), sizes)
