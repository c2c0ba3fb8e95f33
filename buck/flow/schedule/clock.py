"""The scheduler's time, which is an input: tests bring a clock of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event
from typing import Protocol

SLICE_S = 30.0
"""Never waited for longer: a machine that slept is noticed this long after it woke."""


class Clock(Protocol):
    """What time it is, and waiting for it to pass."""

    def now(self) -> datetime:
        """The present, UTC."""

    def wait(self, until: datetime | None, wake: Event) -> None:
        """Wait until a moment, or a while if there is none, or until somebody sets `wake`."""


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, UTC."""
        return datetime.now(UTC)

    def wait(self, until: datetime | None, wake: Event) -> None:
        """Wait in slices: a sleeping machine stops the timer that waits, but not the clock."""
        left_s = SLICE_S if until is None else (until - self.now()).total_seconds()
        wake.wait(max(0.0, min(left_s, SLICE_S)))
