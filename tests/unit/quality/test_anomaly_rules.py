"""What is usual is told by a table's own days: the median, the MAD, the weekday."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buck.quality import judge_nulls, judge_volume
from buck.records.quality import CheckResult
from buck.records.volume import AnomalyRule, TableVolume

TABLE = "finance.fct_payments"
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
RULE = AnomalyRule()


def table(gains: Sequence[int], *, start: int = 1000) -> list[TableVolume]:
    """A table on consecutive days from a Monday on, that had `start` rows the day before."""
    days = [TableVolume(TABLE, MONDAY - timedelta(days=1), start)]
    for number, gain in enumerate(gains):
        days.append(TableVolume(TABLE, MONDAY + timedelta(days=number), days[-1].rows + gain))
    return days


def judged(gains: Sequence[int], *, rule: AnomalyRule = RULE, start: int = 1000) -> CheckResult:
    *history, now = table(gains, start=start)
    return judge_volume(history, now, rule)


def test_a_constant_series_warns_of_an_outlier_and_of_nothing_else() -> None:
    steady = [100] * 14
    assert judged([*steady, 100]).outcome == "passed"
    assert judged([*steady, 120]).outcome == "passed", "chance alone moves a count by its root"
    low, high = judged([*steady, 10]), judged([*steady, 900])
    assert (low.outcome, high.outcome) == ("warned", "warned")
    assert low.value == 10
    assert "10 rows gained a day since 2026-03-15 06:00, from 2,400 to 2,410" in low.message
    assert "expected 50 to 150: median 100, MAD 0 of 14 days" in low.message
    assert low.failing_rows.columns == ("day", "rows gained a day")
    assert low.failing_rows.rows[:2] == (
        ("Mon 2026-03-16 06:00", 10),
        ("Sun 2026-03-15 06:00", 100),
    )
    assert low.check.dimension == "completeness"
    assert low.check.severity == "warn"


def test_too_little_history_judges_nothing_and_says_so() -> None:
    for days in range(8):
        found = judged([100] * days + [0])
        expected = "unjudged" if days < 7 else "warned"
        assert found.outcome == expected
        if days < 7:
            assert found.message == f"{days} of 7 days of history: too few to judge"
    assert judge_volume([], table([])[0], RULE).outcome == "unjudged"


def test_weekends_are_usual_from_the_second_on_and_weekdays_like_weekends_never() -> None:
    week = [100, 104, 98, 101, 99, 20, 18]
    for days in range(7, 42):
        gains = [week[n % 7] for n in range(days + 1)]
        assert judged(gains).outcome == "passed", days
    quiet_wednesday = [*(week * 5), 100, 104, 19]
    found = judged(quiet_wednesday)
    assert found.outcome == "warned"
    assert "of 5 Wednesdays" in found.message
    busy_saturday = [*(week * 5), *week[:5], 100]
    assert judged(busy_saturday).outcome == "warned"
    assert judged(quiet_wednesday[:-1]).outcome == "passed"


def test_a_weekday_never_seen_is_not_judged() -> None:
    history = [replace(v, at=v.at + timedelta(days=0)) for v in table([100] * 5, start=0)]
    weeks = [
        replace(v, at=v.at + timedelta(weeks=w), rows=v.rows + 500 * w)
        for w in range(3)
        for v in history[1:]
    ]
    saturday = TableVolume(TABLE, MONDAY + timedelta(weeks=2, days=5), 1500)
    found = judge_volume(weeks, saturday, RULE)
    assert (found.outcome, found.message[:11]) == ("unjudged", "no Saturday")


def test_one_day_without_rows_is_unusual_where_no_day_was() -> None:
    busy = [9, 4, 14, 6, 11, 7, 12, 5, 10, 8]
    found = judged([*busy, 0])
    assert found.outcome == "warned"
    assert "expected 1 to " in judge_volume(*_split([*busy, 0]), RULE, is_raw=True).message
    assert judged([*busy, 0, *busy, 0]).outcome == "passed", "there was such a day"
    assert judged([2, 1, 3, 1, 2, 2, 1, 1, 0]).outcome == "passed", "chance"


def _split(gains: Sequence[int]) -> tuple[list[TableVolume], TableVolume]:
    *history, now = table(gains)
    return history, now


def test_an_emptied_table_is_unusual_however_small() -> None:
    still = [0] * 10
    assert judged(still, start=4).outcome == "passed"
    found = judged([*still, -4], start=4)
    assert found.outcome == "warned"
    assert found.message.startswith("the table is empty and held 4 rows")


def test_a_table_that_never_changes_may_change_a_little() -> None:
    still = [0] * 10
    assert judged([*still, 30], start=1000).outcome == "passed"
    assert judged([*still, 300], start=1000).outcome == "warned"


def test_a_pause_is_no_anomaly_and_a_gain_is_counted_by_day() -> None:
    history = table([100] * 14)
    late = history[-1].at + timedelta(days=14)
    after = TableVolume(TABLE, late, history[-1].rows + 1400)
    assert judge_volume(history, after, RULE).value == 100
    assert judge_volume(history, after, RULE).outcome == "passed"
    little = replace(after, rows=history[-1].rows + 100)
    assert judge_volume(history, little, RULE).outcome == "warned"


def test_runs_every_hour_are_compared_a_day_apart() -> None:
    hours = [
        TableVolume(TABLE, MONDAY + timedelta(hours=h), sum(_of_hour(i) for i in range(h + 1)))
        for h in range(24 * 16)
    ]
    for now in range(24 * 14, 24 * 16):
        found = judge_volume(hours[:now], hours[now], RULE)
        assert (found.outcome, found.value) == ("passed", 240)
    stopped = replace(hours[-1], rows=hours[-24].rows)
    assert judge_volume(hours[:-1], stopped, RULE).outcome == "warned"


def _of_hour(hour: int) -> int:
    return 30 if 8 <= hour % 24 < 16 else 0


def test_severity_fail_closes_the_gate() -> None:
    found = judged([100] * 14 + [0], rule=AnomalyRule(is_blocking=True))
    assert found.is_blocking
    assert found.check.severity == "fail"


def nulls(shares: Sequence[float], *, rows: int = 1000) -> list[TableVolume]:
    return [
        TableVolume(
            TABLE, MONDAY + timedelta(days=n), rows, {"email": round(s * rows), "charge_id": 0}
        )
        for n, s in enumerate(shares)
    ]


def test_null_shares_are_judged_by_column() -> None:
    usual = [0.1, 0.11, 0.1, 0.09, 0.1, 0.1, 0.12, 0.1]
    *history, now = nulls([*usual, 0.11])
    assert judge_nulls(history, now, RULE).outcome == "passed"
    *history, now = nulls([*usual, 0.6])
    found = judge_nulls(history, now, RULE)
    assert (found.outcome, found.value) == ("warned", 1)
    assert found.message.startswith("email: 60 % null, expected ")
    assert "median 10 %, MAD 0 % of 8 days" in found.message
    assert found.failing_rows.columns == ("day", "% null in email")
    both = replace(now, missing={"email": 600, "charge_id": 500})
    assert judge_nulls(history, both, RULE).value == 2


def test_null_shares_need_a_history_too() -> None:
    *history, now = nulls([0.1] * 6 + [1.0])
    found = judge_nulls(history, now, RULE)
    assert (found.outcome, found.message[:6]) == ("unjudged", "6 of 7")
    *history, now = nulls([0.1] * 9)
    young = replace(now, missing={**now.missing, "new_column": 1000})
    assert judge_nulls(history, young, RULE).outcome == "passed"
    assert judge_nulls(history, replace(now, rows=0), RULE).outcome == "unjudged"


@given(st.lists(st.integers(-50, 5000), min_size=1, max_size=80), st.randoms())
def test_the_verdict_depends_on_the_history_alone_not_on_its_order(
    gains: list[int], random: Random
) -> None:
    *history, now = table(gains, start=100_000)
    expected = judge_volume(history, now, RULE)
    random.shuffle(history)
    assert judge_volume(history, now, RULE) == expected
    enough = len(gains) - 1 >= 7
    assert (expected.outcome == "unjudged") is not enough


@given(gains=st.lists(st.integers(50, 150), min_size=14, max_size=27), weeks=st.integers(1, 3))
def test_what_the_weekday_brought_before_is_usual_and_a_thousandfold_is_not(
    gains: list[int], weeks: int
) -> None:
    before = len(gains) - 7 * weeks
    again = gains[before] if before >= 0 else gains[-7]
    assert judged([*gains, again]).outcome == "passed"
    assert judged([*gains, 1000 * max(gains)]).outcome == "warned"


@pytest.mark.parametrize("days", [8, 20, 56])
@given(share=st.floats(0, 1), rows=st.integers(1, 10_000))
def test_shares_that_never_change_never_warn(days: int, share: float, rows: int) -> None:
    *history, now = nulls([share] * days, rows=rows)
    assert judge_nulls(history, now, RULE).outcome == "passed"
