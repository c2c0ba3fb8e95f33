"""What one load brought, table by table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from buck.records.table import Contract, TableSpec


@dataclass(frozen=True, slots=True)
class Incident:
    """Something about a table's source that a person should know, seen by one load.

    `kind` is a short word (`field_lost`, `type_changed`, `column_vanished`, `quarantined`);
    `column` is empty where it is about the whole table.
    """

    table: str
    kind: str
    column: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table's part of a load.

    `rows_received` = `rows_landed` + `rows_unchanged` + `rows_quarantined`, always.
    """

    table: str
    rows_received: int
    rows_landed: int
    rows_unchanged: int
    """Re-read versions the lake already had, held records included; not written again."""
    size_bytes: int
    version: int
    """The table's version after the commit; -1 if nothing needed committing."""
    marks_from: Mapping[str, int]
    marks_to: Mapping[str, int]
    columns_added: tuple[str, ...] = ()
    rows_quarantined: int = 0
    rows_pending: int = 0
    """Distinct records of this load that are held and wait for a decision, new or known."""
    incidents: tuple[Incident, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Figures that the source measured about the table, such as drift."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """One source landed in raw: what arrived, what changed shape, what was left out."""

    source: str
    load_id: str
    tables: tuple[TableReport, ...]
    skipped: Mapping[str, str]
    """Tables that could not be read, with the reason. Not empty means the load is degraded."""
    seconds: float = 0.0
    exceeded: Mapping[str, str] = field(default_factory=dict)
    """Tables that landed, but of which too much was held back, with the figures."""
    incidents: tuple[Incident, ...] = ()
    """About tables that were left out; the others' are in their reports."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Tables that had no part in a load of a range, with the reason; that is no fault."""

    @property
    def is_degraded(self) -> bool:
        """Whether less landed than there is."""
        return bool(self.skipped or self.exceeded)

    @property
    def troubles(self) -> dict[str, str]:
        """Why the load is degraded, by table."""
        return {**self.exceeded, **self.skipped}

    @property
    def rows_quarantined(self) -> int:
        """Records newly held back over all tables."""
        return sum(t.rows_quarantined for t in self.tables)

    @property
    def rows_landed(self) -> int:
        """New row versions over all tables."""
        return sum(t.rows_landed for t in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """For JSON and the ledger."""
        return asdict(self) | {
            "rows_landed": self.rows_landed,
            "rows_quarantined": self.rows_quarantined,
            "is_degraded": self.is_degraded,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a load has read by now."""

    rows: int
    bytes: int
    """Of the files that wait to be committed, and of those that they are made from."""


OnReading = Callable[[str, Callable[[], Reading]], None]
"""Told the step in which a source is being read, and a function that says how far it is."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of source time, `[start_at, end_at)`, UTC."""

    start_at: datetime
    end_at: datetime

    def __str__(self) -> str:
        return f"[{self.start_at.isoformat()}, {self.end_at.isoformat()})"


@dataclass(frozen=True, slots=True)
class LoadRules:
    """What a load does beside reading what is new.

    More than `max_held_rows` records *and* more than `max_held_share` of a table's batch held back
    make the load degraded; everything else of the table has landed all the same.
    """

    contract: Contract | None = None
    """Of all tables of the source, in place of what their declarations say."""
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    """Of single tables, by name."""
    max_held_rows: int = 10
    max_held_share: float = 0.01
    span: TimeRange | None = None
    only: frozenset[str] = frozenset()
    """Tables that a range is wanted of; all of them if empty."""

    def contract_of(self, spec: TableSpec) -> Contract:
        """What applies to a table."""
        return self.contracts.get(spec.name) or self.contract or spec.contract

    def is_exceeded(self, *, held: int, received: int) -> bool:
        """Whether too much of a batch was held back."""
        return held > self.max_held_rows and held > self.max_held_share * received


@dataclass(frozen=True, slots=True)
class OpenedTable:
    """Where a raw table stands before a load.

    `sequence` counts the loads committed so far; a load's commit carries the next number and is
    refused if another load took it first. `position` maps mark names to integers;
    `columns` are those the lake holds, `types` their DuckDB types.
    """

    sequence: int
    position: Mapping[str, int]
    columns: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
