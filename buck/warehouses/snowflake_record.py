"""Snowflake's side of the record of promotions: what it holds, and who may write it.

No lock outlives a process there. Each promotion claims the record with its first write; every later
transaction fails if another one has claimed it since: the newest goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from buck.errors import WarehouseError
from buck.names import TableRef, escaped_literal
from buck.records.promotion import RawLoad
from buck.warehouses import snowflake_promotion_sql as sql
from buck.warehouses.promotions import refuse_lost_rows
from buck.warehouses.snowflake_sql import table_name

if TYPE_CHECKING:
    from buck.warehouses.snowflake import SnowflakeWarehouse

_CLAIM: Final = "claim"


@dataclass(slots=True)
class SnowflakeRecord:
    """The record of one prefix in one database. Its tables are made by the claim."""

    warehouse: SnowflakeWarehouse
    prefix: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex, init=False)
    """Names whoever works with this object."""
    is_claimed: bool = field(default=False, init=False)

    @property
    def schema(self) -> str:
        """The schema that holds it."""
        return f"{self.prefix}buck"

    def table(self, name: str) -> str:
        """The quoted name of one of its tables."""
        return table_name(TableRef(self.schema, name))

    def objects(self, schema: str) -> dict[str, str]:
        """Name and kind of every table and view of a schema; empty if there is none."""
        rows = self.warehouse.ask(sql.objects_of(schema))
        return {str(name).lower(): str(kind).upper() for name, kind in rows}

    def exists(self) -> bool:
        """Whether anybody has claimed it yet."""
        return "promotions" in self.objects(self.schema)

    def state(self) -> dict[str, str]:
        """Every fact by its name."""
        if not self.exists():
            return {}
        rows = self.warehouse.ask(f"select name, value from {self.table('state')}")
        return {str(name): str(value) for name, value in rows}

    def last_loads(self) -> list[tuple[int, RawLoad]]:
        """The last record of each raw table, with its number."""
        if not self.exists():
            return []
        rows = self.warehouse.ask(sql.last_loads(self.schema))
        return [(int(row[0]), RawLoad(str(row[1]), *(int(n) for n in row[2:]))) for row in rows]

    def claim(self) -> None:
        """Make it ours; nobody else can write it, or switch what readers see, from here on."""
        for statement in sql.record_tables(self.schema):
            self.warehouse.ask(statement)
        with self.warehouse.transaction():
            for statement in self.set(_CLAIM, self.token):
                self.warehouse.ask(statement)
        self.is_claimed = True
        # What another one made ready is what it would switch to.
        for (schema,) in self.warehouse.ask(sql.schemas_like(f"{self.prefix}buck_ready_")):
            self.warehouse.ask(sql.drop_schema(str(schema)))

    def set(self, name: str, value: str) -> list[str]:
        """How a fact is written in place of the one of that name."""
        values = f"{escaped_literal(name)}, {escaped_literal(value)}"
        return [
            f"delete from {self.table('state')} where name = {escaped_literal(name)}",
            f"insert into {self.table('state')} (name, value) values ({values})",
        ]

    def load_sql(self, number: int, entry: RawLoad, *, is_whole: bool) -> str:
        """How a load is written."""
        values = f"{entry.version}, {entry.after}, {entry.until}, {entry.rows}"
        return (
            f"insert into {self.table('loads')} (number, table_name, version, after_seq,"
            " until_seq, row_count, is_whole, loaded_at)"
            f" values ({number}, {escaped_literal(entry.table)}, {values},"
            f" {escaped_literal(is_whole)}, current_timestamp())"
        )

    def transaction(
        self, statements: Sequence[str], *, copy: str = "", rows: int = 0, table: str = ""
    ) -> int:
        """All of it or nothing, and nothing if another promotion has begun since.

        Args:
            statements: What else changes.
            copy: A file's rows that arrive in the same transaction, if there are any.
            rows: How many they have to be.
            table: Where they go.
        """
        # Two transactions that change rows of one table wait for each other.
        mine = f"name = {escaped_literal(_CLAIM)} and value = {escaped_literal(self.token)}"
        arrived = 0
        with self.warehouse.transaction():
            held = self.warehouse.ask(
                f"update {self.table('state')} set value = value where {mine}"
            )
            if not int(held[0][0]):
                raise WarehouseError(
                    "another promotion into this database has begun since",
                    hint="wait for its end and run it again",
                )
            if copy:
                arrived = self.warehouse.copied(copy)
                refuse_lost_rows(table, arrived=arrived, sent=rows)
            for statement in statements:
                self.warehouse.ask(statement)
        return arrived
