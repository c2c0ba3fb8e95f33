"""A limit of requests per second and endpoint, as Stripe has one."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from threading import Lock


class RateMeter:
    """Counts requests by endpoint; safe from any thread."""

    def __init__(self) -> None:
        self.busiest: Counter[str] = Counter()
        """The most requests that any second held, by endpoint."""
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def count(self, endpoint: str) -> int:
        """Take one more request in; how many the second up to now holds."""
        now_s = time.monotonic()
        with self._lock:
            recent = self._recent[endpoint]
            recent.append(now_s)
            while recent[0] <= now_s - 1.0:
                recent.popleft()
            self.busiest[endpoint] = max(self.busiest[endpoint], len(recent))
            return len(recent)
