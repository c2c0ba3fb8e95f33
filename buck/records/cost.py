"""What a lake's tables and models cost: bytes, time, and what would make it less."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from buck.records.upkeep import Usage


@dataclass(frozen=True, slots=True)
class ModelCost:
    """One model's builds within some days, as runs recorded them."""

    model: str
    materialized: str
    """As the dbt project says now; empty if it was not parsed, or the model is gone."""
    builds: int
    seconds: float
    """Of all its builds together."""
    longest_seconds: float
    last_seconds: float
    reads_bytes: int | None
    """Of the files that a build from scratch scans, raw tables and marts, as they are now. None for
    views and seeds, which scan nothing, and where a size is not recorded."""

    @property
    def mean_seconds(self) -> float:
        """Of one build."""
        return round(self.seconds / self.builds, 3)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"mean_seconds": self.mean_seconds}


@dataclass(frozen=True, slots=True)
class StepCost:
    """One step of runs within some days, such as `land stripe`."""

    step: str
    times: int
    seconds: float
    """Of all times together."""
    longest_seconds: float

    @property
    def mean_seconds(self) -> float:
        """Of one time."""
        return round(self.seconds / self.times, 3)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"mean_seconds": self.mean_seconds}


@dataclass(frozen=True, slots=True)
class Builds:
    """How many builds of candidates there were, and how many of them from scratch."""

    times: int = 0
    from_scratch: int = 0


@dataclass(frozen=True, slots=True)
class Saving:
    """Something that would cost less, and how."""

    about: str
    """A table, a model or a step."""
    why: str
    next: str
    """A command or an edit."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CostReport:
    """What the lake takes and what runs spend."""

    usage: Usage
    models: tuple[ModelCost, ...]
    """Those that took longest first."""
    steps: tuple[StepCost, ...]
    """Those that took longest first."""
    builds: Builds
    savings: tuple[Saving, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.usage.to_dict() | {
            "models": [model.to_dict() for model in self.models],
            "steps": [step.to_dict() for step in self.steps],
            "builds": asdict(self.builds),
            "savings": [saving.to_dict() for saving in self.savings],
        }
