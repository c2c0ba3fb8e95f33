"""Starting the background process, and waiting for it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from buck.errors import SandboxError
from buck.sandbox.supervisor.folder import SandboxFolder

PACKAGE_ROOT = Path(__file__).parents[3]


def start_process(home: SandboxFolder, options: Mapping[str, object], *, wait_s: float) -> None:
    """Start the sandbox's process and wait until it serves, or somebody else's does.

    Raises:
        SandboxError: why it could not start, or did not in time.
    """
    try:
        home.path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SandboxError(
            f"the sandbox's folder {home.path} cannot be made: {exc}",
            hint="choose a folder that you may write to",
        ) from exc
    read_end, write_end = os.pipe()
    command = [sys.executable, "-m", "buck.sandbox.supervisor", str(home.path)]
    command += ["--report", str(write_end)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    try:
        with home.log.open("ab") as log:
            # It detaches at once, so this waits for its first step only.
            subprocess.run(
                command,
                cwd=PACKAGE_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[write_end],
                start_new_session=True,
                check=False,
            )
    except OSError as exc:
        raise SandboxError(f"the sandbox's process could not be started: {exc}") from exc
    finally:
        os.close(write_end)
    try:
        _await_report(home, read_end, wait_s=wait_s)
    finally:
        os.close(read_end)


def _await_report(home: SandboxFolder, descriptor: int, *, wait_s: float) -> None:
    """Read what the new process says about its start, up to the line that decides."""
    give_up_at = time.monotonic() + wait_s
    pending, pid = b"", 0
    while True:
        left_s = give_up_at - time.monotonic()
        if left_s <= 0 or not select.select([descriptor], [], [], left_s)[0]:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            raise make_failure(home, f"was not ready within {wait_s:g} s")
        received = os.read(descriptor, 65_536)
        if not received:
            raise make_failure(home, "ended while starting")
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            content = json.loads(line)
            if "error" in content:
                wait_until_gone(pid)
                raise SandboxError(content["error"], hint=content["hint"])
            if "ready" in content or "busy" in content:
                return
            pid = content["pid"]


def make_failure(home: SandboxFolder, what: str) -> SandboxError:
    """An error that shows the end of the log."""
    return SandboxError(
        f"the sandbox in {home.path} {what}; its log ends:\n{home.log_tail()}",
        hint=f"see {home.log}",
    )


def wait_for_end(home: SandboxFolder, *, wait_s: float) -> bool:
    """Whether no process has the sandbox any more, within the time."""
    give_up_at = time.monotonic() + wait_s
    while home.is_running():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def wait_until_gone(pid: int | None, *, wait_s: float = 2.0) -> None:
    """Wait for a process that has given up its lock to be off the system's list too."""
    give_up_at = time.monotonic() + wait_s
    with suppress(ProcessLookupError, PermissionError):
        while pid is not None and time.monotonic() < give_up_at:
            os.kill(pid, 0)
            time.sleep(0.01)
