"""What was sent to a warehouse, proven equal and published there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from buck.errors import WarehouseError
from buck.records.comparison import TableComparison

Proof = Literal["proven", "emulated"]
"""`emulated`: an emulator answered, which proves nothing about the real warehouse."""


@dataclass(frozen=True, slots=True)
class RawLoad:
    """One stretch of a raw table; it arrived in a warehouse in one transaction with this record."""

    table: str
    """Schema and name there."""
    version: int
    """The lake's version of the table that it completes."""
    after: int
    """The `_buck_seq` of the last row that was there before; 0 if there was none."""
    until: int
    """The `_buck_seq` of the last row that is there now."""
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PromotedTable:
    """One mart of a promotion. Equal content of two promotions is one copy there."""

    schema: str
    name: str
    columns: Mapping[str, str]
    """Column name to the type that DuckDB published, in order."""
    rows: int
    content_hash: str
    """The snapshot's: over all rows, whatever their order."""
    copy: str = ""
    """The table that keeps the rows in the warehouse; readers see a view over it."""

    @property
    def label(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Promotion:
    """All marts of one snapshot in one warehouse. Never changed once published."""

    number: int
    snapshot: str
    lake: str
    """The identity of the lake that the snapshot is of."""
    as_of: datetime
    published_at: datetime
    tables: tuple[PromotedTable, ...]
    lake_versions: Mapping[str, int]
    model_hashes: Mapping[str, str]
    receipt: str = ""
    """The hash of the receipt that proves it."""
    previous: int | None = None
    approved_by: str = ""

    @property
    def id(self) -> str:
        """The promotion's name, in order of publishing."""
        return f"{self.number:06d}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {
            "id": self.id,
            "as_of": self.as_of.isoformat(),
            "published_at": self.published_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Promotion:
        """The promotion that `to_dict` wrote.

        Raises:
            WarehouseError: it is not one.
        """
        try:
            tables = tuple(PromotedTable(**table) for table in held["tables"])
            times = {k: datetime.fromisoformat(held[k]) for k in ("as_of", "published_at")}
            facts = {k: v for k, v in held.items() if k != "id"}
            return cls(**{**facts, **times, "tables": tables})
        except (KeyError, TypeError, ValueError) as exc:
            raise WarehouseError(
                f"the warehouse's record of a promotion is damaged: {exc}",
                hint="see the table buck.promotions there",
            ) from exc


@dataclass(frozen=True, slots=True)
class PlannedLoad:
    """What one raw table still lacks in the warehouse."""

    table: str
    version: int
    rows: int
    bytes: int
    """The size of these rows as text, as far as known before they are sent."""
    is_whole: bool
    """The table is sent whole: it is new there, or holds rows that the snapshot has not."""


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """What a promotion would do; made without writing anything."""

    target: str
    snapshot: str
    loads: tuple[PlannedLoad, ...]
    models_new: tuple[str, ...]
    models_changed: tuple[str, ...]
    models_removed: tuple[str, ...]
    marts_changed: tuple[str, ...]
    columns_added: tuple[str, ...]
    columns_dropped: tuple[str, ...]
    bytes_scanned: int
    """An estimate: what the models read is at least all raw tables once."""
    cost: float | None = None
    """An estimate by the price per terabyte of `.buck.yml`; None without one."""
    currency: str = ""
    findings: tuple[str, ...] = ()
    """What `buck portability` says about the models on this engine."""
    is_current: bool = False
    """The snapshot is what readers there see already."""

    @property
    def rows(self) -> int:
        """Raw rows to send."""
        return sum(load.rows for load in self.loads)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"rows": self.rows}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was compared, with which result; `hash` is over everything else in it."""

    target: str
    engine: str
    """The warehouse's own words about its version."""
    proof: Proof
    snapshot: str
    lake: str
    as_of: datetime
    made_at: datetime
    lake_versions: Mapping[str, int]
    model_hashes: Mapping[str, str]
    packages: Mapping[str, str]
    checks: Mapping[str, str]
    """Every check that ran there, and its outcome."""
    tables: tuple[TableComparison, ...]
    """The snapshot's marts, left, beside the warehouse's."""
    promotion: int = 0
    hash: str = field(default="", compare=False)

    @property
    def is_equal(self) -> bool:
        """Whether every mart is the same on both sides."""
        return all(table.is_equal for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {
            "is_equal": self.is_equal,
            "as_of": self.as_of.isoformat(),
            "made_at": self.made_at.isoformat(),
        }
