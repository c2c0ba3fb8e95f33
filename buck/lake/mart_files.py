"""The Parquet files of one mart: one, or one for each stretch of time of a big mart.

What did not change keeps its file. Hive's names for folders (`payment_date_month=2026-01-01`) tell
people and engines what is inside; the column itself is in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buck.lake.content import Content, order_sql
from buck.lake.mart_delta import refuse_unreadable
from buck.names import TableRef, identifier, literal
from buck.records.layout import Layout
from buck.records.snapshot import SnapshotPart, SnapshotTable

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake.storage import Storage

UNKNOWN = "__HIVE_DEFAULT_PARTITION__"
"""Hive's word for null."""


@dataclass(frozen=True, slots=True)
class MartWriter:
    """Writes marts' files for one snapshot."""

    con: Connection
    storage: Storage
    scratch: Path
    number: int

    def write(
        self,
        table: TableRef,
        found: Content,
        *,
        layout: Layout | None,
        before: SnapshotTable | None,
    ) -> SnapshotTable:
        """The mart as the snapshot holds it; files whose rows are the same are kept.

        Args:
            table: The mart.
            found: Its content, read with the layout; see `read_content`.
            layout: How its rows lie in files.
            before: The mart as published before.

        Raises:
            LakeError: it has a column that readers of Delta cannot read, or the lake can't be
                written.
        """
        if before and before.content_hash == found.hash and dict(before.columns) == found.columns:
            return before
        if layout is not None and found.parts:
            return self._write_parts(table, found, layout, before)
        rows = f"{found.select}{order_sql(layout, found.columns)}"
        file, size = self._write_file(table, rows, f"marts/{table.path}", found.hash)
        return SnapshotTable(
            table.schema, table.name, found.columns, found.rows, found.hash, (file,), size
        )

    def _write_parts(
        self, table: TableRef, found: Content, layout: Layout, before: SnapshotTable | None
    ) -> SnapshotTable:
        kept = {}
        if before and dict(before.columns) == found.columns and before.cut_by == _cut_by(layout):
            kept = {(part.first, part.content_hash): part for part in before.parts}
        parts = tuple(
            kept.get((part.first, part.content_hash))
            or self._write_part(table, found, layout, part)
            for part in found.parts
        )
        return SnapshotTable(
            table.schema,
            table.name,
            found.columns,
            found.rows,
            found.hash,
            tuple(part.file for part in parts),
            sum(part.size_bytes for part in parts),
            cut_by=_cut_by(layout),
            parts=parts,
        )

    def _write_part(
        self, table: TableRef, found: Content, layout: Layout, part: SnapshotPart
    ) -> SnapshotPart:
        column, unit = layout.partition_by, layout.part_unit
        condition = lies_in(part, column=column, type_=found.columns[column], unit=unit)
        value = UNKNOWN if part.first is None else part.first[:10]
        rows = f"select * from ({found.select}) where {condition}"
        rows += order_sql(layout, found.columns)
        folder = f"marts/{table.path}/{_cut_by(layout)}={value}"
        file, size = self._write_file(table, rows, folder, part.content_hash)
        return SnapshotPart(file, part.rows, part.content_hash, size, part.first, part.last)

    def _write_file(
        self, table: TableRef, rows: str, folder: str, content_hash: str
    ) -> tuple[str, int]:
        file = self.scratch / f"{table.schema}.{table.name}.parquet"
        self.con.execute(
            f"copy ({rows}) to {literal(str(file))} (format parquet, compression zstd)"
        )
        refuse_unreadable(file, str(table))
        size = file.stat().st_size
        name = f"{folder}/{self.number:06d}-{content_hash[:12]}.parquet"
        self.storage.upload(file, name, move=True)
        return name, size


def lies_in(part: SnapshotPart, *, column: str, type_: str, unit: str) -> str:
    """The condition that the rows of one stretch of time meet, and no others.

    Args:
        part: The stretch.
        column: What the mart is cut by.
        type_: The column's type.
        unit: How long a stretch is: `day`, `month` or `year`.
    """
    time = identifier(column)
    if part.first is None:
        return f"{time} is null"
    first = f"cast({literal(part.first)} as {type_})"
    return f"{time} >= {first} and {time} < {first} + interval 1 {unit}"


def _cut_by(layout: Layout) -> str:
    return f"{layout.partition_by}_{layout.part_unit}"
