"""A program on a terminal: a real one, as wide as is wanted."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def on_terminal(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    width: int = 80,
    cwd: Path | None = None,
    stdout: int | IO[bytes] | None = None,
) -> tuple[str, int]:
    """All that a terminal was sent, and the exit code.

    Args:
        command: The program and its arguments.
        env: Its whole environment; the kind of terminal is added.
        width: Columns of the terminal.
        cwd: Where it runs.
        stdout: Where its results go, if not to the terminal.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with subprocess.Popen(
        command,
        cwd=cwd,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**env, "TERM": "xterm-256color"},
    ) as process:
        os.close(theirs)
        sent = b""
        try:
            while more := os.read(ours, 65_536):
                sent += more
        except OSError:
            pass  # A terminal that nobody writes to any more ends with an error on Linux.
        finally:
            os.close(ours)
    return sent.decode(), process.returncode
