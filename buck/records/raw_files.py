"""Files of raw tables that a warehouse reads where they lie, and the statements that do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RawFile:
    """One Parquet file of a raw table, as its own footer describes it."""

    name: str
    """Below the lake's root."""
    size_bytes: int
    rows: int
    columns: tuple[str, ...]
    """In the file's order; a file of an earlier day may have fewer than its table."""
    last_seq: int
    """The `_buck_seq` of its last row; 0 if it has none."""
    sha256: str = ""
    """As the load recorded it; empty if it did not."""

    @property
    def base(self) -> str:
        """Its name in its folder."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FileStretch:
    """What a raw table lacks in a warehouse, as files that hold exactly these rows."""

    schema: str
    name: str
    """The table there."""
    folder: str
    """Its address in the bucket."""
    version: int
    """The lake's version of the table that it completes; -1 if the table never landed."""
    after: int
    """The `_buck_seq` of the last row that was there before; 0 if there was none."""
    until: int
    """The `_buck_seq` of the last row that will be there."""
    is_whole: bool
    """The table is replaced: its rows have no order, or there are rows that the lake has not."""
    columns: Mapping[str, str]
    """Column name to the type in DuckDB, in order."""
    files: tuple[RawFile, ...]
    new_columns: tuple[str, ...] = ()
    """Columns that the table there lacks."""
    was_replaced: bool = False
    """The table there was replaced on the way, so files may come that were there before."""

    @property
    def label(self) -> str:
        """Schema and name there."""
        return f"{self.schema}.{self.name}"

    @property
    def rows(self) -> int:
        """Rows of all its files."""
        return sum(file.rows for file in self.files)

    def groups(self) -> list[tuple[tuple[str, ...], list[RawFile]]]:
        """The files by the columns that they have, as a copy by position needs them."""
        found: dict[tuple[str, ...], list[RawFile]] = {}
        for file in self.files:
            found.setdefault(file.columns, []).append(file)
        return list(found.items())

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"table": self.label, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class WarehouseScript:
    """The statements that load what a warehouse lacks, and the files that they name."""

    target: str
    snapshot: str
    stretches: tuple[FileStretch, ...]
    statements: tuple[str, ...]
    """In the order in which they run; each without its semicolon."""
    notes: tuple[str, ...] = ()
    """What a reader has to know before running it."""
    manifests: Mapping[str, str] = field(default_factory=dict)
    """Address to content of the lists of files that must be in the bucket before it runs."""

    @property
    def sql(self) -> str:
        """The script."""
        head = "".join(f"-- {note}\n" for note in self.notes)
        return head + "".join(f"{statement};\n" for statement in self.statements)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "target": self.target,
            "snapshot": self.snapshot,
            "notes": list(self.notes),
            "tables": [stretch.to_dict() for stretch in self.stretches],
            "statements": list(self.statements),
            "manifests": dict(self.manifests),
        }
