"""The scheduler: it waits, starts what is due, and accounts for every moment in the ledger.

A moment is accounted for by the run that was for it (its `run_started` names it), or by a `due`
event of the scheduler's own saying why there is none. State is written before a run is started, so
a scheduler that is killed at any point is succeeded by one that knows what may be under way; a run
that is started twice for one moment sees so itself, under the project's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from buck.errors import ConfigError
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.lock import hold_lock
from buck.flow.schedule.clock import SLICE_S, Clock
from buck.flow.schedule.launching import Child, Command, launch
from buck.flow.schedule.pausing import read_paused
from buck.flow.schedule.planning import Missed, decide, dues_between
from buck.flow.schedule.state import PipelineState, State, read_state, write_state
from buck.ledger import RunRecorder, find_due
from buck.project import Project, Schedule, next_run_at
from buck.records.run import Status

LOCK = "schedule.lock"
NAME = "schedule"
"""What the scheduler's own record is called in the ledger."""
ASLEEP = timedelta(seconds=SLICE_S + 30)
"""So much too late looks only a machine that slept, or a scheduler that was off."""
LOOK_AGAIN = timedelta(seconds=15)
"""How often runs of a scheduler before this one are looked after."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the scheduler did or saw, for people."""

    at: datetime
    pipeline: str
    status: str
    text: str


