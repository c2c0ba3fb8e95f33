"""How old the newest data is, beside how old it may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

FreshnessStatus = Literal["fresh", "stale", "critical", "unknown"]
"""`stale` is past the threshold and only warns; `unknown` has no time to judge by."""


@dataclass(frozen=True, slots=True)
class FreshnessResult:
    """One source or mart judged by one of its two times."""

    subject: str
    """A source's name, or a mart's `schema.table`."""
    kind: Literal["source", "mart"]
    by: Literal["load", "event"]
    """`load`: when Buck last took it over. `event`: when the newest thing in it happened."""
    newest_at: datetime | None
    age_s: int | None
    """Seconds before the time of judging, never below 0; None without a time."""
    threshold_s: int
    critical_s: int
    status: FreshnessStatus
    about: str = ""
    """Which table or column the newest time is from, or why there is none."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        newest = self.newest_at.isoformat() if self.newest_at else None
        return asdict(self) | {"newest_at": newest}


@dataclass(frozen=True, slots=True)
class FreshnessReport:
    """Every source and every mart, by load time and by event time."""

    as_of: datetime
    results: tuple[FreshnessResult, ...]

    @property
    def is_critical(self) -> bool:
        """Whether anything is older than it may ever be."""
        return any(r.status == "critical" for r in self.results)

    @property
    def counts(self) -> dict[FreshnessStatus, int]:
        """How many results per status; every status is named."""
        counts: dict[FreshnessStatus, int] = {"fresh": 0, "stale": 0, "critical": 0, "unknown": 0}
        for result in self.results:
            counts[result.status] += 1
        return counts

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "as_of": self.as_of.isoformat(),
            "is_critical": self.is_critical,
            "counts": self.counts,
            "results": [r.to_dict() for r in self.results],
        }


def duration_text(seconds: int) -> str:
    """A length of time in the two largest units that say something: `1d 2h`, `45m`, `12s`."""
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
