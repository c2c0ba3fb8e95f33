"""One writer a project: a lock that a killed process cannot keep."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from buck.errors import LakeLocked


@contextmanager
def hold_lock(work: Path, command: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the project's lock for the block.

    Raises:
        LakeLocked: another process holds it after `wait_s`; the message names it and since when.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "run.lock"
    deadline = time.monotonic() + wait_s
    with path.open("a+") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() >= deadline:
                raise LakeLocked(
                    f"the project is in use by {_holder(path)}",
                    hint="wait for it with --wait 60, or see `buck pipeline status`",
                )
            time.sleep(0.1)
        file.seek(0)
        file.truncate()
        since = datetime.now(UTC).isoformat(timespec="seconds")
        json.dump({"pid": os.getpid(), "command": command, "since": since}, file)
        file.flush()
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return f"process {held['pid']} ({held['command']}, since {held['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
