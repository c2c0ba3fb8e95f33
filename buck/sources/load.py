"""One load of one source: what the lake already has, what this load adds, how far it got.

The driver in `buck/pipelines` opens a `Load` with the positions read from the lake, builds the
user's source inside `bind(load)`, and hands the advanced marks back to the lake, which commits
them together with the rows. A source therefore keeps no state of its own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.errors import ConfigError
from buck.records.load import Incident, Reading, TimeRange
from buck.records.quarantine import HeldRecord
from buck.records.table import TableSpec
from buck.sources.parsing import VARIANT, parse_records

if TYPE_CHECKING:
    import pyarrow as pa

SEQUENCE_SHIFT = 32
"""`_buck_seq` is the commit's number in the high bits and the row's number in the low 32."""

MOST_HELD = 100_000
"""Records of one table that a load keeps in memory for the quarantine. A source of which more do
not fit has changed; that is for a person to decide, not for a quarantine to collect."""


@dataclass(slots=True)
class TableLoad:
    """One table's part of a load.

    `position` holds the integer marks of the last commit (empty before the first one), `sequence`
    the number this load's commit will carry. `advance` says how far this load got; the marks
    become the next load's `position` only if the rows are committed.
    """

    spec: TableSpec
    load_id: str
    as_of: datetime
    sequence: int
    position: Mapping[str, int]
    read_keys: Callable[[], pa.Table] | None = None
    read_hashes: Callable[[pa.Table], pa.Table] | None = None
    read_history: Callable[[], str] | None = None
    columns: tuple[str, ...] = ()
    """Every column the lake holds of the table; empty before the first commit."""
    marks: dict[str, int] = field(default_factory=dict)
    received: int = 0
    incidents: list[Incident] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    held: list[HeldRecord] = field(default_factory=list)
    """Records that do not fit, on their way to the quarantine."""
    misfits: Counter[str] = field(default_factory=Counter)
    _taken: dict[str, str] = field(default_factory=dict, repr=False)
    refusal: str = ""
    """Why the table's contract keeps it out of this load; a source may stop reading it."""

    def __post_init__(self) -> None:
        """Know the names that columns of the table have already."""
        self._taken |= {name.lower(): name for name in self.columns}

    @property
    def is_first(self) -> bool:
        """Whether nothing of this table was ever committed."""
        return self.sequence == 1

    def advance(self, **marks: int) -> None:
        """Record how far the load got, as named integers (microseconds, ids, LSNs)."""
        self.marks.update(marks)

    def incident(self, kind: str, column: str = "", detail: str = "") -> None:
        """Tell people something about this table's source: kept in the ledger with the load.

        Saying the same of the same column twice in one load records it once.

        Args:
            kind: A short word in snake_case, such as `field_lost`.
            column: The column it is about; empty for the whole table.
            detail: One sentence without secrets or personal data.
        """
        found = Incident(f"{self.spec.source}.{self.spec.name}", kind, column, detail)
        if not any(i.kind == kind and i.column == column for i in self.incidents):
            self.incidents.append(found)

    def measure(self, name: str, value: float) -> None:
        """Keep a figure about this table (drift, lag, requests) in the ledger with the load."""
        self.metrics[name] = value

    def known_keys(self) -> pa.Table:
        """The keys the lake holds now (newest version not deleted), one row each."""
        if self.read_keys is None:
            raise ConfigError(
                f"{self.spec.source}.{self.spec.name} was opened without a lake to compare with",
                hint="run it with `buck run` or `buck.land(...)`",
            )
        return self.read_keys()

    def key_history_sql(self) -> str:
        """A DuckDB SELECT over the key columns, `_buck_op` and `_buck_seq` of all raw rows.

        For tables whose keys are too many to hold; it works on any connection.
        """
        if self.read_history is None:
            raise ConfigError(
                f"{self.spec.source}.{self.spec.name} was opened without a lake to compare with",
                hint="run it with `buck run` or `buck.land(...)`",
            )
        return self.read_history()

    def known_hashes(self, keys: pa.Table) -> pa.Table:
        """The `_buck_row_hash` that the lake holds for some keys, newest version, one row each.

        Keys that the lake does not hold, or holds as deleted, are left out.

        Args:
            keys: The spec's key columns, named as they are.
        """
        if self.read_hashes is None:
            raise ConfigError(
                f"{self.spec.source}.{self.spec.name} was opened without a lake to compare with",
                hint="run it with `buck run` or `buck.land(...)`",
            )
        return self.read_hashes(keys)

    def next_seq(self, count: int) -> int:
        """The first `_buck_seq` of the next `count` rows of this load."""
        first = (self.sequence << SEQUENCE_SHIFT) + self.received
        self.received += count
        return first

    def arrow(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        op: str | Sequence[str] = "r",
        source_at: Sequence[datetime | None] | None = None,
    ) -> pa.Table:
        """Records as an Arrow table with every raw column of this load.

        Grain: one row per record that lands, in the order given. Declared columns get their
        declared type; undeclared ones arrive as text (JSON text where nested), so a new field never
        breaks a load. What becomes of a value that does not fit is the contract's: it is kept in a
        text column, its record goes to the quarantine, or the table is left out (`refusal`).

        Args:
            records: One mapping per record, keyed by column name.
            op: `_buck_op` for all rows, or one per row.
            source_at: When the source says each version became true.
        """
        parsed = parse_records(
            self.spec,
            records,
            op=op,
            source_at=source_at,
            load_id=self.load_id,
            as_of=self.as_of,
            first_seq=self.next_seq(len(records)),
            taken=self._taken,
        )
        self._hold(parsed.held)
        self.misfits += parsed.misfits
        if parsed.refusal:
            self.refuse(parsed.refusal)
        return parsed.table

    def _hold(self, records: Sequence[HeldRecord]) -> None:
        self.held += records
        if len(self.held) > MOST_HELD and not self.refusal:
            self.refuse(
                f"more than {MOST_HELD:,} records do not fit, such as: {self.held[0].reason}"
            )
        if self.refusal:
            # Nothing of the table lands, so nothing of it is held either.
            self.held.clear()

    def lose(self, columns: Collection[str]) -> bool:
        """Say that the source no longer has columns that the lake holds.

        Under `evolve` they read as null from now on, and an incident is kept once; under the other
        contracts the table is left out of this load, since no single record is to blame.

        Args:
            columns: All that are missing now; empty if none is, so that a later loss is told anew.

        Returns:
            Whether the table can be landed.
        """
        for name in self.columns:
            known = self.position.get(f"lost_{name}", 0)
            if name in columns and not known:
                self.incident("column_vanished", name, f"contract: {self.spec.contract}")
                self.advance(**{f"lost_{name}": 1})
            elif name not in columns and known:
                self.advance(**{f"lost_{name}": 0})
        if columns and self.spec.contract != "evolve":
            self.refuse(f"{', '.join(sorted(columns))} vanished")
        return not self.refusal

    def refuse(self, reason: str) -> None:
        """Leave the table out of this load because of its contract; the first reason is told."""
        self.refusal = self.refusal or (
            f"{self.spec.source}.{self.spec.name}: {reason} (contract: {self.spec.contract})"
        )

    def conclude(self) -> None:
        """Turn what was counted while reading into incidents; the driver calls it at the end."""
        for name, count in sorted(self.misfits.items()):
            column = self.spec.column(name)
            kind = column.type if column else "text"
            self.incident(
                "type_changed", name, f"{count} values are no {kind}; kept in {name}{VARIANT}"
            )
        if self.held:
            rules = Counter(record.rule for record in self.held)
            told = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items()))
            self.incident("quarantined", "", told)


