"""Damage done to a table inside a transaction, which is rolled back afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from buck.names import TableRef, identifier, literal
from buck.quality.proving.operators import DROP, DUPLICATE, Damage

_PLACES = "_buck_places"
_CHOSEN = "_buck_chosen"


class Damaged:
    """One table of a copied database, ready to be damaged again and again.

    Which rows are damaged follows from the seed and the rows' content alone.
    """

    def __init__(self, connection: Any, table: TableRef, *, seed: int) -> None:
        self._con = connection
        self.table = table
        self._seed = seed
        # The rows' order in the file differs between builds; their content does not.
        connection.execute(
            f"create or replace temp table {_PLACES} as select rowid as row, row_number() over "
            f"(order by md5(cast(held as varchar) || {literal(str(seed))})) as place "
            f"from {table.sql} as held"
        )
        self.rows = int(connection.execute(f"select count(*) from {_PLACES}").fetchone()[0])

    @property
    def columns(self) -> dict[str, str]:
        """The table's columns and their types."""
        described = self._con.execute(f"describe {self.table.sql}").fetchall()
        return {str(row[0]): str(row[1]) for row in described}

    def count(self, share: float) -> int:
        """How many rows a share is, at least one."""
        return max(1, math.ceil(self.rows * share)) if self.rows else 0

    @contextmanager
    def without_rows(self, share: float) -> Iterator[int]:
        """Some rows are missing."""
        with self._transaction():
            self._choose_rows(DROP, self.count(share))
            yield self._change(
                f"delete from {self.table.sql} where rowid in (select row from {_CHOSEN})"
            )

    @contextmanager
    def with_doubles(self, share: float) -> Iterator[int]:
        """Some rows are there twice."""
        with self._transaction():
            self._choose_rows(DUPLICATE, self.count(share))
            yield self._change(
                f"insert into {self.table.sql} select * from {self.table.sql} "
                f"where rowid in (select row from {_CHOSEN})"
            )

    @contextmanager
    def with_damage(self, damage: Damage, share: float) -> Iterator[int]:
        """Some rows have another value in one column; 0 rows if no row's value would differ."""
        column = identifier(damage.column)
        with self._transaction():
            self._con.execute(
                f"create or replace temp table {_CHOSEN} as select row, replacement from ("
                f"select places.row, places.place, {identifier('damaged', damage.column)} as held, "
                f"{damage.replacement} as replacement from {self.table.sql} as damaged "
                f"join {_PLACES} as places on damaged.rowid = places.row) as candidates "
                # Damage never fills what was empty: that is another fault than the one meant.
                "where held is not null and replacement is distinct from held "
                + ("" if damage.operator == "null" else "and replacement is not null ")
                + f"order by {self._lot(damage.operator + damage.column)} limit {self.count(share)}"
            )
            yield self._change(
                f"update {self.table.sql} set {column} = chosen.replacement "
                f"from {_CHOSEN} as chosen where {self.table.sql}.rowid = chosen.row"
            )

    def _choose_rows(self, operator: str, count: int) -> None:
        self._con.execute(
            f"create or replace temp table {_CHOSEN} as select row from {_PLACES} "
            f"order by {self._lot(operator)} limit {count}"
        )

    def _lot(self, salt: str) -> str:
        return f"md5(place || {literal(f'{salt}:{self._seed}')})"

    def _change(self, sql: str) -> int:
        row = self._con.execute(sql).fetchone()
        return int(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._con.execute("begin transaction")
        try:
            yield
        finally:
            self._con.execute("rollback")
