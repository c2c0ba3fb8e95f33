"""What a raw table is made of, declared by its source before a row lands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal[
    "text", "bigint", "boolean", "double", "decimal", "timestamptz", "date", "json", "bytes"
]
"""`json` is text holding one JSON value; `decimal` is decimal(38, 9) unless `precision` says so."""

Contract = Literal["evolve", "freeze", "quarantine"]
"""What happens when a column changes its type or vanishes; a new column is always added.

`evolve`: the record lands; a value that does not fit is kept as text in `<column>__text`, a column
that vanished reads as null. `freeze`: the table is left out of the load until somebody decides.
`quarantine`: records that do not fit are held back, the others land; a table that lost a column is
left out.
"""

SYSTEM_COLUMNS: tuple[tuple[str, ColumnType], ...] = (
    ("_buck_load_id", "text"),
    ("_buck_observed_at", "timestamptz"),
    ("_buck_op", "text"),
    ("_buck_source_ts", "timestamptz"),
    ("_buck_seq", "bigint"),
    ("_buck_row_hash", "bigint"),
)
"""Added to every raw row.

`_buck_op`: r first load, c created, u updated, d deleted, t truncated. `_buck_source_ts`: when the
source says the version became true. `_buck_seq`: total order of arrival within the table, across
loads. `_buck_row_hash`: 64 bits over the source's own columns, to tell a new version
from a re-read.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a raw table, as the source names it."""

    name: str
    type: ColumnType
    personal: bool = False
    """Whether the column holds personal data; masking, encryption and erasure build on it."""
    precision: tuple[int, int] | None = None
    """Digits and scale of a decimal."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A raw table's declaration. One raw row is one version of one source record."""

    source: str
    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    cursor: str | None = None
    """The column whose growth tells what changed; None where the whole table is read."""
    subject: str | None = None
    """The column naming the person a row is about, if it is about one."""
    description: str = field(default="", compare=False)
    contract: Contract = "evolve"
    """What a changed type or a vanished column does, unless `.buck.yml` says otherwise."""

    def column(self, name: str) -> Column | None:
        """The declared column of that name, or None."""
        return next((c for c in self.columns if c.name == name), None)
