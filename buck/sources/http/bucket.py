"""Rate limits: a bucket of tokens per endpoint, and one for everything together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_SHARED: dict[tuple[object, ...], TokenBucket] = {}
_LOCK = threading.Lock()
_BURST_SHARE = 0.2
"""How much of a second's requests may go at once after a rest."""


@dataclass(slots=True)
class TokenBucket:
    """Lets at most `rate_per_s` requests through in any second, a fifth of them at once.

    Safe to share between threads: each taker reserves its own moment and sleeps until then.
    """

    rate_per_s: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: float = field(default=float("-inf"), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def take(self) -> None:
        """Wait until one more request is allowed."""
        wait_s = self.reserve()
        if wait_s > 0:
            self.sleep(wait_s)

    def reserve(self) -> float:
        """Take the next free moment; in how many seconds it is."""
        # What may go at once and what flows in within a second stay below the limit together.
        burst = max(1.0, _BURST_SHARE * self.rate_per_s)
        step_s = 1.0 / max(self.rate_per_s - burst, self.rate_per_s / 2)
        with self._lock:
            now = self.monotonic()
            due_at = max(self._free_at, now - (burst - 1.0) * step_s)
            self._free_at = due_at + step_s
        return max(0.0, due_at - now)


@dataclass(slots=True)
class BucketRack:
    """One bucket per endpoint, made when first asked for. A rate of None means no limit.

    A rack belongs to one account: its client's. `total_per_s` limits all endpoints together. Racks
    of one `account` share their buckets, as loads of it do that go on side by side in one process.
    """

    rate_per_s: float | None
    total_per_s: float | None = None
    sleep: Callable[[float], None] = time.sleep
    account: str = field(default="", repr=False)
    """Names the account in this process, never by its key; if empty, the buckets are its own."""
    _buckets: dict[tuple[object, ...], TokenBucket] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        """Take the account's buckets, if it has a name."""
        if self.account:
            self._buckets = _SHARED

    def take(self, endpoint: str) -> None:
        """Wait until one more request to `endpoint` is allowed."""
        waits = [
            self._bucket(name, rate).reserve()
            for name, rate in ((endpoint, self.rate_per_s), ("", self.total_per_s))
            if rate is not None
        ]
        if waits and max(waits) > 0:
            self.sleep(max(waits))

    def _bucket(self, name: str, rate_per_s: float) -> TokenBucket:
        with _LOCK:
            key = (self.account, name, rate_per_s)
            return self._buckets.setdefault(key, TokenBucket(rate_per_s))
