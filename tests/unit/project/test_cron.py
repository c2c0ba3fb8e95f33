"""When a schedule comes round next."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from buck.errors import ConfigError
from buck.project import due_times, next_run_at

NOON = datetime(2026, 2, 27, 12, 0, 30, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 * * * *", "2026-02-27T13:00:00+00:00"),
        ("0 6 * * *", "2026-02-28T06:00:00+00:00"),
        ("*/15 * * * *", "2026-02-27T12:15:00+00:00"),
        ("0 12 * * *", "2026-02-28T12:00:00+00:00"),
        ("30 8-10,18 * * *", "2026-02-27T18:30:00+00:00"),
        ("0 0 1 * *", "2026-03-01T00:00:00+00:00"),
        ("0 0 * * 1-5", "2026-03-02T00:00:00+00:00"),
        ("0 0 * * 7", "2026-03-01T00:00:00+00:00"),
        ("0 0 15 * 1", "2026-03-02T00:00:00+00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00+00:00"),
        ("@daily", "2026-02-28T00:00:00+00:00"),
    ],
)
def test_the_next_time_is_the_first_that_fits(cron: str, expected: str) -> None:
    assert next_run_at(cron, after=NOON).isoformat() == expected


def test_a_time_zone_moves_the_clock_with_its_summer() -> None:
    at = next_run_at("0 6 * * *", after=NOON, timezone="Europe/Berlin")
    assert at.isoformat() == "2026-02-28T05:00:00+00:00"
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    at = next_run_at("0 6 * * *", after=summer, timezone="Europe/Berlin")
    assert at.isoformat() == "2026-07-01T04:00:00+00:00"


def some(cron: str, after: datetime, *, timezone: str = "Europe/Berlin") -> list[str]:
    found = due_times(cron, after=after, timezone=timezone)
    return [f"{at:%d %H:%M}" for at in islice(found, 4)]


def test_what_falls_into_an_hour_that_is_left_out_comes_right_after_it() -> None:
    """Berlin's clocks go from 02:00 to 03:00, which is 01:00 UTC."""
    eve = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert some("30 2 * * *", eve) == ["29 01:00", "30 00:30", "31 00:30", "01 00:30"]
    night = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert some("0 * * * *", night) == ["29 00:00", "29 01:00", "29 02:00", "29 03:00"]
    assert some("0 6 * * *", eve)[:2] == ["29 04:00", "30 04:00"]


def test_an_hour_that_comes_twice_counts_once_by_name_and_twice_by_star() -> None:
    """Berlin's clocks go from 03:00 back to 02:00, which is 01:00 UTC."""
    eve = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert some("30 2 * * *", eve) == ["25 00:30", "26 01:30", "27 01:30", "28 01:30"]
    night = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert some("0 * * * *", night) == ["25 00:00", "25 01:00", "25 02:00", "25 03:00"]


def test_a_moment_that_fits_is_not_after_itself() -> None:
    six = datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert next_run_at("0 6 * * *", after=six).isoformat() == "2026-01-02T06:00:00+00:00"


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "* * * *",
        "60 * * * *",
        "a * * * *",
        "0 0 31 2 *",
        "*/0 * * * *",
        "* * * * * *",
        "@never",
    ],
)
def test_what_is_no_schedule_is_said(cron: str) -> None:
    with pytest.raises(ConfigError):
        next_run_at(cron, after=NOON)
    with pytest.raises(ConfigError, match="time zone"):
        next_run_at("0 * * * *", after=NOON, timezone="Mars/Olympus")
