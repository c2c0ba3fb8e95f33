"""Backups: a place with the content of lakes' objects, each once, and a manifest per backup.

`objects/ab/abcdef…` is named by its own SHA-256, so a backup costs what changed since the one
before, and one that was killed is continued by the next. `backups/<id>.json` is written last: a
backup that has its manifest is whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from buck.errors import ConfigError, LakeDamaged, LakeLocked
from buck.lake.objects import hash_of_file, hash_of_object, local_copy
from buck.lake.snapshots import SERVED, SnapshotStore
from buck.records.backup import BackedUp, Backup, Copied, Pruned

if TYPE_CHECKING:
    from buck.lake.lake import Lake
    from buck.lake.storage import Storage

MANIFESTS = "backups"
OBJECTS = "objects"
IDENTITY = "lake.json"
DERIVED = frozenset({SERVED})
"""What is made anew from the rest, as is `marts.duckdb`, which lies beside the zones."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """An object of the lake as a listing shows it."""

    size_bytes: int
    modified_at: str


def list_lake(storage: Storage) -> dict[str, Seen]:
    """Everything that makes the lake what it is, by name; private folders (`.buck`) are not."""
    found: dict[str, Seen] = {}
    for folder in storage.folders(""):
        if folder.startswith("."):
            continue
        times = storage.times(folder)
        found |= {
            name: Seen(size, times[name].astimezone(UTC).isoformat())
            for name, size in storage.sizes(folder).items()
            if name in times and name not in DERIVED
        }
    if (identity := storage.read(IDENTITY)) is not None:
        found[IDENTITY] = Seen(len(identity), "")
    return found


class BackupPlace:
    """Where the backups of one lake are: a folder, or a bucket.

    Args:
        storage: The place.
        work: A folder on this machine for objects on their way.
    """

    def __init__(self, storage: Storage, work: Path) -> None:
        self.storage = storage
        self.work = work

    def list_backups(self) -> list[str]:
        """Ids of all whole backups, oldest first."""
        return sorted(
            PurePosixPath(name).stem
            for name in self.storage.names(MANIFESTS)
            if name.endswith(".json")
        )

    def read(self, backup_id: str) -> Backup:
        """A backup's manifest.

        Raises:
            ConfigError: there is no such backup.
            LakeDamaged: its manifest is damaged.
        """
        name = f"{MANIFESTS}/{backup_id}.json"
        payload = self.storage.read(name)
        if payload is None:
            raise ConfigError(
                f"there is no backup {backup_id!r} in {self.storage.url('').rstrip('/')}",
                hint="buck restore FROM --list names them all",
            )
        return Backup.from_json(payload, where=self.storage.url(name))

    def back_up(self, lake: Lake, backup_id: str) -> Copied:
        """Copy the lake as it is now.

        Raises:
            ConfigError: the place has backups of another lake.
            LakeLocked: somebody went on writing into the lake.
            LakeDamaged: an object cannot be read.
            LakeError: the place cannot be written.
        """
        known = self.list_backups()
        before = self.read(known[-1]) if known else None
        if before is not None and before.lake_id != lake.identity:
            raise ConfigError(
                f"{self.storage.url('').rstrip('/')} holds backups of another lake "
                f"({before.lake_id[:8]}, this one is {lake.identity[:8]})",
                hint="name another place with --to",
            )
        self.storage.sweep()
        held = {PurePosixPath(name).name for name in self.storage.names(OBJECTS)}
        copied, copied_bytes = 0, 0
        done = dict(before.objects) if before else {}
        for _ in range(ROUNDS):
            seen = list_lake(lake.storage)
            objects: dict[str, BackedUp] = {}
            for name, one in sorted(seen.items()):
                old = done.get(name)
                is_known = old is not None and _is_fixed(name) and _is_same(old, one)
                if old is not None and is_known and old.sha256 in held:
                    objects[name] = old
                    continue
                objects[name], is_new = self._copy(lake.storage, name, one, held)
                held.add(objects[name].sha256)
                copied, copied_bytes = copied + is_new, copied_bytes + is_new * one.size_bytes
            if list_lake(lake.storage) == seen:
                break
            done |= objects
        else:
            raise LakeLocked(
                "somebody went on writing into the lake while it was copied",
                hint="run it again when no other machine runs; what was copied is kept",
            )
        current = SnapshotStore(lake.storage).current()
        backup = Backup(
            backup_id,
            datetime.now(UTC),
            lake.identity,
            lake.root,
            current.id if current else "",
            objects,
        )
        self.storage.create(f"{MANIFESTS}/{backup_id}.json", backup.to_json())
        self._refuse_incomplete(backup)
        return Copied(backup, copied, copied_bytes)

    def prune(self, keep: int) -> Pruned:
        """Remove all but the newest `keep` backups, and the objects that only they have.

        Manifests go before objects, so that no backup is there of which something is missing.
        Killed at any point, the next call goes on.
        """
        known = self.list_backups()
        gone = known[: -max(keep, 1)]
        for backup_id in gone:
            self.storage.remove(f"{MANIFESTS}/{backup_id}.json")
        needed = {
            one.sha256
            for backup_id in known[len(gone) :]
            for one in self.read(backup_id).objects.values()
        }
        objects, size_bytes = 0, 0
        for name, size in self.storage.sizes(OBJECTS).items():
            if PurePosixPath(name).name not in needed:
                self.storage.remove(name)
                objects, size_bytes = objects + 1, size_bytes + size
        return Pruned(tuple(gone), objects, size_bytes)

    def prove(self, backup: Backup) -> None:
        """Read every object of a backup and compare it with the manifest.

        Raises:
            LakeDamaged: objects are missing or changed; the first ones are named.
        """
        sizes = {PurePosixPath(n).name: s for n, s in self.storage.sizes(OBJECTS).items()}
        wrong, proven = [], set[str]()
        for name, one in sorted(backup.objects.items()):
            if one.sha256 in proven:
                continue
            if one.sha256 not in sizes:
                wrong.append(f"{name} (missing)")
            elif (
                sizes[one.sha256] != one.size_bytes
                or hash_of_object(self.storage, object_name(one.sha256)) != one.sha256
            ):
                wrong.append(f"{name} (changed)")
            else:
                proven.add(one.sha256)
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise LakeDamaged(
                f"backup {backup.id} is damaged: {', '.join(wrong[:3])}{more}",
                hint="nothing was restored; take another one: buck restore FROM --list",
            )

    @contextmanager
    def open_object(self, one: BackedUp) -> Iterator[Path]:
        """A file with an object's content."""
        with local_copy(self.storage, object_name(one.sha256), self.work) as path:
            yield path

    def _refuse_incomplete(self, backup: Backup) -> None:
        """Another machine may have pruned the place while objects counted as there."""
        held = {PurePosixPath(name).name for name in self.storage.names(OBJECTS)}
        if any(one.sha256 not in held for one in backup.objects.values()):
            self.storage.remove(f"{MANIFESTS}/{backup.id}.json")
            raise LakeLocked(
                "another machine removed old backups from the place meanwhile",
                hint="run it again; what was copied is kept",
            )

    def _copy(
        self, source: Storage, name: str, seen: Seen, held: set[str]
    ) -> tuple[BackedUp, bool]:
        """The object's record, and whether its content is new to the place."""
        with local_copy(source, name, self.work) as path:
            sha256 = hash_of_file(path)
            size = path.stat().st_size
            is_new = sha256 not in held
            if is_new:
                self.storage.upload(path, object_name(sha256))
        return BackedUp(size, sha256, seen.modified_at), is_new


def object_name(sha256: str) -> str:
    """Where an object's content is."""
    return f"{OBJECTS}/{sha256[:2]}/{sha256}"


def _is_same(old: BackedUp, seen: Seen) -> bool:
    """Whether an object is the one that was copied before."""
    return (old.size_bytes, old.modified_at) == (seen.size_bytes, seen.modified_at)


def _is_fixed(name: str) -> bool:
    """Whether an object of this name is never written anew.

    Of all others the time is no proof: buckets tell it in whole seconds.
    """
    return name.endswith((".parquet", ".jsonl")) or "/_delta_log/0" in name
