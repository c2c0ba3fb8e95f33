"""What a warehouse took in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """One raw table in a warehouse, replaced whole."""

    table: str
    """Schema and name there."""
    version: int
    """The lake's version of the table that it holds."""
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"table": self.table, "version": self.version, "rows": self.rows}
