"""What one turn of `buck dev` did: what was built, what its tests said, what is different now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from buck.records.rows import Plain


@dataclass(frozen=True, slots=True)
class ChangedColumn:
    """One column in which rows differ, with a few of them."""

    name: str
    rows: int
    samples: tuple[tuple[str, Plain, Plain], ...] = ()
    """Key, published value, value now; at most a few, personal data masked."""


@dataclass(frozen=True, slots=True)
class TableDifference:
    """A rebuilt table against its published state. Rows are matched by the table's key."""

    table: str
    rows: int
    """Rows now."""
    published_rows: int | None = None
    """None if the table is not published: not a mart, or new."""
    key: tuple[str, ...] = ()
    """Empty if the table declares none: then whole rows are compared and none is `changed`."""
    added: int = 0
    removed: int = 0
    changed: tuple[ChangedColumn, ...] = ()
    changed_rows: int = 0
    new_columns: tuple[str, ...] = ()
    lost_columns: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether the published table holds exactly these rows and columns."""
        differs = self.added or self.removed or self.changed_rows
        return self.published_rows is not None and not (
            differs or self.new_columns or self.lost_columns
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one model or test."""

    name: str
    kind: str
    status: str
    seconds: float = 0.0
    message: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it neither failed nor was left out."""
        return self.status in ("ok", "passed", "warned")


@dataclass(frozen=True, slots=True)
class Turn:
    """One rebuild. `error` is set if dbt could not even start."""

    saved: tuple[str, ...]
    """Files that were saved, relative to the dbt project; empty for the first turn."""
    built: tuple[Outcome, ...] = ()
    tested: tuple[Outcome, ...] = ()
    differences: tuple[TableDifference, ...] = ()
    seconds: float = 0.0
    error: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether everything was built and no check failed."""
        return not self.error and all(o.is_good for o in (*self.built, *self.tested))

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"passed": self.passed}
