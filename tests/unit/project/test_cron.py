"""When a schedule comes round next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from buck.errors import ConfigError
from buck.project import next_run_at

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


def test_an_hour_that_the_clocks_leave_out_is_waited_for_a_day() -> None:
    eve = datetime(2026, 3, 28, 12, tzinfo=UTC)
    at = next_run_at("30 2 * * *", after=eve, timezone="Europe/Berlin")
    assert at.isoformat() == "2026-03-30T00:30:00+00:00"


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "60 * * * *", "a * * * *", "0 0 31 2 *", "*/0 * * * *"]
)
def test_what_is_no_schedule_is_said(cron: str) -> None:
    with pytest.raises(ConfigError):
        next_run_at(cron, after=NOON)
    with pytest.raises(ConfigError, match="time zone"):
        next_run_at("0 * * * *", after=NOON, timezone="Mars/Olympus")
