"""What becomes of the moments at which a pipeline was due: decided from its schedule alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from buck.project import Schedule, due_times, duration_s

PAUSED = "the pipeline was paused"
ABSENT = "the scheduler was not running or the machine was asleep"
BUSY = "the run before was still going on"
COALESCED = "; the run due at {newest:%Y-%m-%d %H:%M} UTC stands for it"


@dataclass(frozen=True, slots=True)
class Missed:
    """One moment at which a pipeline was due and for which nothing is run."""

    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided now. `decided_to`: no moment up to here is open any more."""

    runs: tuple[datetime, ...]
    missed: tuple[Missed, ...]
    decided_to: datetime


def describe_missed(schedule: Schedule) -> str:
    """What becomes of the moments that a schedule missed: as `decide` does it."""
    if schedule.catchup:
        return "missed runs are all run"
    if schedule.misfire == "skip":
        return "missed runs are left out"
    return "of missed runs the newest is run"


def dues_between(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """The moments of a schedule after one time and up to another."""
    times = due_times(schedule.cron, after=after, timezone=schedule.timezone)
    return takewhile(lambda at: at <= until, times)


def decide(
    schedule: Schedule,
    *,
    decided_to: datetime,
    now: datetime,
    awake_since: datetime,
    under_way: int,
    is_paused: bool = False,
) -> Plan:
    """Which runs to start now, and which are missed.

    With `catchup` every moment gets its run, oldest first, as far as `max_active_runs` allows; the
    others stay open. Without it the newest moment gets a run, late or not unless `misfire` is
    `skip`, and the older ones are missed.

    Args:
        schedule: The pipeline's schedule.
        decided_to: Up to where everything is decided already.
        now: The present.
        awake_since: Since when the scheduler has been watching without a gap.
        under_way: Runs of the pipeline that are not over.
        is_paused: Nothing is run; what is due now is missed.
    """
    dues = list(dues_between(schedule, decided_to, now))
    if not dues:
        return Plan((), (), decided_to)
    if is_paused:
        return Plan((), tuple(Missed(at, PAUSED) for at in dues), dues[-1])
    free = schedule.max_active_runs - under_way
    if free <= 0:
        return Plan((), (), decided_to)
    if schedule.catchup:
        runs = dues[:free]
        return Plan(tuple(runs), (), runs[-1])
    newest = dues[-1]
    reasons = {at: ABSENT if at < awake_since else BUSY for at in dues}
    grace = timedelta(seconds=duration_s(schedule.misfire_grace))
    if schedule.misfire == "skip" and now - newest > grace:
        return Plan((), tuple(Missed(at, reasons[at]) for at in dues), newest)
    stands = COALESCED.format(newest=newest)
    missed = tuple(Missed(at, reasons[at] + stands) for at in dues[:-1])
    return Plan((newest,), missed, newest)
