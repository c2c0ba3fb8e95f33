"""When a cron expression comes round, on clocks that change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from buck.errors import ConfigError

FIELDS = 5
YEARS = 5
"""An expression that does not come for so long never comes."""


def next_run_at(cron: str, *, after: datetime, timezone: str = "UTC") -> datetime:
    """The first moment after another that the expression names, in UTC; see `due_times`."""
    return next(due_times(cron, after=after, timezone=timezone))


def due_times(cron: str, *, after: datetime, timezone: str = "UTC") -> Iterator[datetime]:
    """Every moment after another that the expression names, in UTC, one after the other.

    Five fields, or `@daily` and the like. Where clocks go forward, what falls into the hour that
    is left out comes right after it; where they go back, an hour that is named comes once, and
    `*` counts every hour that passes.

    Raises:
        ConfigError: the expression or the time zone cannot be read, or never comes.
    """
    from croniter import CroniterError, croniter

    zone = _zone(timezone)
    parts = cron.split()
    if len(parts) != FIELDS and not cron.strip().startswith("@"):
        raise ConfigError(
            f"{cron!r} is not a cron expression", hint='write five fields: "0 6 * * *"'
        )
    every_hour = len(parts) == FIELDS and parts[1].startswith("*")
    try:
        times: Any = croniter(cron.strip(), after.astimezone(zone), max_years_between_matches=YEARS)
        while True:
            local = times.get_next(datetime)
            if local.fold and not every_hour:
                # The clock shows this hour for the second time.
                continue
            yield local.astimezone(UTC)
    except CroniterError as exc:
        raise ConfigError(
            f"{cron!r} is not a cron expression that ever comes: {exc}",
            hint='write minute hour day month weekday: "0 6 * * *"',
        ) from exc


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ConfigError(
            f"{name!r} is not a time zone", hint="write UTC or Europe/Berlin"
        ) from exc
