"""Servers that outlived their owner: found by their pid file, ended before the folder is reused."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from buck.errors import SandboxError


def end_leftover(data: Path, *, wait_s: float = 5.0) -> bool:
    """End a server still running on this data folder, and say whether there was one.

    A pid file whose process is gone, or is some other program by now, is left to be removed with
    the folder.

    Raises:
        SandboxError: the server belongs to another user, or does not end.
    """
    pid = _read_pid(data)
    if pid is None or not _serves(pid, data):
        return False
    for number in (signal.SIGQUIT, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        except PermissionError as exc:
            raise SandboxError(
                f"process {pid} still serves {data} and belongs to another user",
                hint=f"end it as its owner: kill {pid}",
            ) from exc
        give_up_at = time.monotonic() + wait_s
        while time.monotonic() < give_up_at:
            if not _serves(pid, data):
                return True
            time.sleep(0.02)
    raise SandboxError(f"process {pid} still serves {data} and does not end", hint=f"kill -9 {pid}")


def _read_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is a server on this folder; a pid alone may have been reused."""
    process = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return str(data) in words
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return str(data) in listed.stdout
