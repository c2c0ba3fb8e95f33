"""What every warehouse can do for a load, and what differs between them, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol


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

    def rows_sql(self, select_sql: str, columns: Mapping[str, str]) -> str:
        """DuckDB SQL that gives a table's rows in the form that `replace_table` takes.

        Args:
            select_sql: A select over the rows.
            columns: Column name to DuckDB type, in order.
        """

    def replace_table(
        self, schema: str, name: str, columns: Mapping[str, str], rows: Iterable[bytes]
    ) -> int:
        """Make the table hold exactly these rows, and say how many there are.

        Doing it twice changes nothing; a failure leaves the table as it was.

        Raises:
            WarehouseError: the warehouse refused.
        """

    def close(self) -> None:
        """End the connection."""
