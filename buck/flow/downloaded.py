"""Tables of a warehouse that DuckDB cannot attach, as files while they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine.columns import parquet_scan
from buck.names import TableRef
from buck.parity import NUMERIC_TEXT, Relation

if TYPE_CHECKING:
    from buck.warehouses import Downloads


class Downloaded(Mapping[str, Relation]):
    """Each table is fetched when it is asked for, and the one before it is gone then.

    So no more than one of them takes up disk space here.
    """

    def __init__(self, files: Downloads, tables: Mapping[str, TableRef], folder: Path) -> None:
        """Nothing is fetched yet.

        Args:
            files: The warehouse.
            tables: By what each is asked for.
            folder: For the files; whoever made it removes it.
        """
        self._files, self._tables, self._folder = files, dict(tables), folder

    def __getitem__(self, name: str) -> Relation:
        """The table's rows.

        Raises:
            WarehouseError: the warehouse does not answer.
        """
        table = self._tables[name]
        self._folder.mkdir(parents=True, exist_ok=True)
        for earlier in self._folder.glob("*.parquet"):
            earlier.unlink()
        file = self._folder / f"{name}.parquet"
        texts = self._files.download(table, file)
        return Relation(parquet_scan((str(file),)), dict.fromkeys(texts, NUMERIC_TEXT))

    def __contains__(self, name: object) -> bool:
        """Without fetching it."""
        return name in self._tables

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._tables)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._tables)
