"""Column names for the fields of a foreign record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buck.errors import SourceChanged


class Renamer:
    """Gives a record its column names: dlt's snake_case, so `createdAt` becomes `created_at`."""

    def __init__(self, table: str) -> None:
        from dlt.common.normalizers.naming.snake_case import NamingConvention

        self._table = table
        self._normalize = NamingConvention().normalize_identifier
        self._names: dict[str, str] = {}
        self._fields: dict[str, str] = {}

    def __call__(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record by column name.

        Raises:
            SourceChanged: two fields would become one column.
        """
        known = self._names
        return {(known.get(name) or self._learn(name)): value for name, value in record.items()}

    def _learn(self, name: str) -> str:
        column = self._normalize(name)
        other = self._fields.setdefault(column, name)
        if other != name:
            raise SourceChanged(
                f"{self._table} has the fields {other!r} and {name!r}, which are one column "
                f"{column!r}",
                hint="leave one of them out with processing_steps or another endpoint",
            )
        self._names[name] = column
        return column
