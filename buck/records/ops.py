"""The run record as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OpsBuilt:
    """What was built from the ledger, and where it lies."""

    file: str
    events: int
    """Of the ledger that it was built from."""
    checks: int
    """That it passed."""
    tables: Mapping[str, int]
    """Rows of each table."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
