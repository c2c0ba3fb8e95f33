"""What lies in the lake, table by table, and how it came there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class TableContents:
    """One raw table, or one mart of the published snapshot."""

    table: str
    """`source.table` of a raw table, `schema.table` of a mart."""
    layer: Literal["raw", "marts"]
    version: int
    """A raw table's version; the number of the snapshot a mart is of."""
    rows: int
    files: int
    size_bytes: int
    """Of the files that version reads."""
    stored_bytes: int
    """Of everything in the table's folder: what earlier versions and the log need, too."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TableCommit:
    """One version of a raw table."""

    version: int
    at: datetime | None
    """When it was committed; None where the format does not record it."""
    operation: str
    load_id: str
    run_id: str
    """The run that landed it; empty if no run did."""
    rows: int | None
    """Rows that it added, as the load counted them."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"at": self.at and self.at.isoformat()}
