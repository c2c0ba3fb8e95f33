"""Open readers, known to who removes files: a note that a killed process cannot leave behind.

Each reader that keeps files of the lake open holds a lock on a file of its own, which says what it
reads. When the process ends, however it ends, the lock is gone and the note counts no more.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from buck.errors import LakeLocked
from buck.lake import Pins, add_pins

FOLDER = "readers"


class Lease:
    """One reader's note. Until `tell` has said what it reads, it may be anything."""

    def __init__(self, work: Path, reader: str) -> None:
        folder = work / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{os.getpid()}-{uuid.uuid4().hex}.json"
        self._reader = reader
        self._file: IO[str] = self._path.open("w", encoding="utf-8")
        fcntl.flock(self._file.fileno(), fcntl.LOCK_EX)
        self._write(None)
        self._finalizer = weakref.finalize(self, _forget, self._file, self._path)

    def tell(self, versions: Mapping[str, int]) -> None:
        """Say which versions of which raw tables the reader reads."""
        self._write(dict(versions))

    def end_with(self, holder: Any) -> None:
        """Keep the note for as long as an object lives."""
        weakref.finalize(holder, self.close)

    def close(self) -> None:
        """The reader has ended; safe to call twice."""
        self._finalizer()

    def _write(self, versions: Mapping[str, int] | None) -> None:
        note = {"pid": os.getpid(), "reader": self._reader, "versions": versions}
        self._file.seek(0)
        self._file.truncate()
        json.dump(note, self._file)
        self._file.flush()


def leased_versions(work: Path) -> Pins:
    """What open readers of this project on this machine read.

    Raises:
        LakeLocked: a reader is just opening the lake.
    """
    pins: Pins = {}
    for path in sorted((work / FOLDER).glob("*.json")):
        with path.open("r+", encoding="utf-8") as file:
            if _is_over(file):
                path.unlink(missing_ok=True)
                continue
            text = file.read()
        try:
            note = json.loads(text)
            who = f"process {note['pid']} ({note['reader']})"
            versions = note["versions"]
        except (ValueError, KeyError, TypeError):
            who, versions = "a process", None
        if versions is None:
            raise LakeLocked(f"{who} is opening the lake", hint="run it again in a moment")
        add_pins(pins, versions, who)
    return pins


def _is_over(file: IO[str]) -> bool:
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget(file: IO[str], path: Path) -> None:
    path.unlink(missing_ok=True)
    file.close()
