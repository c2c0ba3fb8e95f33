"""Runs as processes of their own: none takes the scheduler with it when it dies."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from buck.project import Project

LOGS = "schedule/logs"
WAIT_S = 86_400
"""How long a run waits for another one of the project."""

Command = Callable[[str, datetime], list[str]]
"""What starts the run of a pipeline for one moment."""


def run_command(project: Project) -> Command:
    """Starts runs with `buck run`."""

    def command(pipeline: str, due_at: datetime) -> list[str]:
        where = ["--project", str(project.root), "--env", project.environment]
        run = ["run", pipeline, "--due", due_at.isoformat(), "--wait", str(WAIT_S)]
        return [sys.executable, "-m", "buck.cli.main", *where, *run]

    return command


@dataclass(slots=True)
class Child:
    """One run's process."""

    pipeline: str
    due_at: datetime
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it goes on."""
        return self.process.poll()

    @property
    def last_words(self) -> str:
        """The last line of what it said."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if line.startswith("error: ")] or lines
        return told[-1][:300] if told else ""


def launch(
    work: Path, command: list[str], pipeline: str, due_at: datetime, *, on_end: Callable[[], None]
) -> Child:
    """Start a run; what it says goes into the pipeline's log file, which holds the newest run.

    It has a session of its own, so that Ctrl-C on the scheduler does not end it half-way.
    """
    log = work / LOGS / f"{quote(pipeline, safe='')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def watch() -> None:
        process.wait()
        on_end()

    threading.Thread(target=watch, name=f"watch {pipeline}", daemon=True).start()
    return Child(pipeline, due_at, process, log)
