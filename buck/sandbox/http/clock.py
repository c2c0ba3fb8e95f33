"""The sandbox's own time."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """A clock that stands still until it is set; safe to read from any thread."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """The simulated now."""
        return self._now

    def set(self, now: datetime) -> None:
        """Move the simulated now."""
        self._now = now.astimezone(UTC)

    def http_date(self) -> str:
        """The simulated now as the `Date` header says it."""
        return format_datetime(self._now.replace(microsecond=0), usegmt=True)
