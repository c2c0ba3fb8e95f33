"""The background process from its own side: options in, one line about the start out."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from buck.errors import SandboxError
from buck.sandbox.supervisor.folder import SandboxFolder, take_lock
from buck.sandbox.supervisor.state import SandboxState, load_state
from buck.sandbox.supervisor.supervisor import Settings, Supervisor


def serve(arguments: list[str] | None = None) -> None:
    """Serve a sandbox until its end.

    Reports on the given descriptor, one JSON object per line: `{"pid": n}` at once, then
    `{"ready": true}`, `{"busy": true}` when another process has the folder, or
    `{"error": …, "hint": …}`.
    """
    options = _read_options(arguments)
    report = os.fdopen(options.report, "w", encoding="utf-8")

    def tell(content: dict[str, Any]) -> None:
        try:
            report.write(json.dumps(content) + "\n")
            report.flush()
        except BrokenPipeError:
            # Whoever started this has gone; the sandbox is still wanted.
            return

    with report:
        tell({"pid": os.getpid()})
        folder = SandboxFolder(options.folder)
        try:
            # Those who only ask hold it for an instant.
            lock = take_lock(folder.lock, wait_s=0.5)
            if lock is None:
                tell({"busy": True})
                return
            supervisor = Supervisor(
                folder,
                _prepare_state(folder, options),
                lock=lock,
                settings=Settings(idle_limit_s=options.idle_limit_s),
            )
            supervisor.start()
        except SandboxError as exc:
            tell({"error": exc.what, "hint": exc.hint})
            return
        tell({"ready": True})
    supervisor.run()


def _prepare_state(folder: SandboxFolder, options: argparse.Namespace) -> SandboxState:
    found = load_state(folder.state)
    if found is not None:
        return found
    return SandboxState(seed=options.seed, customers=options.customers, days=options.days)


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m buck.sandbox.supervisor")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--idle-limit-s", type=float, required=True)
    return parser.parse_args(arguments)
