"""A table as the comparison reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buck.engine.types import Connection

NUMERIC_TEXT = "NUMERIC TEXT"
"""The type of a column that arrives as text and holds numbers of any width."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What can stand after FROM: a quoted name, or a SELECT in parentheses."""

    sql: str
    types: Mapping[str, str] = field(default_factory=dict)
    """Column to its true type, where the way it is read hides it."""

    def columns(self, con: Connection) -> dict[str, tuple[str, str]]:
        """Name in lower case to the name as it is written and its type, in order."""
        described = con.execute(f"describe select * from {self.sql}").fetchall()
        return {
            str(name).lower(): (str(name), self.types.get(str(name), str(type_)))
            for name, type_, *_ in described
        }
