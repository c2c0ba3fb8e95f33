"""What the demo showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RevenueTie:
    """One currency's revenue in the marts beside the truth, in minor units, over all months."""

    currency: str
    exponent: int
    marts: Mapping[str, int]
    truth: Mapping[str, int]
    months: int
    """How many months were compared, each by itself."""
    differences: tuple[str, ...]
    """Every figure that is not equal, in words; empty if all are."""

    @property
    def is_equal(self) -> bool:
        """Whether every month's every figure equals the truth."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One act of the demo."""

    title: str
    status: str
    seconds: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The whole demo. `passed`: every act went as it must and every figure equals the truth."""

    steps: tuple[DemoStep, ...]
    ties: tuple[RevenueTie, ...]
    passed: bool
    seconds: float
    peak_memory_mb: int
    """Of this process, the largest resident size."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        ties = [asdict(t) | {"is_equal": t.is_equal} for t in self.ties]
        return asdict(self) | {"ties": ties}
