"""How a failing check stands: held, published by a person, fixed upstream, or resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from buck.flow.schedule import is_scheduling, next_due
from buck.flow.verdicts import BAD
from buck.lake import Lake, SnapshotStore
from buck.ledger import read_runs
from buck.project import Project
from buck.records.check_card import State
from buck.records.freshness import duration_text
from buck.records.run import Event, Status


@dataclass(frozen=True, slots=True)
class Resolution:
    """The state, in words too, what readers see meanwhile, and when the next run is due."""

    state: State
    text: str
    readers: str
    next_run: str


def resolve_state(
    project: Project,
    lake: Lake,
    events: Sequence[Event],
    check: str,
    run_id: str,
    *,
    corrected: tuple[int, int],
    outcome: str,
) -> Resolution:
    """How things stand now.

    Args:
        project: The project.
        lake: Its lake.
        events: The ledger's newest.
        check: The check's id.
        run_id: The run that is explained.
        corrected: Of how many of the failing records newer versions have landed since, and how
            many there are.
        outcome: What the run's answer was.
    """
    due = _next_run(project, _pipeline(events, run_id))
    when = f" at {due:%Y-%m-%d %H:%M} UTC" if due else ""
    later = [
        e
        for e in events
        if e.kind == "check_judged" and e.facts.get("check") == check and e.run_id > run_id
    ]
    published = next((e for e in events if e.kind == "published" and e.run_id == run_id), None)
    running = [
        r
        for r in read_runs(lake.storage, limit=5)
        if r.status == Status.RUNNING and r.run_id > run_id and r.step
    ]
    landed, of = corrected
    state: State
    if outcome in ("passed", "unjudged"):
        state, text = "resolved", "the check passed"
    elif later and later[-1].status == "passed":
        state, text = "resolved", f"resolved since run {later[-1].run_id}, where it passed"
    elif running:
        state, text = "backfilling", f"run {running[0].run_id} is at it now ({running[0].step})"
    elif landed:
        state = "fixed_upstream"
        text = (
            f"fixed upstream: {landed} of {of} records were corrected; "
            f"the next run{when} takes them up"
        )
    elif outcome == "warned":
        state, text = "warned", f"warned, not held; the next run{when} looks again"
    elif published is not None:
        by = str(published.facts.get("approval", {}).get("approved_by", ""))
        state, text = "published", f"published in spite of it, approved by {by}"
    else:
        state, text = "held", f"held back; the next run{when} judges again"
    return Resolution(state, text, _readers(project, lake, state), due.isoformat() if due else "")


def failing_runs(events: Sequence[Event], check: str, run_id: str) -> list[str]:
    """The runs around a run in which the check failed without a pass in between, oldest first."""
    judged = [e for e in events if e.kind == "check_judged" and e.facts.get("check") == check]
    streak: list[str] = []
    for event in judged:
        if event.status in BAD:
            streak.append(event.run_id)
        elif event.run_id > run_id:
            break
        else:
            streak = []
    return streak


def _pipeline(events: Sequence[Event], run_id: str) -> str:
    return next((e.pipeline for e in events if e.run_id == run_id), "")


def _next_run(project: Project, pipeline: str) -> datetime | None:
    """When the schedule starts this pipeline again, or the soonest of all for one without any.

    None if nobody will: no scheduler is running.
    """
    schedules = project.settings.orchestration.schedules
    own = [schedules[pipeline]] if pipeline in schedules else list(schedules.values())
    if project.settings.orchestration.engine == "builtin" and not is_scheduling(project):
        return None
    return min((next_due(schedule) for schedule in own), default=None)


def _readers(project: Project, lake: Lake, state: State) -> str:
    current = SnapshotStore(lake.storage).current()
    if current is None:
        return "nothing is published yet"
    age = duration_text(max(0, int((project.as_of() - current.as_of).total_seconds())))
    what = f"snapshot {current.id} as of {current.as_of:%Y-%m-%d %H:%M} UTC ({age} old)"
    return f"see {what}{', these rows among it' if state == 'published' else ''}"
