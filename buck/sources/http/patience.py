"""How long to go on asking a server that does not answer, and how long to wait in between."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_RANDOM = Random()  # noqa: S311 - jitter, not a secret


@dataclass(frozen=True, slots=True)
class Patience:
    """Exponential backoff with full jitter, bounded in time rather than in attempts.

    `limit_s` bounds one request with all its repetitions. A server that does not even accept
    connections is given up after `connect_limit_s`: it is down or the address is wrong.
    """

    limit_s: float = 90.0
    connect_limit_s: float = 20.0
    base_s: float = 0.25
    cap_s: float = 15.0

    def pause_s(self, attempt: int, *, asked_s: float | None = None) -> float:
        """Seconds to wait before the next attempt.

        Args:
            attempt: How many attempts have failed so far, at least 1.
            asked_s: What the server asked for; never undercut.
        """
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 30))
        jitter = _RANDOM.uniform(0.0, ceiling)
        if asked_s is None:
            return jitter
        # A crowd that was sent away together must not come back together.
        return asked_s + min(jitter, 0.25 * asked_s)
