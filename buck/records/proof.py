"""What known faults in copies of the marts showed about the checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

FaultOutcome = Literal["caught", "warned", "survived", "equivalent"]
"""`warned`: only checks of severity warn saw it, so it would have been published. `equivalent`: the
fault changes nothing in this table, so nothing could be seen."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of damage done to a share of one mart's rows, and who noticed."""

    table: str
    """`finance.fct_payments`."""
    column: str
    """Empty where whole rows were dropped or doubled."""
    operator: str
    share: float
    """0.001 is one row in a thousand; at least one row is damaged."""
    rows: int
    """How many rows were damaged."""
    outcome: FaultOutcome
    caught_by: tuple[str, ...] = ()
    """Ids of checks that failed on it. Checking stops once a fault is caught, so it is not all."""

    def __str__(self) -> str:
        where = f"{self.table}.{self.column}" if self.column else self.table
        return f"{self.operator} {where} ({self.rows} rows)"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return held | {"caught_by": list(self.caught_by)}


@dataclass(frozen=True, slots=True)
class Score:
    """How many faults were made, and how many of them closed the gate."""

    made: int
    caught: int
    warned: int
    survived: int
    equivalent: int
    """Apart: not among the faults made."""

    @property
    def share(self) -> float:
        """Caught among made, 0 to 1; 1 if none could be made."""
        return self.caught / self.made if self.made else 1.0

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> Score:
        """The count over some faults."""
        counts = {"caught": 0, "warned": 0, "survived": 0, "equivalent": 0}
        for fault in faults:
            counts[fault.outcome] += 1
        made = sum(counts.values()) - counts["equivalent"]
        return cls(made=made, **counts)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return held | {"share": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class Proof:
    """All faults of one proof, by table, column, operator and share."""

    as_of: datetime
    faults: tuple[Fault, ...]
    checks: int
    """How many checks were asked."""
    idle: tuple[str, ...]
    """Ids of checks that concern a damaged table and noticed nothing in all of its faults."""
    impossible: tuple[str, ...]
    """Ids of checks that can't fail, by their text alone."""
    seconds: float

    @property
    def score(self) -> Score:
        """Over all faults."""
        return Score.of(self.faults)

    @property
    def survivors(self) -> tuple[Fault, ...]:
        """What would have been published, warned of or not."""
        return tuple(f for f in self.faults if f.outcome in {"survived", "warned"})

    def by_table(self) -> dict[str, Score]:
        """The score of each mart, in the tables' order."""
        names = dict.fromkeys(fault.table for fault in self.faults)
        return {n: Score.of(f for f in self.faults if f.table == n) for n in names}

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "as_of": self.as_of.isoformat(),
            "score": round(self.score.share, 4),
            "counts": self.score.to_dict(),
            "tables": {name: score.to_dict() for name, score in self.by_table().items()},
            "survivors": [fault.to_dict() for fault in self.survivors],
            "faults": [fault.to_dict() for fault in self.faults],
            "checks": self.checks,
            "idle": list(self.idle),
            "impossible": list(self.impossible),
            "seconds": self.seconds,
        }
