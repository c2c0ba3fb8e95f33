"""Removing files that nothing reads any more, and saying why the others stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from buck.errors import LakeDamaged
from buck.lake.needs import Place, find_needs
from buck.lake.snapshots import SnapshotStore
from buck.records.upkeep import Removal

if TYPE_CHECKING:
    from buck.lake.lake import Lake

UNCOMMITTED = timedelta(days=1)
"""A file that no version ever read may be on its way to its commit, on whichever machine."""


def find_removable(
    lake: Lake,
    place: Place,
    *,
    pins: Mapping[int, Iterable[str]],
    keep: timedelta,
    now: datetime,
) -> Removal:
    """Which files of a raw table or quarantine may go.

    Args:
        lake: The lake.
        place: The table.
        pins: Versions that somebody reads, and who.
        keep: How long a version stays readable after the next one.
        now: The time.
    """
    table, layer, folder, log = place.table, place.layer, place.folder, place.log
    try:
        state = log.state()
        needs = find_needs(log, state, pins, since=now - keep)
    except LakeDamaged as exc:
        return Removal(table, layer, refused=exc.what)
    if needs.lost:
        number, why, who = needs.lost[0]
        reason = f"version {number}, which {_names(who)} needs, cannot be read: {why}"
        return Removal(table, layer, refused=reason)
    sizes, times = lake.storage.sizes(folder), lake.storage.times(folder)
    gone, kept = [], Counter[str]()
    for name in sorted(sizes):
        if name in state.files or not _is_rows(name, folder) or name not in times:
            continue
        if name in needs.files:
            kept.update(set(needs.files[name]))
        elif name not in needs.former and now - times[name] < max(keep, UNCOMMITTED):
            kept["not committed yet"] += 1
        else:
            gone.append(name)
    size = sum(sizes[name] for name in gone)
    return Removal(table, layer, tuple(gone), size, dict(sorted(kept.items())))


def find_removable_marts(
    lake: Lake, *, keep: Mapping[str, timedelta], default: timedelta, now: datetime
) -> list[Removal]:
    """Which files of marts may go: those that no kept snapshot names.

    Args:
        lake: The lake.
        keep: By mart, how long such files stay.
        default: The same for all other marts.
        now: The time.
    """
    store = SnapshotStore(lake.storage)
    try:
        snapshots = [store.read(number) for number in store.numbers()]
    except LakeDamaged as exc:
        return [Removal("snapshots", "marts", refused=exc.what)]
    named = {file for snapshot in snapshots for table in snapshot.tables for file in table.files}
    sizes, times = lake.storage.sizes("marts"), lake.storage.times("marts")
    gone: dict[str, list[str]] = {}
    kept: dict[str, Counter[str]] = {}
    for name in sorted(sizes):
        path = PurePosixPath(name)
        if len(path.parts) < 4 or path.suffix != ".parquet" or "_delta_log" in path.parts:
            continue
        mart = ".".join(path.parts[1:3])
        if name in named or name not in times:
            continue
        if now - times[name] < max(keep.get(mart, default), UNCOMMITTED):
            kept.setdefault(mart, Counter())["retention"] += 1
        else:
            gone.setdefault(mart, []).append(name)
    return [
        Removal(
            mart,
            "marts",
            tuple(gone.get(mart, ())),
            sum(sizes[name] for name in gone.get(mart, ())),
            dict(kept.get(mart, {})),
        )
        for mart in sorted(gone.keys() | kept.keys())
    ]


def _is_rows(name: str, folder: str) -> bool:
    """Whether a file is a table's rows, right in its folder; logs and strangers' files stay."""
    path = PurePosixPath(name)
    return path.suffix == ".parquet" and str(path.parent) == folder


def _names(who: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(who))
