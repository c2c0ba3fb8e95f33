"""What a source holds compared with what the lake says it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SAMPLES = 20
"""Keys shown of each kind of difference."""


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table, its newest versions on both sides, by key and content hash.

    `source_rows` + `extra` + `unlisted` - `missing` = `lake_rows`, changes since the last load
    (`newer`) left out.
    """

    table: str
    source_rows: int
    lake_rows: int
    missing: int
    """At the source and not in the lake."""
    extra: int
    """In the lake, and the source says it was deleted."""
    different: int
    """On both sides with other content."""
    newer: int
    """Missing or different because the source changed after the last load: the next load's work."""
    unlisted: int
    """In the lake and not listed by the source, which does not say it was deleted either."""
    held: int
    """Records in quarantine that this comparison met."""
    repaired: int = 0
    """Rows landed to make both sides equal."""
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Up to 20 keys of each kind of difference, key columns joined by a comma."""

    @property
    def is_equal(self) -> bool:
        """Whether nothing is wrong, or all of it was repaired."""
        return self.repaired >= self.missing + self.extra + self.different

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"is_equal": self.is_equal}


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A source compared with the lake, table by table."""

    source: str
    run_id: str
    tables: tuple[TableComparison, ...]
    skipped: Mapping[str, str]
    """Tables that could not be compared, with the reason."""
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Whether every compared table is equal."""
        return all(table.is_equal for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "source": self.source,
            "run_id": self.run_id,
            "is_equal": self.is_equal,
            "tables": [table.to_dict() for table in self.tables],
            "skipped": dict(self.skipped),
            "seconds": self.seconds,
        }