@dataclass(slots=True)
class Load:
    """One source's load. `table(spec)` opens a table's part; `tables` keeps the order of opening.

    The lake commits the tables in that order, so a table whose mark acknowledges others (Stripe's
    `events`) is opened last.
    """

    source: str
    load_id: str
    as_of: datetime
    scratch: Path
    """A folder of this load's own for files a source writes itself; removed afterwards."""
    open_table: Callable[[TableSpec], TableLoad]
    tables: dict[str, TableLoad] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    """Tables this load could not read, with the reason; they make the load degraded."""
    wanted: TimeRange | None = None
    has_asked: bool = False
    """Whether the source looked at `span`, as one must that can read a range."""
    notes: dict[str, str] = field(default_factory=dict)
    """Tables that have no part in a load of a range, with the reason."""
    confirmed: frozenset[str] = frozenset()
    """Tables whose many vanished rows somebody confirmed to be meant."""

    only: frozenset[str] = frozenset()
    """The tables that are wanted; all of them if empty. A source need not read the others."""

    def wants(self, name: str) -> bool:
        """Whether a table's rows are wanted; those of others are thrown away."""
        return not self.only or name in self.only

    def reading(self) -> Reading:
        """How far the load is; from any thread, while it goes on."""
        size = 0
        for folder, _, names in os.walk(self.scratch):
            for name in names:
                # What is read is also moved and removed.
                with suppress(OSError):
                    size += Path(folder, name).stat().st_size
        return Reading(sum(table.received for table in list(self.tables.values())), size)

    @property
    def span(self) -> TimeRange | None:
        """If set, only records of this stretch of source time are wanted; marks do not move."""
        self.has_asked = True
        return self.wanted

    def table(self, spec: TableSpec) -> TableLoad:
        """The table's part of this load, opened at the position the lake holds.

        It belongs to this load's source, whatever the spec says: a second Stripe account is another
        source with the same tables.
        """
        if spec.name not in self.tables:
            self.tables[spec.name] = self.open_table(replace(spec, source=self.source))
        return self.tables[spec.name]

    def skip(self, spec: TableSpec, reason: str) -> None:
        """Give up one table of this load; the others still land and the load is degraded."""
        self.skipped[spec.name] = reason

    def pass_over(self, spec: TableSpec, reason: str) -> None:
        """Say that a table has no source time by which a range could be cut; nothing is wrong."""
        self.notes[spec.name] = reason


_current: ContextVar[Load | None] = ContextVar("buck_load", default=None)


@contextmanager
def bind(load: Load) -> Iterator[Load]:
    """Make `load` the one that sources built inside this block belong to."""
    token = _current.set(load)
    try:
        yield load
    finally:
        _current.reset(token)


def current_load() -> Load:
    """The load a source is being built for; take it in the factory, not in a worker thread."""
    load = _current.get()
    if load is None:
        raise ConfigError(
            "a Buck source was built outside a load",
            hint="run the file itself, `buck run`, or `buck.land(...)`",
        )
    return load
