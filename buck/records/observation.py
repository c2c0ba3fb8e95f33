"""A run as other systems are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Phase = Literal["started", "completed", "failed", "aborted"]


@dataclass(frozen=True, slots=True)
class ObservedTable:
    """A raw table that was read, a mart that was published, or one in a warehouse."""

    namespace: str
    """`file`, the bucket, or the warehouse."""
    name: str
    """Its folder there, or the table's name."""
    version: str
    """A raw table's version, the snapshot a mart is of, or the promotion."""
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class ObservedNode:
    """One dbt model, seed, snapshot or test."""

    name: str
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime

    @property
    def is_broken(self) -> bool:
        """Whether it could not run, or the test found something."""
        return self.status in ("failed", "errored")


@dataclass(frozen=True, slots=True)
class ObservedStep:
    """One step; what was left out is none."""

    name: str
    started_at: datetime
    finished_at: datetime
    status: str
    error: str = ""
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    nodes: tuple[ObservedNode, ...] = ()
    """dbt's models and tests that ran in it."""


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """One run, at its start or at its end."""

    run_id: str
    pipeline: str
    phase: Phase
    status: str
    started_at: datetime
    at: datetime
    """When this was so: the start or the end."""
    environment: str = ""
    nominal_at: datetime | None = None
    """When its schedule wanted it, or else what its models are computed for."""
    inputs: tuple[ObservedTable, ...] = ()
    outputs: tuple[ObservedTable, ...] = ()
    steps: tuple[ObservedStep, ...] = ()
    error: str = ""
