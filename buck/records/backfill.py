"""A backfill in parts: what of it is done, failed and left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from buck.records.load import TimeRange

PartStatus = Literal["done", "failed", "left"]


@dataclass(frozen=True, slots=True)
class BackfillPart:
    """One stretch of a backfill, over all its sources."""

    span: TimeRange
    status: PartStatus
    rows_landed: int = 0
    runs: Mapping[str, str] = field(default_factory=dict)
    """Source to the run that landed it."""
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "start": self.span.start_at.isoformat(),
            "end": self.span.end_at.isoformat(),
            "status": self.status,
            "rows_landed": self.rows_landed,
            "runs": dict(self.runs),
            "error": self.error,
        }
