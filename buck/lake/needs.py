"""Who needs which files of the lake beside the newest versions: the one answer to what may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from buck.errors import LakeDamaged
from buck.lake.row_quarantine import SOURCE
from buck.lake.snapshots import SnapshotStore
from buck.records.upkeep import Layer

if TYPE_CHECKING:
    from buck.lake.lake import Lake
    from buck.lake.raw_log import RawLog, RawState

Pins = dict[str, dict[int, list[str]]]
"""Table (`source.table`) to the versions that somebody reads, and who each of them is."""


@dataclass(frozen=True, slots=True)
class Place:
    """One table with a log of its own: a raw table, or what was held of one."""

    table: str
    layer: Layer
    folder: str
    log: RawLog


def list_places(lake: Lake) -> list[Place]:
    """Every raw table, then every quarantine."""
    raw = [Place(str(t), "raw", t.path, lake.raw(t.source, t.name)) for t in lake.raw_tables()]
    held = lake.quarantine
    return raw + [
        Place(str(t), "quarantine", f"quarantine/{t.source}/{t.name}", held.log(t))
        for t in held.tables()
    ]


@dataclass(slots=True)
class Needs:
    """What of one raw table is needed beside what its newest version reads."""

    files: dict[str, list[str]] = field(default_factory=dict)
    """File to who needs it."""
    former: set[str] = field(default_factory=set)
    """Every file that a version still told of has read."""
    lost: list[tuple[int, str, list[str]]] = field(default_factory=list)
    """Versions that cannot be read any more: number, why, and who needs them."""


def snapshot_pins(store: SnapshotStore) -> Pins:
    """The versions of raw and quarantine tables that kept snapshots were built from."""
    pins: Pins = {}
    for number in store.numbers():
        snapshot = store.read(number)
        label = f"snapshot {snapshot.id}"
        add_pins(pins, snapshot.lake_versions, label)
        held = {f"{SOURCE}.{mart}": told["version"] for mart, told in snapshot.held.items()}
        add_pins(pins, held, label)
    return pins


def add_pins(pins: Pins, versions: Mapping[str, int], label: str) -> None:
    """Add what one reader reads."""
    for table, version in versions.items():
        if version >= 0:
            pins.setdefault(table, {}).setdefault(version, []).append(label)


def find_needs(
    log: RawLog,
    state: RawState,
    pins: Mapping[int, Iterable[str]],
    *,
    since: datetime | None = None,
) -> Needs:
    """The files of earlier versions that somebody needs.

    Only commits that took files away matter: all versions between two of them read no file that
    the last of them does not read. So few versions are opened, however many there are.

    Args:
        log: The table.
        state: Its newest version.
        pins: Versions that somebody reads, and who.
        since: What a version read that was the newest one after this moment is needed, too; with
            it, `former` is filled.
    """
    needs = Needs()
    removals = sorted(log.removals())
    present = set(state.files)
    wanted: dict[int, list[str]] = {}
    for version, who in pins.items():
        later = [removal for removal, _ in removals if version < removal <= state.version]
        if later:
            # The last version before the first removal has all files of those before it.
            last = max(v for v in pins if v < later[0])
            wanted.setdefault(last, []).extend(who)
    if since is not None:
        for removal, at in removals:
            label = ["retention"] if at >= since else []
            wanted.setdefault(removal - 1, []).extend(label)
    for version, who in sorted(wanted.items()):
        try:
            files = log.state(version).files if version >= 0 else ()
        except LakeDamaged as exc:
            if who:
                needs.lost.append((version, exc.what, who))
            continue
        needs.former.update(files)
        if who:
            for file in set(files) - present:
                needs.files.setdefault(file, []).extend(who)
    return needs
