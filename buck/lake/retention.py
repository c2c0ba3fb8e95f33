"""What kept snapshots need, and removing what none of them needs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from buck.lake.snapshots import SnapshotStore

if TYPE_CHECKING:
    from buck.lake.lake import Lake


def pinned_versions(store: SnapshotStore) -> dict[str, set[int]]:
    """Raw table (`source.table`) to the versions that kept snapshots were built from.

    `buck rebuild` needs every one of them; tables that had not landed yet are left out.
    """
    pinned: dict[str, set[int]] = {}
    for number in store.numbers():
        for table, version in store.read(number).lake_versions.items():
            if version >= 0:
                pinned.setdefault(table, set()).add(version)
    return pinned


def pinned_files(lake: Lake) -> set[str]:
    """Names of all raw files that a kept snapshot was built from: compaction and vacuum leave them.

    Tables that other tools land are not among them; their files are not Buck's to remove.
    """
    held = {str(table): table for table in lake.raw_tables()}
    return {
        file
        for name, versions in pinned_versions(SnapshotStore(lake.storage)).items()
        if name in held
        for version in versions
        for file in lake.raw(held[name].source, held[name].name).state(version).files
    }


def remove_snapshots(store: SnapshotStore, *, keep: Collection[int]) -> list[int]:
    """Remove the manifests of all other snapshots, then every mart's file that no manifest names.

    Manifests go first: a kill leaves files nobody needs, never a snapshot without its files. Files
    of a publish that goes on elsewhere bear a number greater than any kept one, and stay.
    """
    gone = [number for number in store.numbers() if number not in keep]
    if not gone:
        return []
    # Read before anything is removed: a damaged manifest must not cost its snapshot the files.
    left = [store.read(number) for number in store.numbers() if number in keep]
    for number in gone:
        store.remove(number)
    needed = {file for snapshot in left for table in snapshot.tables for file in table.files}
    newest = max((snapshot.number for snapshot in left), default=0)
    for name in store.storage.names("marts"):
        if name not in needed and _number_of(name) <= newest:
            store.storage.remove(name)
    return gone


def _number_of(name: str) -> float:
    """The publish that wrote a mart's file; beyond all numbers for what is no such file."""
    path = PurePosixPath(name)
    digits = path.name.partition("-")[0]
    is_cut = len(path.parts) == 5 and "=" in path.parts[3]
    is_file = path.suffix == ".parquet" and digits.isdigit() and (len(path.parts) == 4 or is_cut)
    return int(digits) if is_file else float("inf")
