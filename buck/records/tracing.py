"""One record's life, from its first raw version to the marts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RawVersion:
    """One raw row of the record; `changes` holds what differs from the version before."""

    seq: int
    op: str
    load_id: str
    run_id: str
    """The run that landed it; empty if the ledger does not know."""
    observed_at: str
    source_ts: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Appearance:
    """Rows of one model that the record went into."""

    relation: str
    zone: str
    """`candidate` (built last) or `published`."""
    column: str
    """The model's column that holds the key."""
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything known about one record."""

    table: str
    key: str
    versions: tuple[RawVersion, ...]
    held: tuple[Mapping[str, Any], ...] = ()
    """The record's entries in quarantine."""
    appearances: tuple[Appearance, ...] = ()
    feeds: tuple[str, ...] = field(default=())
    """Models further down that no longer name the record, such as totals."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)
