"""Runs, their steps and the events they are recorded as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

EventKind = Literal[
    "run_started",
    "step_started",
    "step_finished",
    "table_landed",
    "schema_changed",
    "incident",
    "retried",
    "due",
    "quarantine_decided",
    "table_compared",
    "model_built",
    "nodes_timed",
    "check_judged",
    "table_measured",
    "published",
    "rolled_back",
    "raw_promoted",
    "alert_sent",
    "alerts",
    "observation_sent",
    "error",
    "run_finished",
]


class Status(StrEnum):
    """How a run or a step stands.

    `interrupted`: Ctrl-C or another signal ended it, or it stopped without saying so. `cancelled`:
    by `buck pipeline cancel`. `blocked`: something that it needs has failed. `kept`: a step that an
    earlier, failed run had done already.
    """

    RUNNING = "running"
    OK = "ok"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    GATE_CLOSED = "gate_closed"
    DEGRADED = "degraded"
    INTERRUPTED = "interrupted"
    BLOCKED = "blocked"
    KEPT = "kept"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of `data_pipeline_logs`. `number` orders a run's events; times are UTC."""

    run_id: str
    number: int
    at: datetime
    pipeline: str
    kind: EventKind
    step: str
    status: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as its events tell it. `seconds` is None while it runs or if it was interrupted."""

    run_id: str
    pipeline: str
    status: Status
    started_at: datetime
    as_of: datetime | None
    seconds: float | None
    rows_landed: int
    checks: Mapping[str, int]
    """Number of checks per outcome."""
    snapshot: str
    """What it published, if it did."""
    snapshot_after: str
    """What is published since it ended; empty while it runs, or if nothing was ever published."""
    step: str
    """Where it broke, or else the last step begun."""
    error: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {
            "started_at": self.started_at.isoformat(),
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }
