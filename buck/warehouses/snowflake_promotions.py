"""Snowflake's record of promotions: rows are part of transactions there, DDL is not.

The schema `buck` holds the record, `buck_marts` one table per mart and content. `buck_shown` holds
a view over each mart that readers see, and one that says which promotion this is; a new one is made
ready beside it, and both change their names in one statement. Readers know views over `buck_shown`
in the schemas of the marts, which stay as they are unless columns change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from buck.errors import WarehouseError
from buck.names import TableRef, escaped_literal
from buck.records.promotion import Promotion, RawLoad
from buck.warehouses import snowflake_promotion_sql as sql
from buck.warehouses.promotions import content_of, forgettable, refuse_foreign_name
from buck.warehouses.snowflake_record import SnowflakeRecord
from buck.warehouses.snowflake_sql import table_name

if TYPE_CHECKING:
    from buck.engine import Rows
    from buck.records.promotion import PromotedTable
    from buck.warehouses.snowflake import SnowflakeWarehouse

_LAKE, _CURRENT, _NOTE = "lake", "current", "note "
_POINTER: Final = "buck_promotion"
_EMPTIED: Final = -1
"""The version of a load's record that says: what was there is gone."""


@dataclass(slots=True)
class SnowflakePromotions:
    """Promotions into one database. The record's tables are made by the first write."""

    warehouse: SnowflakeWarehouse
    prefix: str
    _record: SnowflakeRecord = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._record = SnowflakeRecord(self.warehouse, self.prefix)

    @property
    def copies(self) -> str:
        """The schema of the tables that keep promoted rows."""
        return f"{self.prefix}buck_marts"

    @property
    def shown(self) -> str:
        """The schema that is switched."""
        return f"{self.prefix}buck_shown"

    def engine(self) -> str:
        """See `Promotions.engine`."""
        if self.warehouse.is_emulated:
            return "an emulator of Snowflake"
        return f"Snowflake {self.warehouse.ask('select current_version()')[0][0]}"

    def lake(self) -> str | None:
        """See `Promotions.lake`."""
        return self._record.state().get(_LAKE)

    def loads(self) -> Mapping[str, RawLoad]:
        """See `Promotions.loads`."""
        return {
            load.table: load for _, load in self._record.last_loads() if load.version != _EMPTIED
        }

    def columns(self, schema: str, name: str) -> tuple[str, ...]:
        """See `Promotions.columns`; in lower case, as models write them."""
        rows = self.warehouse.ask(sql.columns_of(TableRef(schema, name)))
        return tuple(str(column).lower() for (column,) in rows)

    def load(
        self,
        schema: str,
        name: str,
        rows: Rows,
        *,
        entry: RawLoad,
        lake: str,
        is_whole: bool,
    ) -> int:
        """See `Promotions.load`."""
        if self.loads().get(entry.table) == entry:
            return 0
        self._claim()
        table = TableRef(schema, name)
        number = max((number for number, _ in self._record.last_loads()), default=0) + 1
        held = self.columns(schema, name)
        if is_whole and held:
            # Its columns may be others now, and no DDL is part of a transaction: the record says
            # first that it is empty.
            gone = replace(entry, version=_EMPTIED, after=0, until=0, rows=0)
            self._record.transaction([self._record.load_sql(number, gone, is_whole=True)])
            number += 1
        self._make(f"create schema if not exists {sql.schema_name(schema)}")
        self._make(sql.make_raw(table, rows.columns, is_whole=is_whole))
        if held and not is_whole:
            for column, kind in rows.columns.items():
                if column.lower() not in held:
                    self._make(sql.add_column(table, column, kind))
        written = [
            *self._record.set(_LAKE, lake),
            self._record.load_sql(number, entry, is_whole=is_whole),
        ]
        if not entry.rows:
            return self._record.transaction(written)
        with self.warehouse.staged(table, rows) as copy:
            return self._record.transaction(written, copy=copy, rows=entry.rows, table=entry.table)

    def promotions(self) -> list[Promotion]:
        """See `Promotions.promotions`; one that was never shown is none."""
        if not self._record.exists():
            return []
        rows = self.warehouse.ask(
            f"select facts from {self._record.table('promotions')} where published_at is not null"
            " order by number"
        )
        return [Promotion.from_dict(json.loads(facts)) for (facts,) in rows]

    def current(self) -> Promotion | None:
        """See `Promotions.current`."""
        number = self._record.state().get(_CURRENT)
        return next((one for one in self.promotions() if str(one.number) == number), None)

    def publish(self, promotion: Promotion, *, built: Mapping[TableRef, TableRef]) -> Promotion:
        """See `Promotions.publish`."""
        self._claim()
        kept = {content_of(t): t.copy for one in self.promotions() for t in one.tables}
        self._make(f"create schema if not exists {sql.schema_name(self.copies)}")
        kinds: dict[str, dict[str, str]] = {}
        tables = []
        for table in promotion.tables:
            copy = kept.get(content_of(table))
            if copy is None:
                # A promotion that was overtaken may still copy: its names are its own.
                ending = f"{promotion.number:06d}_{self._record.token[:8]}"
                copy = f"{table.schema}__{table.name}__{ending}"
                source = built[TableRef(table.schema, table.name)]
                found = kinds.setdefault(source.schema, self._record.objects(source.schema))
                is_table = found.get(source.name) == "BASE TABLE"
                self._make(sql.copy_mart(TableRef(self.copies, copy), source, is_table=is_table))
            tables.append(replace(table, copy=copy))
        promotion = replace(promotion, tables=tuple(tables))
        facts = escaped_literal(json.dumps(promotion.to_dict()))
        insert = (
            f"insert into {self._record.table('promotions')} (number, facts, published_at)"
            f" values ({promotion.number}, {facts}, null)"
        )
        self._show(promotion, before_switch=[insert])
        return promotion

    def point_to(self, promotion: Promotion) -> None:
        """See `Promotions.point_to`."""
        self._claim()
        self._show(promotion)

    def prune(self, keep: int) -> list[int]:
        """See `Promotions.prune`."""
        self._claim()
        found, current = self.promotions(), self.current()
        gone = forgettable(found, current, keep=keep)
        named = {t.copy for p in found if p not in gone for t in p.tables}
        if gone:
            numbers = ", ".join(str(one.number) for one in gone)
            self._record.transaction(
                [f"delete from {self._record.table('promotions')} where number in ({numbers})"]
            )
        for name in self._record.objects(self.copies):
            if name not in named:
                self._make(f"drop table if exists {table_name(TableRef(self.copies, name))}")
        return [one.number for one in gone]

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """See `Promotions.note`."""
        self._claim()
        self._record.transaction(self._record.set(_NOTE + name, json.dumps(dict(value))))

    def noted(self, name: str) -> Mapping[str, Any]:
        """See `Promotions.noted`."""
        found: dict[str, Any] = json.loads(self._record.state().get(_NOTE + name, "{}"))
        return found

    def drop_schemas(self, schemas: Sequence[str]) -> None:
        """See `Promotions.drop_schemas`."""
        for schema in schemas:
            self._make(sql.drop_schema(schema))

    def close(self) -> None:
        """End the connection."""
        self.warehouse.close()

    def _make(self, statement: str) -> None:
        self.warehouse.ask(statement)

    def _claim(self) -> None:
        """Make the record ours, and finish what a promotion that was killed has left."""
        if not self._record.is_claimed:
            self._record.claim()
            self._settle()

    def _show(self, promotion: Promotion, *, before_switch: Sequence[str] = ()) -> None:
        """Make a schema ready, switch, and let what readers know follow."""
        self._refuse_foreign(promotion.tables)
        ready = f"{self.prefix}buck_ready_{self._record.token[:8]}"
        self._make(f"create schema if not exists {sql.schema_name(self.shown)}")
        self._make(f"create or replace schema {sql.schema_name(ready)}")
        for table in promotion.tables:
            view = TableRef(ready, _shown_name(table))
            self._make(sql.show(view, TableRef(self.copies, table.copy)))
        self._make(sql.pointer(TableRef(ready, _POINTER), promotion.number))
        self._record.transaction(before_switch)
        # Whoever claims the record drops what is ready, and this finds nothing to switch to.
        self._make(sql.swap(self.shown, ready))
        if self._pointed() != promotion.number:
            raise WarehouseError(
                f"{self.shown} does not show promotion {promotion.id} after the switch",
                hint="run it again",
            )
        self._make(sql.drop_schema(ready))
        self._settle()

    def _settle(self) -> None:
        """Let readers' views and the record follow what the last switch has shown."""
        before, number = self.current(), self._pointed()
        if number is not None and (before is None or before.number != number):
            facts = self.warehouse.ask(
                f"select facts from {self._record.table('promotions')} where number = {number}"
            )
            if not facts:
                raise WarehouseError(
                    f"readers see promotion {number}, which the record does not know",
                    hint=f"see {self._record.schema}.promotions there",
                )
            promotion = Promotion.from_dict(json.loads(facts[0][0]))
            self._make_reader_views(promotion, before)
            self._record.transaction(
                [
                    f"update {self._record.table('promotions')}"
                    " set published_at = current_timestamp()"
                    f" where number = {number} and published_at is null",
                    *self._record.set(_CURRENT, str(number)),
                ]
            )
        self._record.transaction(
            [f"delete from {self._record.table('promotions')} where published_at is null"]
        )

    def _pointed(self) -> int | None:
        """The promotion whose rows readers see, by the schema that is switched."""
        if _POINTER not in self._record.objects(self.shown):
            return None
        pointer = table_name(TableRef(self.shown, _POINTER))
        return int(self.warehouse.ask(f"select number from {pointer}")[0][0])

    def _make_reader_views(self, promotion: Promotion, before: Promotion | None) -> None:
        earlier = {t.label: t for t in (before.tables if before else ())}
        wanted = {t.label: t for t in promotion.tables}
        for label, table in wanted.items():
            view = TableRef(self.prefix + table.schema, table.name)
            known, columns = earlier.get(label), tuple(c.lower() for c in table.columns)
            is_same = known is not None and dict(known.columns) == dict(table.columns)
            if is_same and self.columns(view.schema, view.name) == columns:
                continue
            self._make(f"create schema if not exists {sql.schema_name(view.schema)}")
            shown = TableRef(self.shown, _shown_name(table))
            self._make(sql.reader_view(view, shown, tuple(table.columns)))
        for label, table in earlier.items():
            if label not in wanted:
                view = TableRef(self.prefix + table.schema, table.name)
                self._make(f"drop view if exists {table_name(view)}")

    def _refuse_foreign(self, tables: Sequence[PromotedTable]) -> None:
        held = {
            schema: self._record.objects(self.prefix + schema)
            for schema in {t.schema for t in tables}
        }
        for table in tables:
            kind = held[table.schema].get(table.name.lower(), "VIEW")
            refuse_foreign_name(f"{self.prefix}{table.label}", is_view=kind == "VIEW")


def _shown_name(table: PromotedTable) -> str:
    return f"{table.schema}__{table.name}"
