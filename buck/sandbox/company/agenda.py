"""What is going to happen, in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from buck.sandbox.company.calendar import wake

Action = Callable[[int], object]
"""Called with the second at which it happens; what it returns is dropped."""


class Agenda:
    """Actions by the second at which they happen; those of one second in the order planned."""

    def __init__(self) -> None:
        self._planned: list[tuple[int, int, Action]] = []
        self._count = 0

    def plan(self, second: int, action: Action) -> None:
        """Have `action(second)` happen then, or just after midnight where that second is quiet."""
        self._count += 1
        heapq.heappush(self._planned, (wake(second), self._count, action))

    def run_until(self, end_second: int) -> None:
        """Let everything planned before `end_second` happen, what it plans in turn included."""
        while self._planned and self._planned[0][0] < end_second:
            second, _, action = heapq.heappop(self._planned)
            action(second)
