"""How a sandbox stands, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """One of the company's three systems."""

    name: str
    """`stripe`, `salesforce` or `app`."""
    url: str
    """Without a password."""
    port: int
    records: Mapping[str, int] = field(default_factory=dict)
    """How many records each table holds now, deleted ones not counted."""
    faults: tuple[Mapping[str, Any], ...] = ()
    """The faults that the server has been told to make."""


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """A sandbox, running or not."""

    running: bool
    folder: str
    seed: int
    customers: int
    days: int
    """Whole days of history."""
    now_at: datetime
    """The simulated present."""
    spoils: tuple[str, ...] = ()
    """The kinds of spoilt data that have not been healed."""
    pid: int | None = None
    uptime_s: float | None = None
    systems: tuple[SystemStatus, ...] = ()
    """Empty when the sandbox is not running."""

    def system(self, name: str) -> SystemStatus:
        """The system of that name; KeyError when the sandbox is not running."""
        return {system.name: system for system in self.systems}[name]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            **asdict(self),
            "now_at": self.now_at.isoformat(),
            "spoils": list(self.spoils),
            "systems": [{**asdict(s), "faults": list(s.faults)} for s in self.systems],
        }


def read_status(content: Mapping[str, Any]) -> SandboxStatus:
    """The status that `to_dict` wrote."""
    return SandboxStatus(
        **{
            **content,
            "now_at": datetime.fromisoformat(content["now_at"]),
            "spoils": tuple(content["spoils"]),
            "systems": tuple(
                SystemStatus(**{**system, "faults": tuple(system["faults"])})
                for system in content["systems"]
            ),
        }
    )
