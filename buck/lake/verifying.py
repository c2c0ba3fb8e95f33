"""Proving every file of the lake against what its logs and manifests say of it.

Objects themselves are read, never this machine's copies of a bucket's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

import orjson

from buck.engine import connect, translate_errors
from buck.engine.columns import parquet_scan, typed_select
from buck.errors import LakeDamaged
from buck.lake.content import ROW_SUMS, digest
from buck.lake.file_log import COMMIT_KEY
from buck.lake.needs import Needs, Place, find_needs
from buck.lake.objects import hash_of_object, local_copy
from buck.lake.raw_log import FileEntry
from buck.lake.snapshots import FOLDER, SnapshotStore
from buck.records.upkeep import Damage, Problem, TableProof

if TYPE_CHECKING:
    from buck.lake.lake import Lake
    from buck.lake.raw_log import RawLog
    from buck.records.snapshot import Snapshot, SnapshotPart, SnapshotTable

NEWEST = "the newest version"
Finding = tuple[Problem, str, str]
"""What is wrong with a file, what was expected, and what was found."""


class Verifier:
    """Proves one lake.

    Args:
        lake: The lake.
        is_quick: Leave out what needs whole files to be read: checksums and content.
    """

    def __init__(self, lake: Lake, *, is_quick: bool = False) -> None:
        self.lake = lake
        self.is_quick = is_quick

    def prove_log(self, place: Place, pins: Mapping[int, Iterable[str]]) -> TableProof | None:
        """Every file of a table's newest version, and of the versions that somebody reads.

        None if nothing was ever committed.
        """
        folder, log = place.folder, place.log
        repair = f"restore it from a backup; or move {folder} away and land the source anew"
        try:
            state = log.state()
            if not state.exists:
                return None
            entries = {entry.name: entry for entry in log.entries(state)}
            checksums = {} if self.is_quick else log.checksums()
            needs = find_needs(log, state, pins)
            who = {name: [NEWEST] for name in entries} | needs.files
            entries |= _earlier_entries(log, pins, needs)
        except LakeDamaged as exc:
            damage = Damage(folder, "log", "a log that can be read", exc.what, (NEWEST,), repair)
            return TableProof(place.table, place.layer, 0, 0, 0, 0, (damage,))
        sizes = self.lake.storage.sizes(folder)
        damages = [
            Damage(folder, "log", f"version {number}", why, tuple(readers), repair)
            for number, why, readers in needs.lost
        ]
        proven = 0
        for name, readers in sorted(who.items()):
            entry = entries.get(name, FileEntry(name, None, None))
            entry = FileEntry(name, entry.size_bytes, entry.rows, checksums.get(name))
            found = list(self._look(entry, sizes.get(name)))
            damages += [Damage(name, *one, tuple(dict.fromkeys(readers)), repair) for one in found]
            proven += entry.sha256 is not None
        rows = sum(e.rows or 0 for n, e in entries.items() if NEWEST in who.get(n, ()))
        size = sum(sizes.get(name, 0) for name in who)
        return TableProof(place.table, place.layer, len(who), rows, size, proven, tuple(damages))

    def prove_marts(self) -> list[TableProof]:
        """Every file of every kept snapshot; what several of them hold is read once."""
        store = SnapshotStore(self.lake.storage)
        kept: list[Snapshot] = []
        damages: list[Damage] = []
        for number in store.numbers():
            try:
                kept.append(store.read(number))
            except LakeDamaged as exc:
                name = f"{FOLDER}/{number:06d}.json"
                label = (f"snapshot {number:06d}",)
                text = "restore it from a backup"
                damages.append(Damage(name, "log", "a manifest", exc.what, label, text))
        damages += self._look_at_pointer(store)
        found = [TableProof("snapshots", "marts", len(kept), 0, 0, 0, tuple(damages))]
        tables: dict[str, list[tuple[Snapshot, SnapshotTable]]] = {}
        for snapshot in kept:
            for table in snapshot.tables:
                tables.setdefault(f"{table.schema}.{table.name}", []).append((snapshot, table))
        return found + [self._prove_mart(name, held) for name, held in sorted(tables.items())]

    def _prove_mart(self, name: str, held: list[tuple[Snapshot, SnapshotTable]]) -> TableProof:
        parts: dict[str, tuple[SnapshotPart, SnapshotTable, Snapshot]] = {}
        readers: dict[str, list[str]] = {}
        for snapshot, table in held:
            for part in table.all_parts:
                parts[part.file] = (part, table, snapshot)
                readers.setdefault(part.file, []).append(f"snapshot {snapshot.id}")
        sizes = self.lake.storage.sizes(f"marts/{name.replace('.', '/')}")
        damages: list[Damage] = []
        proven = 0
        for file, (part, table, snapshot) in sorted(parts.items()):
            # Hashes of rows compare on one version of DuckDB only.
            is_known = snapshot.packages.get("duckdb") == version("duckdb")
            found = list(self._look(FileEntry(file, part.size_bytes, part.rows), sizes.get(file)))
            if not found and is_known and not self.is_quick:
                found = list(self._look_into(part, table))
                proven += 1
            repair = "restore it from a backup; readers can go to a snapshot without it: "
            repair += "buck rollback --to SNAPSHOT"
            damages += [Damage(file, *one, tuple(readers[file]), repair) for one in found]
        size = sum(sizes.get(file, 0) for file in parts)
        newest = held[-1][1].rows
        return TableProof(name, "marts", len(parts), newest, size, proven, tuple(damages))

    def _look_at_pointer(self, store: SnapshotStore) -> Iterator[Damage]:
        from buck.lake.served_file import FILE

        try:
            current = store.current()
        except LakeDamaged as exc:
            yield Damage(
                f"{FOLDER}/current.json",
                "log",
                "a pointer to a kept snapshot",
                exc.what,
                ("readers",),
                exc.hint,
            )
            return
        if current is None or not store.is_served(current):
            return
        try:
            self.lake.storage.open(FILE).close()
        except LakeDamaged:
            repair = "remove snapshots/served.json; the next run or rollback makes the file again"
            expected = f"snapshot {current.id}"
            yield Damage(FILE, "missing", expected, "no file", ("readers",), repair)

    def _look(self, entry: FileEntry, size: int | None) -> Iterator[Finding]:
        """What is wrong with one file."""
        if size is None:
            yield "missing", _told(entry), "no file"
        elif entry.size_bytes is not None and size != entry.size_bytes:
            yield "size", _told(entry), f"{size:,} bytes"
        else:
            rows = self._count(entry.name)
            if rows is None:
                yield "unreadable", _told(entry), "a file that cannot be read"
            elif entry.rows is not None and rows != entry.rows:
                yield "rows", _told(entry), f"{rows:,} rows"
            elif entry.sha256 is not None:
                found = hash_of_object(self.lake.storage, entry.name)
                if found != entry.sha256:
                    yield "checksum", f"SHA-256 {entry.sha256}", f"SHA-256 {found}"

    def _look_into(self, part: SnapshotPart, table: SnapshotTable) -> Iterator[Finding]:
        con = connect(work=self.lake.work)
        try:
            with local_copy(self.lake.storage, part.file, self.lake.work) as path:
                scan = parquet_scan((str(path),))
                select = typed_select(table.columns, scan, present=set(table.columns))
                with translate_errors():
                    row = con.execute(f"select {ROW_SUMS} from ({select}) t").fetchone()
            assert row is not None
            found = digest(int(row[1]), int(row[2]))
        except LakeDamaged as exc:
            yield "unreadable", f"content {part.content_hash}", exc.what
            return
        finally:
            con.close()
        if found != part.content_hash:
            yield "content", f"content {part.content_hash}", f"content {found}"

    def _count(self, name: str) -> int | None:
        """The rows of a file by its own end, or None if it cannot be read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with self.lake.storage.open(name) as file:
                if name.endswith(".parquet"):
                    return int(pq.read_metadata(file).num_rows)
                lines = [orjson.loads(line) for line in file]
                return len(lines) - 1 if lines and COMMIT_KEY in lines[-1] else None
        except (pa.ArrowInvalid, OSError, ValueError, TypeError):
            return None


def _earlier_entries(
    log: RawLog, pins: Mapping[int, Iterable[str]], needs: Needs
) -> dict[str, FileEntry]:
    """What the log says of files that only earlier versions read."""
    found: dict[str, FileEntry] = {}
    for number in sorted(pins, reverse=True):
        if needs.files.keys() <= found.keys():
            break
        with suppress(LakeDamaged):
            entries = log.entries(log.state(number))
            found |= {e.name: e for e in entries if e.name in needs.files}
    return found


def _told(entry: FileEntry) -> str:
    size = f"{entry.size_bytes:,} bytes" if entry.size_bytes is not None else ""
    rows = f"{entry.rows:,} rows" if entry.rows is not None else ""
    return ", ".join(filter(None, (size, rows))) or "a file"
