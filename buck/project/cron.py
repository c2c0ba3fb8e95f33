"""When a cron expression comes round next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from buck.errors import ConfigError

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
HORIZON_DAYS = 366 * 5


def next_run_at(cron: str, *, after: datetime, timezone: str = "UTC") -> datetime:
    """The first minute after a moment that the expression names, in UTC.

    Five fields of numbers, `*`, lists, ranges and steps. As in cron, a day counts if the day of
    the month or the weekday fits, where both are restricted. A minute that a change of clocks
    leaves out does not come; one that comes twice counts the first time.

    Raises:
        ConfigError: the expression or the time zone cannot be read, or never comes.
    """
    minutes, hours, days, months, weekdays = _read(cron)
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ConfigError(
            f"{timezone!r} is not a time zone", hint="write UTC or Europe/Berlin"
        ) from exc
    text = NICKNAMES.get(cron.strip(), cron).split()
    either = text[2] != "*" and text[4] != "*"
    start = after.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    start += timedelta(minutes=1)
    for offset in range(HORIZON_DAYS):
        day = start.date() + timedelta(days=offset)
        fits = (day.day in days, day.isoweekday() % 7 in weekdays)
        if day.month not in months or not (any(fits) if either else all(fits)):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                local = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001  wall clock
                at = local.replace(tzinfo=zone).astimezone(UTC)
                exists = at.astimezone(zone).replace(tzinfo=None) == local
                if local >= start and exists and at > after:
                    return at
    raise ConfigError(f"{cron!r} never comes", hint="write minute hour day month weekday")


def _read(cron: str) -> list[set[int]]:
    parts = NICKNAMES.get(cron.strip(), cron).split()
    if len(parts) != len(FIELDS):
        raise ConfigError(
            f"{cron!r} is not a cron expression", hint='write five fields: "0 6 * * *"'
        )
    found = []
    for part, (name, low, high) in zip(parts, FIELDS, strict=True):
        try:
            values = {v for piece in part.split(",") for v in _piece(piece, low, high)}
        except ValueError as exc:
            raise ConfigError(
                f"{cron!r}: {part!r} is not a {name}", hint=f"write {low} to {high}, or *"
            ) from exc
        # Sunday is 0 and 7.
        found.append({v % 7 for v in values} if name == "weekday" else values)
    return found


def _piece(piece: str, low: int, high: int) -> range:
    span, _, step = piece.partition("/")
    first, dash, last = span.partition("-")
    start = low if span == "*" else int(first)
    end = high if span == "*" or (step and not dash) else int(last) if dash else start
    if not low <= start <= end <= high or (step and int(step) < 1):
        raise ValueError(piece)
    return range(start, end + 1, int(step) if step else 1)
