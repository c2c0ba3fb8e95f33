"""Kept snapshots, and the pointer that says which one is published.

`snapshots/000012.json` is a manifest, created once; `snapshots/current.json` names one of them and
is the commit point of publishing and of rolling back. What readers open (`marts.duckdb`, the Delta
logs of the marts) is made from the manifest it names, again if a kill came in between.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import orjson

from buck.errors import ConfigError, LakeDamaged, LakeLocked
from buck.lake.storage import Storage
from buck.records.snapshot import Hold, Snapshot

FOLDER = "snapshots"
CURRENT = f"{FOLDER}/current.json"
SERVED = f"{FOLDER}/served.json"
ANEW = f"restore it, or remove {CURRENT} from the lake and publish anew with `buck run`"


class SnapshotStore:
    """The lake's snapshots."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def current(self) -> Snapshot | None:
        """The published snapshot, or None before the first publish."""
        number = self._pointer(CURRENT)
        if number is None:
            return None
        try:
            return self.read(number)
        except LakeDamaged as exc:
            raise LakeDamaged(exc.what, hint=ANEW) from exc

    def read(self, number: int) -> Snapshot:
        """A kept snapshot.

        Raises:
            LakeDamaged: its manifest is gone or unreadable.
        """
        payload = self.storage.read(f"{FOLDER}/{number:06d}.json")
        if payload is None:
            raise LakeDamaged(f"snapshot {number:06d} is not kept", hint="buck doctor")
        try:
            held = orjson.loads(payload)
        except ValueError as exc:
            raise LakeDamaged(
                f"{self.storage.url(FOLDER)}/{number:06d}.json is not readable: {exc}",
                hint="restore it from a backup",
            ) from exc
        return Snapshot.from_dict(held)

    def find(self, number: int) -> Snapshot:
        """The snapshot of a number that a person named.

        Raises:
            ConfigError: it is not kept.
            LakeDamaged: its manifest is unreadable.
        """
        if number not in self.numbers():
            raise ConfigError(
                f"snapshot {number:06d} is not kept", hint="buck snapshots lists them"
            )
        return self.read(number)

    def numbers(self) -> list[int]:
        """Numbers of all kept snapshots, oldest first."""
        stems = (PurePosixPath(name).stem for name in self.storage.names(FOLDER))
        return sorted(int(stem) for stem in stems if stem.isdigit())

    def next_number(self) -> int:
        """The number of the next snapshot."""
        numbers = self.numbers()
        return numbers[-1] + 1 if numbers else 1

    def keep(self, snapshot: Snapshot) -> None:
        """Write a new manifest.

        Raises:
            LakeLocked: another run published under this number meanwhile.
        """
        payload = orjson.dumps(snapshot.to_dict(), option=orjson.OPT_INDENT_2)
        if not self.storage.create(f"{FOLDER}/{snapshot.id}.json", payload):
            raise LakeLocked(
                f"another run published snapshot {snapshot.id} meanwhile",
                hint="nothing was published by this run; run it again",
            )

    def remove(self, number: int) -> None:
        """Remove a manifest; see `retention` for the files it names."""
        self.storage.remove(f"{FOLDER}/{number:06d}.json")

    def point_to(self, snapshot: Snapshot, *, hold: Hold | None = None) -> None:
        """Make a kept snapshot the published one: the commit point.

        A hold is kept in the same object, so nobody sees the one without the other.
        """
        pointer: dict[str, Any] = {"number": snapshot.number}
        if hold is not None:
            pointer["hold"] = hold.to_dict()
        self.storage.write(CURRENT, orjson.dumps(pointer))

    def hold(self) -> Hold | None:
        """The rollback that keeps runs from publishing, or None."""
        pointer = self._read(CURRENT)
        if pointer is None or not pointer.get("hold"):
            return None
        try:
            return Hold.from_dict(pointer["hold"])
        except (ValueError, KeyError, TypeError) as exc:
            raise LakeDamaged(f"{CURRENT} is damaged", hint=ANEW) from exc

    def mark_served(self, snapshot: Snapshot) -> None:
        """Remember that everything readers open was made from this snapshot."""
        self.storage.write(SERVED, orjson.dumps({"number": snapshot.number}))

    def is_served(self, snapshot: Snapshot) -> bool:
        """Whether readers already see this snapshot everywhere."""
        return self._pointer(SERVED) == snapshot.number

    def _pointer(self, name: str) -> int | None:
        pointer = self._read(name)
        return None if pointer is None else int(pointer["number"])

    def _read(self, name: str) -> dict[str, Any] | None:
        payload = self.storage.read(name)
        if payload is None:
            return None
        try:
            pointer: dict[str, Any] = orjson.loads(payload)
            return pointer | {"number": int(pointer["number"])}
        except (ValueError, KeyError, TypeError) as exc:
            raise LakeDamaged(f"{name} is damaged", hint=ANEW) from exc
