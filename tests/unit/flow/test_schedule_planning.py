"""What becomes of each moment at which a pipeline is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from buck.flow.schedule.planning import Plan, decide
from buck.project import Schedule

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def plan(now: datetime, *, since: datetime, under_way: int = 0, **rules: Any) -> Plan:
    """What an hourly schedule decides that has decided up to noon."""
    paused = bool(rules.pop("is_paused", False))
    return decide(
        Schedule(cron="0 * * * *", **rules),
        decided_to=NOON,
        now=now,
        awake_since=since,
        under_way=under_way,
        is_paused=paused,
    )


def at(hour: int, minute: int = 0) -> datetime:
    return NOON.replace(hour=hour, minute=minute)


def test_nothing_is_due_between_two_moments() -> None:
    assert plan(at(12, 59), since=NOON) == Plan((), (), NOON)


def test_what_is_due_is_run() -> None:
    assert plan(at(13), since=NOON) == Plan((at(13),), (), at(13))


def test_without_catchup_the_newest_stands_for_what_was_missed() -> None:
    found = plan(at(16, 30), since=at(16, 20))
    assert (found.runs, found.decided_to) == ((at(16),), at(16))
    assert [one.due_at for one in found.missed] == [at(13), at(14), at(15)]
    assert all("not running" in one.reason and "16:00" in one.reason for one in found.missed)


def test_misfire_skip_leaves_out_what_is_too_late_and_takes_what_is_in_time() -> None:
    late = plan(at(13, 30), since=at(13, 20), misfire="skip", misfire_grace="10m")
    assert (late.runs, [one.due_at for one in late.missed]) == ((), [at(13)])
    in_time = plan(at(14, 10), since=at(14, 5), misfire="skip", misfire_grace="10m")
    assert (in_time.runs, [one.due_at for one in in_time.missed]) == ((at(14),), [at(13)])


def test_with_catchup_each_moment_has_its_run_oldest_first() -> None:
    first = plan(at(16, 30), since=at(16, 20), catchup=True)
    assert first == Plan((at(13),), (), at(13))
    two = plan(at(16, 30), since=at(16, 20), catchup=True, max_active_runs=2)
    assert two == Plan((at(13), at(14)), (), at(14))


def test_while_a_run_goes_on_the_next_stays_open_and_is_told_apart() -> None:
    assert plan(at(15), since=NOON, under_way=1) == Plan((), (), NOON)
    after = plan(at(15, 5), since=NOON)
    assert after.runs == (at(15),)
    assert {one.reason.split(";")[0] for one in after.missed} == {
        "the run before was still going on"
    }


def test_while_it_is_paused_everything_is_missed_even_with_catchup() -> None:
    found = plan(at(14), since=NOON, catchup=True, is_paused=True)
    assert (found.runs, found.decided_to) == ((), at(14))
    assert [one.due_at for one in found.missed] == [at(13), at(13) + timedelta(hours=1)]
