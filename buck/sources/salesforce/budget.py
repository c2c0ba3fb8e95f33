"""The org's daily API requests: how many are used, and when to stop so that others have some."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from buck.errors import SourceUnreachable

LIMIT_NAME = "DailyApiRequests"
USAGE_HEADER = "Sforce-Limit-Info"


class BudgetSpent(SourceUnreachable):
    """No further request may be made today; what is still unread stays for a later load."""


class ApiBudget:
    """Counts the org's requests of the last 24 hours against a share of what it may make.

    The figures are the org's own, from `/limits` and from what every answer says; requests of
    other programs count as well. Safe to share between threads.

    Args:
        share: How much of the daily limit may be used up before this source stops, 0 to 1.
    """

    def __init__(self, share: float = 0.7) -> None:
        self.share = share
        self.used = 0
        self.limit: int | None = None
        self._spent: str | None = None
        self._lock = threading.Lock()

    @property
    def is_known(self) -> bool:
        """Whether the org has told its limit yet."""
        return self.limit is not None

    def read_limits(self, limits: Mapping[str, Any]) -> None:
        """Take over what `/limits` says; orgs that hide the figure are not budgeted."""
        daily = limits.get(LIMIT_NAME)
        if isinstance(daily, Mapping) and int(daily.get("Max", 0)) > 0:
            with self._lock:
                self.limit = int(daily["Max"])
                self.used = self.limit - int(daily.get("Remaining", 0))

    def read_header(self, text: str | None) -> None:
        """Take over `api-usage=18/5000` from an answer; anything else is passed over."""
        name, _, figures = (text or "").split(";")[0].partition("=")
        used, _, limit = figures.partition("/")
        if name.strip() == "api-usage" and used.isdigit() and limit.isdigit() and int(limit):
            with self._lock:
                self.used, self.limit = int(used), int(limit)

    def spend(self, reason: str) -> BudgetSpent:
        """Nothing may be asked any more, because the org itself says so."""
        with self._lock:
            self._spent = self._spent or reason
            return BudgetSpent(self._spent, hint=_HINT)

    def check(self) -> None:
        """Let one more request pass.

        Raises:
            BudgetSpent: the share is used up, or the org refused a request for its limit.
        """
        with self._lock:
            if self._spent is not None:
                raise BudgetSpent(self._spent, hint=_HINT)
            if self.limit is None or self.used < self.share * self.limit:
                return
            used, limit = self.used, self.limit
        raise self.spend(
            f"salesforce's API requests of today are used up to the budget: {used} of {limit}, "
            f"the budget is {self.share:.0%}"
        )


_HINT = "run again later, when the org has requests left; raise api_budget, or read fewer objects"
