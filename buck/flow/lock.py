"""One writer a project: a lock that a killed process cannot keep."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from buck.errors import LakeLocked

RUN = "run.lock"
GLANCE_S = 0.1


@contextmanager
def hold_lock(
    work: Path,
    command: str,
    *,
    wait_s: float = 0.0,
    on_wait: Callable[[str], None] = lambda _: None,
    name: str = RUN,
    about: str = "the project is in use",
    hint: str = "wait for it with --wait 60, or see `buck pipeline status`",
) -> Iterator[None]:
    """Hold the project's lock for the block.

    Args:
        work: The project's private folder.
        command: What holds it, for others to read.
        wait_s: How long to wait for another process.
        on_wait: Called while waiting with who holds it and since when, once for each holder.
        name: The lock's file.
        about: What is said if it is held, before by whom.
        hint: What helps then.

    Raises:
        LakeLocked: another process holds it after `wait_s`; the message names it and since when.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / name
    # Whoever only looks who holds it has it for an instant.
    deadline = time.monotonic() + max(wait_s, GLANCE_S)
    told, pause_s = "", 0.02
    with path.open("a+") as file:
        while not _try_lock(file.fileno()):
            holder = _holder(path)
            if time.monotonic() >= deadline:
                raise LakeLocked(f"{about} by {holder or 'another process'}", hint=hint)
            # A lock that was just taken is not signed yet: the next look has its name.
            if holder and holder != told and wait_s:
                told = holder
                on_wait(holder)
            time.sleep(pause_s)
            pause_s = min(0.5, pause_s * 1.5)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "command": command, "since": since}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def lock_holder(work: Path, name: str = RUN) -> dict[str, Any] | None:
    """Who holds a lock now: process, command and since when; None if nobody does."""
    path = work / name
    if not path.exists():
        return None
    with path.open("a+") as file:
        if _try_lock(file.fileno()):
            return None
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {"pid": int(held["pid"]), "command": held["command"], "since": held["since"]}
    except (OSError, ValueError, KeyError, TypeError):
        # It has just been taken, and not yet been signed.
        return {"pid": 0, "command": "", "since": ""}


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    """Who signed a lock; empty if nobody has."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return f"process {held['pid']} ({held['command']}, since {held['since']})"
    except (OSError, ValueError, KeyError):
        return ""
