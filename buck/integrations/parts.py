"""A project's pipelines as tasks: what each is called, what it runs, and what its end means."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from buck.errors import BuckError, GateClosed, LoadDegraded
from buck.flow.landing import choose_sources
from buck.project import Project, Schedule, duration_s, open_project

WAIT_S = 6 * 3600
"""Tasks of one project take turns; a task waits so long for the one before it."""
_LINES = 40
"""Of what a command said before it failed, how much is repeated."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One pipeline of `.buck.yml`, as an orchestrator needs it. Times are in seconds."""

    project: Path
    name: str
    sources: tuple[str, ...]
    owner: str
    schedule: Schedule | None
    retries: int
    delay_s: int
    max_delay_s: int
    timeout_s: int | None
    executable: str
    environment: str | None

    def land(self, source: str) -> list[str]:
        """The command that lands one source."""
        return self._command("land", source)

    def build(self) -> list[str]:
        """The command that builds the candidates of what has landed."""
        return self._command("build")

    def publish(self, *, due_at: datetime | None = None) -> list[str]:
        """The command that checks the candidates and publishes them if they pass."""
        return self._command("publish", *(["--due", due_at.isoformat()] if due_at else []))

    def backfill(self, start: datetime, end: datetime) -> list[str]:
        """The command that lands a stretch of time again, up to but not including its end."""
        span = ["--start", start.isoformat(), "--end", end.isoformat()]
        return self._words("backfill", self.name, *span)

    def _command(self, part: str, *words: str) -> list[str]:
        return self._words("pipeline", "step", self.name, part, *words)

    def _words(self, *words: str) -> list[str]:
        chosen = ["--env", self.environment] if self.environment else []
        return [self.executable, *chosen, *words, "--wait", str(WAIT_S), "--json"]

    def run(self, command: list[str], *, say: Callable[[str], None]) -> dict[str, Any]:
        """Run one of these commands to its end; what it printed as JSON.

        Raises:
            StepFailed: it did not end well. An incomplete load (4) is said, and goes on, as it
                does in `buck run`.
        """
        done = subprocess.run(
            command, cwd=self.project, capture_output=True, text=True, check=False
        )
        told = done.stderr.strip().splitlines()[-_LINES:]
        for line in told:
            say(line)
        found: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
        if done.returncode not in (0, LoadDegraded.exit_code):
            raise StepFailed(command, done.returncode, "\n".join(told), found)
        return found


class StepFailed(Exception):
    """A command of Buck failed; `can_pass` says whether trying again may help."""

    def __init__(
        self, command: list[str], exit_code: int, told: str, found: dict[str, Any]
    ) -> None:
        words = " ".join(["buck", *command[1 : command.index("--wait")]])
        super().__init__(f"{words} ended with exit code {exit_code}\n{told}".strip())
        self.exit_code = exit_code
        self.found = found
        """What it printed as JSON all the same; a closed gate names the checks that block."""

    @property
    def is_gate_closed(self) -> bool:
        """The candidates did not pass: what was published stays, and a person must look."""
        return self.exit_code == GateClosed.exit_code

    @property
    def can_pass(self) -> bool:
        """Whether the same command may succeed later without anybody doing something."""
        return self.exit_code == BuckError.exit_code


def read_plans(
    project: str | Path, *, executable: str = "buck", environment: str | None = None
) -> tuple[Plan, ...]:
    """Every pipeline of a project's file, in its order.

    Args:
        project: The project's folder.
        executable: The `buck` command, if it is not on the path: that of another environment.
        environment: The environment of `.buck.yml` to run in; what BUCK_ENV says if not given.

    Raises:
        ConfigError: the file cannot be read, or a pipeline names what is not there.
    """
    opened = open_project(Path(project), environment=environment)
    return plans_of(opened, executable=executable, environment=environment)


def plans_of(project: Project, *, executable: str, environment: str | None) -> tuple[Plan, ...]:
    """The same of a project that is open."""
    return tuple(
        _plan(project, name, executable, environment) for name in project.settings.pipelines
    )


def _plan(project: Project, name: str, executable: str, environment: str | None) -> Plan:
    _, pipeline = project.pipeline(name)
    retries = pipeline.retries
    return Plan(
        project=project.root,
        name=name,
        sources=tuple(choose_sources(project, pipeline.sources)),
        owner=pipeline.owner or "",
        schedule=project.settings.orchestration.schedules.get(name),
        retries=retries.count,
        delay_s=duration_s(retries.delay),
        max_delay_s=duration_s(retries.max_delay),
        timeout_s=duration_s(pipeline.timeout) if pipeline.timeout else None,
        executable=executable,
        environment=environment,
    )
