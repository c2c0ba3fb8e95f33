"""What the scheduler is doing, what comes next, and asking it to stop."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import Any

from buck.errors import LakeLocked
from buck.flow.lake_access import open_lake
from buck.flow.lock import lock_holder
from buck.flow.schedule.pausing import read_paused
from buck.flow.schedule.planning import dues_between
from buck.flow.schedule.scheduler import LOCK
from buck.flow.schedule.state import read_state
from buck.ledger import newest, read_runs
from buck.project import Project, Schedule, due_times, next_run_at
from buck.records.run import RunSummary

RUNS = 100


@dataclass(frozen=True, slots=True)
class PipelineSchedule:
    """One scheduled pipeline."""

    pipeline: str
    cron: str
    timezone: str
    next_at: datetime
    paused_since: str
    under_way: tuple[datetime, ...]
    """The moments whose runs are not over."""
    undecided: int
    """Moments that have passed and that a scheduler has still to decide on."""
    last: RunSummary | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {
            "next_at": self.next_at.isoformat(),
            "under_way": [at.isoformat() for at in self.under_way],
            "last": self.last.to_dict() if self.last else None,
        }


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """The scheduler of a project. `pid` is None if none is running."""

    pid: int | None
    since: str
    looked_at: datetime | None
    pipelines: tuple[PipelineSchedule, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "pid": self.pid,
            "since": self.since or None,
            "looked_at": self.looked_at.isoformat() if self.looked_at else None,
            "pipelines": [one.to_dict() for one in self.pipelines],
        }


def read_schedule(project: Project, *, now: datetime) -> ScheduleStatus:
    """The scheduler and its pipelines at a moment; reads only.

    Raises:
        ConfigError: a schedule cannot be read.
    """
    holder = lock_holder(project.work, LOCK)
    state, paused = read_state(project.work), read_paused(project)
    runs = newest(read_runs(open_lake(project).storage, limit=RUNS))
    found = []
    for name, schedule in project.settings.orchestration.schedules.items():
        own = state.pipelines.get(name)
        found.append(
            PipelineSchedule(
                pipeline=name,
                cron=schedule.cron,
                timezone=schedule.timezone,
                next_at=next_due(schedule, after=now),
                paused_since=paused.get(name, ""),
                under_way=tuple(own.under_way) if own else (),
                undecided=sum(1 for _ in dues_between(schedule, own.decided_to, now)) if own else 0,
                last=runs.get(name),
            )
        )
    return ScheduleStatus(
        pid=holder["pid"] if holder else None,
        since=holder["since"] if holder else "",
        looked_at=state.looked_at,
        pipelines=tuple(found),
    )


def is_scheduling(project: Project) -> bool:
    """Whether a scheduler is running."""
    return lock_holder(project.work, LOCK) is not None


def next_due(schedule: Schedule, *, after: datetime | None = None) -> datetime:
    """The next moment of a schedule: by the wall clock, as the scheduler goes.

    Raises:
        ConfigError: the schedule cannot be read.
    """
    after = after or datetime.now(UTC)
    return next_run_at(schedule.cron, after=after, timezone=schedule.timezone)


def read_next(project: Project, *, after: datetime, limit: int) -> list[tuple[datetime, str]]:
    """The next moments at which pipelines are due, soonest first; every pipeline at least once.

    What is due so often that others would not be among them leaves these the last places.

    Raises:
        ConfigError: a schedule cannot be read.
    """
    schedules = project.settings.orchestration.schedules
    found = list(islice(merge(*(_named(n, s, after) for n, s in schedules.items())), limit))
    named = {name for _, name in found}
    absent = [(next_due(s, after=after), n) for n, s in schedules.items() if n not in named]
    while absent and len(found) + len(absent) > limit:
        again = next((i for i in range(len(found) - 1, -1, -1) if _is_again(found, i)), None)
        if again is None:
            break
        del found[again]
    return sorted([*found, *absent])


def _is_again(found: list[tuple[datetime, str]], index: int) -> bool:
    """Whether the pipeline of a moment is among the earlier ones."""
    return any(name == found[index][1] for _, name in found[:index])


def _named(name: str, schedule: Schedule, after: datetime) -> Iterator[tuple[datetime, str]]:
    for at in due_times(schedule.cron, after=after, timezone=schedule.timezone):
        yield at, name


def stop_scheduler(project: Project, *, wait_s: float) -> int | None:
    """Ask the scheduler to stop, and wait until its running pipeline is over; its process id.

    Raises:
        LakeLocked: it is still there after `wait_s`.
    """
    holder = lock_holder(project.work, LOCK)
    if not holder or not holder["pid"]:
        return None
    pid: int = holder["pid"]
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + wait_s
    while (lock_holder(project.work, LOCK) or {}).get("pid") == pid:
        if time.monotonic() >= deadline:
            raise LakeLocked(
                f"the scheduler, process {pid}, still waits for a run that is going on",
                hint="buck schedule status; wait longer with --wait 3600, or end the run with "
                "`buck pipeline cancel NAME`",
            )
        time.sleep(0.2)
    return pid
