"""What looking after a lake finds and does: sizes, damages, merged and removed files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Layer = Literal["raw", "quarantine", "marts", "ledger"]


@dataclass(frozen=True, slots=True)
class TableUsage:
    """What one table takes, and what came in since a day."""

    table: str
    layer: Layer
    rows: int | None
    size_bytes: int
    """Of the files that the newest version, or the published snapshot, reads."""
    stored_bytes: int
    """Of everything in the table's folder."""
    pinned_bytes: int = 0
    """Of the files that only earlier versions need which kept snapshots were built from, or that
    only earlier kept snapshots hold."""
    rows_added: int | None = None
    """Since the day; None where nobody recorded how it was then."""
    bytes_added: int | None = None
    files: int | None = None
    """That the newest version, or the published snapshot, reads."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a lake takes."""

    since: datetime
    tables: tuple[TableUsage, ...]

    def total(self, figure: str) -> int:
        """The sum of one figure over all tables."""
        return sum(getattr(table, figure) or 0 for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        figures = ("size_bytes", "stored_bytes", "pinned_bytes")
        return {
            "since": self.since.isoformat(),
            "tables": [table.to_dict() for table in self.tables],
            "total": {figure: self.total(figure) for figure in figures},
        }


Problem = Literal["missing", "size", "rows", "checksum", "content", "unreadable", "log"]


@dataclass(frozen=True, slots=True)
class Damage:
    """One file that is not what the lake's own logs say."""

    file: str
    problem: Problem
    expected: str
    found: str
    needed_by: tuple[str, ...]
    """`the newest version`, `snapshot 000003` …"""
    restore: str
    """What repairs it."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TableProof:
    """One table's files, each held against the table's log."""

    table: str
    layer: Layer
    files: int
    rows: int
    size_bytes: int
    checksums: int
    """Files whose whole content was compared with what is recorded."""
    damages: tuple[Damage, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compaction:
    """Small files of one raw table, merged or to be merged."""

    table: str
    files_before: int
    files_after: int
    size_before: int
    """Bytes of all files the table's newest version reads."""
    size_after: int | None
    """None while it is only planned."""
    rows: int
    """Rows that were written anew."""
    version: int
    """The table's version afterwards; the present one while it is only planned."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Removal:
    """Files of one table that nothing needs, removed or to be removed."""

    table: str
    layer: Layer
    files: tuple[str, ...] = ()
    size_bytes: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    """Why files that the newest version does not read are kept, and how many for that reason."""
    refused: str = ""
    """Why nothing of the table may be removed; empty if that is not so."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Export:
    """A table's rows, written to one file."""

    table: str
    layer: Layer
    version: int
    """A raw table's version; the number of a mart's snapshot."""
    rows: int
    size_bytes: int
    path: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
