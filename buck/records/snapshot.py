"""A published state of all marts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from buck.errors import LakeDamaged


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """One file of a mart that is cut by time."""

    file: str
    rows: int
    content_hash: str
    size_bytes: int
    first: str | None = None
    """The first instant or day that it may hold, ISO 8601; None where the time is unknown."""
    last: str | None = None
    """The last one."""


@dataclass(frozen=True, slots=True)
class SnapshotTable:
    """One mart within a snapshot. `files` are names below the lake's root."""

    schema: str
    name: str
    columns: Mapping[str, str]
    """Column name to DuckDB type, in order."""
    rows: int
    content_hash: str
    """Over all rows, whatever their order; equal content has equal hashes on one DuckDB version."""
    files: tuple[str, ...]
    size_bytes: int
    cut_by: str = ""
    """The column and the unit of time that it is cut by: `payment_date_month`."""
    parts: tuple[SnapshotPart, ...] = ()
    """One per file, in the order of `files`; none if the mart is one file."""

    @property
    def all_parts(self) -> tuple[SnapshotPart, ...]:
        """One per file also where there is just one."""
        whole = (self.rows, self.content_hash, self.size_bytes)
        return self.parts or tuple(SnapshotPart(file, *whole) for file in self.files)

    @property
    def time_column(self) -> str:
        """The column that it is cut by; empty if it is one file."""
        return self.cut_by.rpartition("_")[0]

    @property
    def time_unit(self) -> str:
        """How long a stretch in one file is: day, month or year; empty if it is one file."""
        return self.cut_by.rpartition("_")[2]

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> SnapshotTable:
        """The table that a manifest holds."""
        parts = tuple(SnapshotPart(**part) for part in held.get("parts") or ())
        return cls(**{**held, "files": tuple(held["files"]), "parts": parts})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All marts of one publish, with what they were built from. Never changed once written."""

    number: int
    run_id: str
    published_at: datetime
    as_of: datetime
    tables: tuple[SnapshotTable, ...]
    fingerprint: str
    """What the marts were built from: lake versions, models, day. Equal means nothing to build."""
    lake_versions: Mapping[str, int]
    model_hashes: Mapping[str, str]
    packages: Mapping[str, str]
    approval: Mapping[str, Any]
    previous: int | None = None
    """The snapshot that was published before this one; None for the first."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Every check's id and outcome."""
    git: str = ""
    """The commit of the project that built it, if it lay in a repository."""
    held: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Marts with rows left out: how many `rows`, by which `version` of their quarantine."""

    @property
    def id(self) -> str:
        """The snapshot's name, in order of publishing."""
        return f"{self.number:06d}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {
            "published_at": self.published_at.isoformat(),
            "as_of": self.as_of.isoformat(),
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Snapshot:
        """The snapshot that `to_dict` wrote.

        Raises:
            LakeDamaged: it is not one.
        """
        try:
            tables = tuple(SnapshotTable.from_dict(table) for table in held["tables"])
            times = {k: datetime.fromisoformat(held[k]) for k in ("published_at", "as_of")}
            return cls(**{**held, **times, "tables": tables})
        except (KeyError, TypeError, ValueError) as exc:
            raise LakeDamaged(
                f"a snapshot's manifest is damaged: {exc}", hint="buck doctor"
            ) from exc


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody went back to an earlier snapshot: no run publishes until a person says so."""

    withdrawn: tuple[int, ...]
    """The snapshots that were taken back, by number."""
    run_id: str
    at: datetime
    reason: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The withdrawn snapshots' names."""
        return tuple(f"{number:06d}" for number in self.withdrawn)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"withdrawn": list(self.withdrawn), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Hold:
        """The hold that `to_dict` wrote."""
        numbers = tuple(int(number) for number in held["withdrawn"])
        at = datetime.fromisoformat(held["at"])
        return cls(numbers, str(held["run_id"]), at, str(held["reason"]))
