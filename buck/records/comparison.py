"""What two states of the same tables have in common, and in which rows and columns they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from buck.records.rows import Plain

Presence = Literal["both", "left", "right"]
"""On which sides a table exists."""
SchemaKind = Literal["column added", "column removed", "type changed"]
RowKind = Literal["added", "removed", "changed"]
FailOn = Literal["changed", "removed", "schema"]
ROW_KINDS: tuple[RowKind, ...] = get_args(RowKind)


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """One column of one side; values are canonical text, masked where they are personal."""

    nulls: int
    sum: str | None = None
    """Exact; None where a sum means nothing or the numbers do not fit."""
    min: Plain = None
    max: Plain = None


@dataclass(frozen=True, slots=True)
class SideSummary:
    """One table on one side."""

    rows: int
    content_hash: str
    """Over the compared columns of all rows, whatever their order; equal content, equal hash."""
    distinct_keys: int | None = None
    """None without a key, or if it was not asked for."""
    columns: Mapping[str, ColumnSummary] = field(default_factory=dict)
    """Empty if it was not asked for."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A column that only one side has, or that holds another family of values there."""

    column: str
    kind: SchemaKind
    left: str = ""
    """The type on the left; empty if the column is not there."""
    right: str = ""


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that differs. Values are canonical text, personal data masked."""

    kind: RowKind
    key: Mapping[str, Plain]
    """Empty without a key."""
    left: Mapping[str, Plain]
    """Empty if the row is added; of a changed row only the columns that differ."""
    right: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table, left against right: `added` rows are on the right alone."""

    table: str
    presence: Presence = "both"
    key: tuple[str, ...] = ()
    """The columns by which rows were matched; without them whole rows are added or removed."""
    left: SideSummary | None = None
    right: SideSummary | None = None
    schema: tuple[SchemaChange, ...] = ()
    ignored: tuple[str, ...] = ()
    """Columns that were left out because the caller said so."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    changed_columns: Mapping[str, int] = field(default_factory=dict)
    """Column to the number of changed rows in which it differs."""
    samples: tuple[RowDifference, ...] = ()
    """A few rows of each kind, in the order of their keys."""

    @property
    def has_same_rows(self) -> bool:
        """Whether both sides hold the same rows, as far as their columns can be compared."""
        return self.presence == "both" and not (self.added or self.removed or self.changed)

    @property
    def is_equal(self) -> bool:
        """Whether rows and columns are the same."""
        return self.has_same_rows and not self.schema

    def fails(self, condition: FailOn) -> bool:
        """Whether the table has what a caller does not want.

        `changed` is any difference in rows or tables; `removed` a row, column or table that the
        right does not have; `schema` another column, type or table.
        """
        if condition == "changed":
            return not self.has_same_rows
        if condition == "schema":
            return self.presence != "both" or bool(self.schema)
        gone = any(change.kind == "column removed" for change in self.schema)
        return bool(self.removed) or self.presence == "left" or gone

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"is_equal": self.is_equal}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Many tables, ordered by name."""

    left: str
    """What the left side is, in words: `snapshot 000012`."""
    right: str
    tables: tuple[TableComparison, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every table is on both sides, with the same columns and rows."""
        return all(table.is_equal for table in self.tables)

    @property
    def differing(self) -> tuple[TableComparison, ...]:
        """The tables that are not equal."""
        return tuple(table for table in self.tables if not table.is_equal)

    def fails(self, condition: FailOn) -> bool:
        """Whether any table does; see `TableComparison.fails`."""
        return any(table.fails(condition) for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "left": self.left,
            "right": self.right,
            "is_equal": self.is_equal,
            "tables": [table.to_dict() for table in self.tables],
        }
