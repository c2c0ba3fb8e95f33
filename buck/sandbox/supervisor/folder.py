"""The files of one sandbox, and the lock that says whether it is running."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from buck.errors import SandboxError

LOG_TAIL_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class SandboxFolder:
    """Names every file that a sandbox keeps."""

    path: Path

    @property
    def state(self) -> Path:
        """What the sandbox is made of, its secrets included; readable by its owner alone."""
        return self.path / "state.json"

    @property
    def environment(self) -> Path:
        """The variables of a project that reads from the sandbox; there while it runs."""
        return self.path / "environment.json"

    @property
    def lock(self) -> Path:
        """Locked by the supervisor for as long as it lives."""
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """What the supervisor has to say."""
        return self.path / "supervisor.log"

    @property
    def postgres(self) -> Path:
        """The database's data and log."""
        return self.path / "postgres"

    @property
    def certificates(self) -> Path:
        """The authority and certificate of the https server."""
        return self.path / "certificates"

    def is_running(self) -> bool:
        """Whether a supervisor lives: true of a lock, which unlike a pid can't be reused."""
        if not self.lock.exists():
            return False
        # Shared, so that several who ask at once do not take each other for a supervisor.
        lock = take_lock(self.lock, shared=True)
        if lock is None:
            return True
        os.close(lock)
        return False

    def log_tail(self) -> str:
        """The end of the log, for messages."""
        try:
            text = self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        except FileNotFoundError:
            return "no log"
        return text.strip() or "the log is empty"


def take_lock(path: Path, *, shared: bool = False, wait_s: float = 0.0) -> int | None:
    """A descriptor that holds the lock until it is closed; None when another process holds it.

    Raises:
        SandboxError: the folder cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise SandboxError(
            f"the sandbox's folder {path.parent} cannot be used: {exc}",
            hint="choose a folder that you may write to",
        ) from exc
    give_up_at = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                os.close(descriptor)
                return None
            time.sleep(0.01)
        else:
            return descriptor


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Replace a JSON file in one step; only its owner may ever read it.

    Raises:
        SandboxError: the disk is full or the folder gone; the old content is untouched.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        new.replace(path)
    except OSError as exc:
        raise SandboxError(
            f"{path} could not be written: {exc}", hint=f"check the disk space of {path.parent}"
        ) from exc
