"""A raw table's log: which files belong to it, and how far its source was read.

A commit adds files and moves the marks in one step, and only if no other load committed since the
state was read. Every format keeps that promise in its own way (`delta_log`, `file_log`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from buck.records.contents import TableCommit

if TYPE_CHECKING:
    import pyarrow as pa


class Position(Mapping[str, int]):
    """The marks of a table's last commit, looked up by name when asked for.

    Iterating gives the names asked for so far: Delta cannot list its application transactions.
    """

    def __init__(self, read: Callable[[str], int | None]) -> None:
        self._read = read
        self._known: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        if name not in self._known:
            value = self._read(name)
            if value is None:
                raise KeyError(name)
            self._known[name] = value
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True, slots=True)
class RawState:
    """A raw table as of one version.

    `columns` maps each column to its DuckDB type, in order; `files` are names below the root.
    """

    version: int
    sequence: int
    position: Mapping[str, int]
    columns: Mapping[str, str]
    files: tuple[str, ...]
    handle: Any = field(default=None, repr=False, compare=False)
    """What the log needs to commit against exactly this state."""

    @property
    def exists(self) -> bool:
        """Whether the table was ever committed."""
        return self.version >= 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a load adds: finished Parquet files, and the marks they bring the table to."""

    files: tuple[Path, ...]
    schema: pa.Schema
    marks: Mapping[str, int]
    load_id: str
    facts: Mapping[str, str] = field(default_factory=dict)
    """For people reading the table's history: run, rows, marks before and after. No secrets."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a raw table, as its log describes it; None where the log says nothing."""

    name: str
    size_bytes: int | None
    rows: int | None
    sha256: str | None = None


class RawLog(Protocol):
    """One raw table."""

    def state(self, version: int | None = None) -> RawState:
        """The table as it is now, or as it was at a version.

        Raises:
            LakeDamaged: that version is no longer kept.
        """

    def commit(self, state: RawState, batch: Batch) -> int:
        """Add the batch on top of `state` and return the table's new version.

        Raises:
            LoadFenced: another load committed since `state` was read; nothing was added.
        """

    def scan_sql(self, state: RawState) -> str:
        """A SELECT over the state's rows with the state's column types."""

    def history(self) -> list[TableCommit]:
        """Every version that the log still tells of, newest first; empty without a commit."""

    def entries(self, state: RawState) -> list[FileEntry]:
        """The state's files with what the log says of them, in order of their names."""

    def checksums(self) -> dict[str, str]:
        """File to SHA-256, of every commit that recorded them and that the log still tells of."""

    def removals(self) -> list[tuple[int, datetime]]:
        """Versions that took files away and when, newest first."""

    def sweep(self, load_id: str) -> int:
        """Remove files that a killed load left without committing them; how many."""