class Scheduler:
    """Starts the scheduled pipelines of one project.

    Args:
        project: The project; its file is read once, at the start.
        clock: What time it is.
        command: What starts a run.
        on_notice: Called with whatever people may want to know.
    """

    def __init__(
        self,
        project: Project,
        *,
        clock: Clock,
        command: Command,
        on_notice: Callable[[Notice], None] = lambda _: None,
    ) -> None:
        self.project = project
        self.clock = clock
        self._command = command
        self._on_notice = on_notice
        self._storage = open_lake(project).storage
        self._schedules = _in_order(project)
        self._state = State()
        self._children: list[Child] = []
        self._succeeded: set[tuple[str, datetime]] = set()
        self._wake = threading.Event()
        self._stopping = False
        self._awake_since = self._ahead = clock.now()
        self._recorder = RunRecorder(
            self._storage, new_load_id(datetime.now(UTC)), pipeline=NAME, ends_itself=True
        )

    def stop(self) -> None:
        """Start nothing more; `run` returns once what is under way is over."""
        self._stopping = True
        self._wake.set()

    def run(self, *, until: datetime | None = None) -> None:
        """Start what is due, until stopped or until a moment.

        Raises:
            LakeLocked: another scheduler has the project.
            ConfigError: a schedule cannot be read, or another engine starts the pipelines.
        """
        engine = self.project.settings.orchestration.engine
        if engine != "builtin":
            raise ConfigError(
                f"orchestration.engine is {engine}: it starts the pipelines, not this scheduler",
                hint="write engine: builtin under orchestration, or leave starting to it",
            )
        with hold_lock(
            self.project.work,
            "buck schedule start",
            name=LOCK,
            about="the project has a scheduler already: it is held",
            hint="buck schedule status, or buck schedule stop",
        ):
            self._begin()
            while not self._stopping and (until is None or self.clock.now() < until):
                self._look()
                self._ahead = self._next_look()
                self.clock.wait(min(self._ahead, until) if until else self._ahead, self._wake)
                self._wake.clear()
            for child in self._children:
                child.process.wait()
            self._reap()
            self._save()
            self._recorder.finish(Status.OK)

    def _begin(self) -> None:
        now = self.clock.now()
        self._state = read_state(self.project.work)
        known = self._state.pipelines
        for name in self._schedules:
            known.setdefault(name, PipelineState(now))
        self._state.pipelines = {n: s for n, s in known.items() if n in self._schedules}
        decided = {n: s.decided_to.isoformat() for n, s in self._state.pipelines.items()}
        self._recorder.start(environment=self.project.environment, decided_to=decided)
        last = self._state.looked_at
        if last is not None and now - last > ASLEEP:
            self._say("", "missed", f"no scheduler was running since {last:%Y-%m-%d %H:%M} UTC")
        for name, state in self._state.pipelines.items():
            for due_at in state.under_way:
                self._succeed(name, due_at)

    def _succeed(self, name: str, due_at: datetime) -> None:
        """Take over what the scheduler before this one had started, or meant to start."""
        runs = find_due(self._storage, name, due_at)
        if runs and runs[-1].status == Status.RUNNING:
            self._succeeded.add((name, due_at))
        elif runs and runs[-1].status != Status.INTERRUPTED:
            self._say(name, str(runs[-1].status), f"run {runs[-1].run_id} ended meanwhile")
            self._state.pipelines[name].under_way.remove(due_at)
        else:
            self._launch(name, due_at)

    def _look(self) -> None:
        now = self.clock.now()
        if now - self._ahead > ASLEEP:
            self._awake_since = now
            last = self._state.looked_at or self._ahead
            self._say("", "missed", f"the machine slept since {last:%Y-%m-%d %H:%M} UTC")
        self._reap()
        paused = read_paused(self.project)
        for name, schedule in self._schedules.items():
            if not self._is_held(name, now):
                self._decide(name, schedule, now, is_paused=name in paused)
        self._state.looked_at = now
        self._save()

    def _decide(self, name: str, schedule: Schedule, now: datetime, *, is_paused: bool) -> None:
        state = self._state.pipelines[name]
        plan = decide(
            schedule,
            decided_to=state.decided_to,
            now=now,
            awake_since=self._awake_since,
            under_way=len(state.under_way),
            is_paused=is_paused,
        )
        self._record_missed(name, plan.missed)
        if plan.decided_to == state.decided_to:
            return
        state.decided_to = plan.decided_to
        state.under_way += plan.runs
        self._state.looked_at = now
        # Before a run is started: whoever comes after a kill knows what may be under way.
        self._save()
        for due_at in plan.runs:
            self._launch(name, due_at)

    def _is_held(self, name: str, now: datetime) -> bool:
        """Whether a pipeline it depends on has runs of its own to do first."""
        for upstream in self.project.pipelines[name].depends_on:
            state, schedule = self._state.pipelines.get(upstream), self._schedules.get(upstream)
            if state is None or schedule is None:
                continue
            if state.under_way or any(dues_between(schedule, state.decided_to, now)):
                return True
        return False

    def _launch(self, name: str, due_at: datetime) -> None:
        late_s = int((self.clock.now() - due_at).total_seconds())
        late = f", {late_s} s late" if late_s > 60 else ""
        self._say(name, "running", f"started for {due_at:%Y-%m-%d %H:%M} UTC{late}")
        command = self._command(name, due_at)
        child = launch(self.project.work, command, name, due_at, on_end=self._wake.set)
        self._children.append(child)

    def _reap(self) -> None:
        """Account for the runs that are over."""
        for child in [c for c in self._children if c.exit_code is not None]:
            self._children.remove(child)
            self._state.pipelines[child.pipeline].under_way.remove(child.due_at)
            self._account(child.pipeline, child.due_at, child)
        for name, due_at in sorted(self._succeeded):
            runs = find_due(self._storage, name, due_at)
            if runs[-1].status != Status.RUNNING:
                self._succeeded.remove((name, due_at))
                self._state.pipelines[name].under_way.remove(due_at)
                self._account(name, due_at, None)

    def _account(self, name: str, due_at: datetime, child: Child | None) -> None:
        when = f"{due_at:%Y-%m-%d %H:%M} UTC"
        runs = find_due(self._storage, name, due_at)
        if runs:
            said = f": {runs[-1].error}" if runs[-1].error else ""
            self._say(name, str(runs[-1].status), f"run {runs[-1].run_id} for {when}{said}")
            return
        # It ended before it could record itself.
        words = f"exit code {child.exit_code}: {child.last_words}" if child else "it left no record"
        self._record(name, Status.FAILED, due_at, words)
        self._recorder.flush()
        self._say(name, "failed", f"no run came about for {when}: {words}")

    def _record_missed(self, name: str, missed: tuple[Missed, ...]) -> None:
        for one in missed:
            self._record(name, "missed", one.due_at, one.reason)
        if missed:
            self._recorder.flush()
            first, last = missed[0].due_at, missed[-1].due_at
            runs = "1 run was" if len(missed) == 1 else f"{len(missed)} runs were"
            span = f"{first:%Y-%m-%d %H:%M}" + (
                f" to {last:%Y-%m-%d %H:%M}" if last > first else ""
            )
            self._say(name, "missed", f"{runs} missed ({span} UTC): {missed[-1].reason}")

    def _record(self, name: str, status: str, due_at: datetime, reason: str) -> None:
        self._recorder.add("due", status, pipeline=name, due_at=due_at.isoformat(), reason=reason)

    def _next_look(self) -> datetime:
        now = self.clock.now()
        times = [
            next_run_at(schedule.cron, after=now, timezone=schedule.timezone)
            for schedule in self._schedules.values()
        ]
        if self._succeeded:
            times.append(now + LOOK_AGAIN)
        return min(times, default=now + timedelta(seconds=SLICE_S))

    def _save(self) -> None:
        write_state(self.project.work, self._state)

    def _say(self, pipeline: str, status: str, text: str) -> None:
        self._on_notice(Notice(self.clock.now(), pipeline, status, text))


def _in_order(project: Project) -> dict[str, Schedule]:
    """The schedules, those that others depend on first."""
    schedules = project.settings.orchestration.schedules
    found: dict[str, Schedule] = {}

    def take(name: str) -> None:
        _, pipeline = project.pipeline(name)
        for upstream in pipeline.depends_on:
            take(upstream)
        if name in schedules:
            found.setdefault(name, schedules[name])

    for name, schedule in schedules.items():
        next_run_at(schedule.cron, after=datetime.now(UTC), timezone=schedule.timezone)
        take(name)
    return found
