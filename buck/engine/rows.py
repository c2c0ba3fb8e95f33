"""Rows that DuckDB reads, on their way to a warehouse in whichever form that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine.connection import translate_errors
from buck.engine.texts import joined_texts
from buck.names import identifier, literal

if TYPE_CHECKING:
    from buck.engine.types import Connection


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table, read when they are asked for."""

    columns: Mapping[str, str]
    """Column name to DuckDB type, in order."""
    select_sql: str
    _con: Connection = field(repr=False)

    def lines(self, line_sql: str) -> Iterator[bytes]:
        """Every row as text, many at a time.

        Args:
            line_sql: An expression over the columns that gives a row's text, its end included.
        """
        return joined_texts(self._con, f"select {line_sql} as line from ({self.select_sql})")

    def write_parquet(self, file: Path, *, items: Mapping[str, str] | None = None) -> None:
        """Every row in one Parquet file; what does not fit into memory is not held there.

        Args:
            file: Is written anew.
            items: Column name to the expression that stands for it; the column itself if not given.
        """
        given = items or {}
        columns = ", ".join(
            f"{given.get(name, identifier(name))} as {identifier(name)}" for name in self.columns
        )
        with translate_errors():
            self._con.execute(
                f"copy (select {columns} from ({self.select_sql})) to {literal(str(file))}"
                " (format parquet, compression zstd)"
            )

    def average_width(self, sample_rows: int) -> float:
        """How long a row is as text, by some of the rows; 0 without any."""
        cells = ", ".join(f"cast({identifier(name)} as varchar)" for name in self.columns)
        with translate_errors():
            row = self._con.execute(
                f"select avg(strlen(concat_ws(chr(9), {cells})) + 1)"
                f" from ({self.select_sql} limit {int(sample_rows)})"
            ).fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0
