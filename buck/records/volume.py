"""How much a table held at one moment, and how much of it was missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

AnomalyMetric = Literal["row_count", "missing_percent"]


@dataclass(frozen=True, slots=True)
class TableVolume:
    """One table as one run saw it."""

    table: str
    """`finance.fct_payments`."""
    at: datetime
    """The run's `as_of`."""
    rows: int
    missing: Mapping[str, int] = field(default_factory=dict)
    """Rows without a value, per column; of raw tables nothing but the rows is counted."""


@dataclass(frozen=True, slots=True)
class AnomalyRule:
    """What is usual, and what becomes of what is not."""

    threshold: float = 5.0
    """How many spreads off the median are still usual."""
    min_history: int = 7
    """With fewer days than that nothing is judged."""
    history_days: int = 56
    is_blocking: bool = False
    """Whether something unusual closes the gate."""
