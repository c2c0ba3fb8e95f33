"""The company's time: whole seconds since its first midnight, and how each system writes them."""

from __future__ import annotations

import calendar as gregorian
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The start of day 0."""
EPOCH_S = int(EPOCH.timestamp())
DEFAULT_DAYS = 45
"""Days of history that a normal start has behind it."""
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
QUIET_FROM_S = 23 * HOUR_S + 40 * MINUTE_S
"""Nothing happens from here to midnight, so no reader's lag hides anything at a day's end."""


def day_start(day: int) -> datetime:
    """Midnight (UTC) at which the given day starts."""
    return EPOCH + timedelta(days=day)


def day_start_s(day: int) -> int:
    """The same as unix seconds."""
    return EPOCH_S + day * DAY_S


def day_of(second: int) -> int:
    """The day that a unix second falls in."""
    return (second - EPOCH_S) // DAY_S


def midnight_s(second: int) -> int:
    """The start (unix seconds) of the day that a unix second falls in."""
    return second - second % DAY_S


def wake(second: int) -> int:
    """The same second, or half an hour later where it falls into the quiet end of a day."""
    return second + 30 * MINUTE_S if second % DAY_S >= QUIET_FROM_S else second


def to_at(second: int) -> datetime:
    """A unix second as an aware UTC datetime."""
    return datetime.fromtimestamp(second, UTC)


def to_salesforce(second: int) -> str:
    """A unix second as Salesforce writes date-times."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def to_date(second: int) -> date:
    """The UTC date of a unix second."""
    return datetime.fromtimestamp(second, UTC).date()


def add_month(second: int, *, anchor_day: int) -> int:
    """The same time of day one calendar month later, on the anchor's day where the month has it."""
    at = to_at(second)
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    last_day = gregorian.monthrange(year, month)[1]
    return int(at.replace(year=year, month=month, day=min(anchor_day, last_day)).timestamp())
