"""What every warehouse can do for a load, and what differs between them, as data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from buck.names import TableRef

if TYPE_CHECKING:
    from buck.engine import Rows


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a load may count on; callers ask this, never which warehouse it is."""

    atomic_replace: bool
    """A table is replaced in one step: readers see the old rows or the new ones."""
    max_identifier_bytes: int


class Warehouse(Protocol):
    """One warehouse, connected. Close it, or use it in a `with` statement."""

    name: str
    """The dbt target, such as `postgres`."""
    capabilities: Capabilities
    is_emulated: bool
    """An emulator answers, not the warehouse: what holds there is proven for nobody."""

    def replace_table(self, schema: str, name: str, rows: Rows) -> int:
        """Make the table hold exactly these rows, and say how many there are.

        Doing it twice changes nothing; a failure leaves the table as it was.

        Raises:
            WarehouseError: the warehouse refused.
        """

    def close(self) -> None:
        """End the connection."""


class Downloads(Protocol):
    """A warehouse whose tables come back as files."""

    def relations(self, schema: str) -> Collection[str]:
        """Names of the tables and views of a schema; none if there is no such schema.

        Raises:
            WarehouseError: the warehouse does not answer.
        """

    def download(self, table: TableRef, file: Path) -> Collection[str]:
        """Every row of a table or view as one Parquet file, without losing a digit.

        Returns:
            Columns of numbers that no type of Parquet holds; they are texts in the file.

        Raises:
            WarehouseError: the warehouse does not answer, or there is no such table.
        """
