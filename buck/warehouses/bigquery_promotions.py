"""BigQuery's record of promotions: DML is part of transactions there, DDL is not.

The dataset `buck` holds the record, `buck_marts` one table per mart and content, and the datasets
that readers know hold views over them. Raw rows and the record of them are one transaction. Views
are replaced by one script, one after the other; the record says before that it begins and after
that it has ended, so a script that broke is taken back by whoever writes next.

No lock outlives a process there. Instead each promotion claims the record with its first write,
and every later transaction fails if another one has claimed it since: the newest goes on.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from buck.names import TableRef, escaped_literal
from buck.records.promotion import Promotion, RawLoad
from buck.warehouses.bigquery import columns_sql, fields_of, names_sql
from buck.warehouses.bigquery_jobs import TAKEN_OVER, Jobs
from buck.warehouses.promotions import (
    content_of,
    forgettable,
    refuse_foreign_name,
    refuse_lost_rows,
)

if TYPE_CHECKING:
    from buck.engine import Rows
    from buck.warehouses.bigquery import BigQueryWarehouse

_RECORD_TABLES: Final = """
create table if not exists {state} (name string, value string);
create table if not exists {loads} (number int64, table_name string, version int64,
    after_seq int64, until_seq int64, row_count int64, is_whole bool, loaded_at timestamp);
create table if not exists {promotions} (number int64, facts string, published_at timestamp);
"""
_CLAIM, _LAKE, _CURRENT, _SWITCHING, _NOTE = "claim", "lake", "current", "switching", "note "
_STAGED: Final = "staged_"
_EMPTIED: Final = -1
"""The version of a load's record that says: what was there is gone."""


@dataclass(slots=True)
class BigQueryPromotions:
    """Promotions into one project. The record's tables are made by the first write."""

    warehouse: BigQueryWarehouse
    prefix: str
    _token: str = field(default_factory=lambda: uuid.uuid4().hex, init=False)
    _is_claimed: bool = field(default=False, init=False)

    @property
    def copies(self) -> str:
        """The dataset of the tables that keep promoted rows."""
        return f"{self.prefix}buck_marts"

    def engine(self) -> str:
        """See `Promotions.engine`; BigQuery has no version of its own to name."""
        return "an emulator of BigQuery" if self.warehouse.is_emulated else "BigQuery"

    def lake(self) -> str | None:
        """See `Promotions.lake`."""
        return self._state().get(_LAKE)

    def loads(self) -> Mapping[str, RawLoad]:
        """See `Promotions.loads`."""
        return {load.table: load for _, load in self._last_loads() if load.version != _EMPTIED}

    def columns(self, schema: str, name: str) -> tuple[str, ...]:
        """See `Promotions.columns`."""
        return tuple(self._jobs.fields(TableRef(schema, name)))

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
        number = max((number for number, _ in self._last_loads()), default=0) + 1
        if is_whole and self._jobs.find(TableRef(schema, name)) is not None:
            # Its columns may be others now, and no DDL is part of a transaction: it is emptied
            # first, and the record says so.
            gone = replace(entry, version=_EMPTIED, after=0, until=0, rows=0)
            self._record_load(number, gone, is_whole=True)
            number += 1
        digest = _digest(self.prefix, number, entry, lake)
        staging = TableRef(self._record, f"{_STAGED}{digest}")
        arrived = self.warehouse.upload(rows, staging, name=f"buck-load-{digest}")
        refuse_lost_rows(entry.table, arrived=arrived, sent=entry.rows)
        fields = fields_of(rows.columns)
        table = TableRef(schema, name)
        self._make_table(table, fields, is_whole=is_whole)
        names = names_sql(fields)
        self._record_load(
            number,
            entry,
            is_whole=is_whole,
            before=[
                f"insert into {self._jobs.sql(table)} ({names})"
                f" select {names} from {self._jobs.sql(staging)}",
                *self._set(_LAKE, lake),
            ],
            job=f"buck-add-{digest}",
        )
        self._jobs.drop_table(staging)
        return arrived

    def promotions(self) -> list[Promotion]:
        """See `Promotions.promotions`."""
        if not self._exists():
            return []
        rows = self._jobs.ask(f"select facts from {self._sql('promotions')} order by number")
        return [Promotion.from_dict(json.loads(facts)) for (facts,) in rows]

    def current(self) -> Promotion | None:
        """See `Promotions.current`."""
        number = self._state().get(_CURRENT)
        return next((one for one in self.promotions() if str(one.number) == number), None)

    def publish(self, promotion: Promotion, *, built: Mapping[TableRef, TableRef]) -> Promotion:
        """See `Promotions.publish`; views are replaced one after the other, by one script."""
        self._claim()
        kept = {content_of(t): t.copy for one in self.promotions() for t in one.tables}
        self._jobs.make_dataset(self.copies)
        tables, copying = [], []
        for table in promotion.tables:
            copy = kept.get(content_of(table))
            if copy is None:
                # A promotion that was overtaken may still copy: its names are its own.
                ending = f"{promotion.number:06d}_{self._token[:8]}"
                copy = f"{table.schema}__{table.name}__{ending}"
                copying.append(self._copy_sql(copy, built[TableRef(table.schema, table.name)]))
            tables.append(replace(table, copy=copy))
        promotion = replace(promotion, tables=tuple(tables))
        if copying:
            self._jobs.run("\n".join(copying), what="built marts can't be copied")
        facts = escaped_literal(json.dumps(promotion.to_dict()))
        self._show(
            promotion,
            after=[
                f"insert into {self._sql('promotions')} (number, facts, published_at)"
                f" values ({promotion.number}, {facts}, current_timestamp())"
            ],
        )
        return promotion

    def point_to(self, promotion: Promotion) -> None:
        """See `Promotions.point_to`; by one script, view after view."""
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
            self._transaction(
                [f"delete from {self._sql('promotions')} where number in ({numbers})"],
                what="earlier promotions can't be removed",
            )
        unnamed = [TableRef(self.copies, name) for name in self._jobs.tables(self.copies)]
        staged = [TableRef(self._record, name) for name in self._jobs.tables(self._record)]
        for table in unnamed:
            if table.name not in named:
                self._jobs.drop_table(table)
        for table in staged:
            if table.name.startswith(_STAGED):
                self._jobs.drop_table(table)
        return [one.number for one in gone]

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """See `Promotions.note`."""
        self._claim()
        text = json.dumps(dict(value))
        self._transaction(self._set(_NOTE + name, text), what="a note can't be written")

    def noted(self, name: str) -> Mapping[str, Any]:
        """See `Promotions.noted`."""
        found: dict[str, Any] = json.loads(self._state().get(_NOTE + name, "{}"))
        return found

    def drop_schemas(self, schemas: Sequence[str]) -> None:
        """See `Promotions.drop_schemas`."""
        for schema in schemas:
            self._jobs.drop_dataset(schema)

    def close(self) -> None:
        """End the connection."""
        self.warehouse.close()

    @property
    def _jobs(self) -> Jobs:
        return self.warehouse.jobs

    @property
    def _record(self) -> str:
        return f"{self.prefix}buck"

    def _sql(self, table: str) -> str:
        return self._jobs.sql(TableRef(self._record, table))

    def _exists(self) -> bool:
        return self._jobs.find(TableRef(self._record, "promotions")) is not None

    def _state(self) -> dict[str, str]:
        if not self._exists():
            return {}
        rows = self._jobs.ask(f"select name, value from {self._sql('state')}")
        return {str(name): str(value) for name, value in rows}

    def _last_loads(self) -> list[tuple[int, RawLoad]]:
        """The last record of each raw table, with its number."""
        if not self._exists():
            return []
        rows = self._jobs.ask(
            "select number, table_name, version, after_seq, until_seq, row_count"
            f" from {self._sql('loads')} where true"
            " qualify row_number() over (partition by table_name order by number desc) = 1"
        )
        return [(int(number), RawLoad(*load)) for number, *load in rows]

    def _record_load(
        self,
        number: int,
        entry: RawLoad,
        *,
        is_whole: bool,
        before: Sequence[str] = (),
        job: str = "",
    ) -> None:
        """Write a load's record with what it records; only once, whoever tries it again."""
        last = f"select ifnull(max(number), 0) from {self._sql('loads')}"
        values = f"{entry.version}, {entry.after}, {entry.until}, {entry.rows}"
        self._transaction(
            [
                f"select if(({last}) = {number - 1}, true, error('buck: recorded already'))",
                *before,
                f"insert into {self._sql('loads')} (number, table_name, version, after_seq,"
                " until_seq, row_count, is_whole, loaded_at)"
                f" values ({number}, {escaped_literal(entry.table)}, {values},"
                f" {escaped_literal(is_whole)}, current_timestamp())",
            ],
            what=f"{entry.table} can't be loaded",
            job=job,
        )

    def _make_table(self, table: TableRef, fields: Mapping[str, str], *, is_whole: bool) -> None:
        """Outside of any transaction; done twice it changes nothing."""
        self._jobs.make_dataset(table.schema)
        word = "create or replace table" if is_whole else "create table if not exists"
        script = [f"{word} {self._jobs.sql(table)} ({columns_sql(fields)});"]
        lacking = set(fields) - set(() if is_whole else self._jobs.fields(table))
        if not is_whole and lacking and self._jobs.find(table) is not None:
            added = {name: kind for name, kind in fields.items() if name in lacking}
            script += [
                f"alter table {self._jobs.sql(table)} add column if not exists"
                f" {columns_sql({name: kind})};"
                for name, kind in added.items()
            ]
        self._jobs.run("\n".join(script), what=f"{table} can't be made")

    def _claim(self) -> None:
        """Make the record ours, and take back what a script that broke has left."""
        if self._is_claimed:
            return
        self._jobs.make_dataset(self._record)
        names = {name: self._sql(name) for name in ("state", "loads", "promotions")}
        self._jobs.run(_RECORD_TABLES.format(**names), what="the record can't be made")
        claim = "begin transaction;\n" + ";\n".join(self._set(_CLAIM, self._token))
        self._jobs.run(f"{claim};\ncommit transaction;", what="the record can't be claimed")
        self._is_claimed = True
        broken = self._state().get(_SWITCHING)
        if broken is None:
            return
        before = self.current()
        views = [TableRef(*one) for one in json.loads(broken)]
        if before is not None:
            self._show(before, also_gone=views)
            return
        drops = [f"drop view if exists {self._jobs.sql(view)};" for view in views]
        self._jobs.run("\n".join(drops), what="views can't be dropped")
        self._transaction(self._unset(_SWITCHING), what="the record can't be written")

    def _copy_sql(self, name: str, source: TableRef) -> str:
        """A clone takes no space and reads nothing; of a view there is none."""
        copy, built = self._jobs.sql(TableRef(self.copies, name)), self._jobs.sql(source)
        found = self._jobs.find(source)
        if found is not None and found.table_type == "TABLE":
            return f"create table {copy} clone {built};"
        return f"create table {copy} as select * from {built};"

    def _show(
        self,
        promotion: Promotion,
        *,
        after: Sequence[str] = (),
        also_gone: Sequence[TableRef] = (),
    ) -> None:
        """Replace every view; the record says before that it begins, and after that it is done."""
        shown = {
            TableRef(self.prefix + t.schema, t.name): TableRef(self.copies, t.copy)
            for t in promotion.tables
        }
        before = self.current()
        earlier = [
            TableRef(self.prefix + t.schema, t.name) for t in (before.tables if before else ())
        ]
        gone = [view for view in dict.fromkeys([*earlier, *also_gone]) if view not in shown]
        self._refuse_foreign(list(shown))
        for schema in sorted({view.schema for view in shown}):
            self._jobs.make_dataset(schema)
        self._jobs.authorise(self.copies, sorted({view.schema for view in shown}))
        touched = json.dumps([[view.schema, view.name] for view in [*shown, *gone]])
        self._transaction(self._set(_SWITCHING, touched), what="the record can't be written")
        script = [
            f"create or replace view {self._jobs.sql(view)} as select * from"
            f" {self._jobs.sql(table)};"
            for view, table in shown.items()
        ]
        script += [f"drop view if exists {self._jobs.sql(view)};" for view in gone]
        self._jobs.run("\n".join(script), what=f"promotion {promotion.id} can't be shown")
        self._transaction(
            [*after, *self._set(_CURRENT, str(promotion.number)), *self._unset(_SWITCHING)],
            what=f"promotion {promotion.id} can't be recorded",
        )

    def _refuse_foreign(self, views: Sequence[TableRef]) -> None:
        for view in views:
            found = self._jobs.find(view)
            refuse_foreign_name(view, is_view=found is None or found.table_type == "VIEW")

    def _set(self, name: str, value: str) -> list[str]:
        values = f"{escaped_literal(name)}, {escaped_literal(value)}"
        return [
            *self._unset(name),
            f"insert into {self._sql('state')} (name, value) values ({values})",
        ]

    def _unset(self, name: str) -> list[str]:
        return [f"delete from {self._sql('state')} where name = {escaped_literal(name)}"]

    def _transaction(self, statements: Sequence[str], *, what: str, job: str = "") -> None:
        """All of the statements or none, and none if another promotion has begun since."""
        state, name = self._sql("state"), escaped_literal(_CLAIM)
        held = f"(select value from {state} where name = {name})"
        fence = [
            # Two transactions that change one row cannot both be committed.
            f"update {state} set value = value where name = {name}",
            f"select if({held} = {escaped_literal(self._token)}, true,"
            f" error({escaped_literal(TAKEN_OVER)}))",
        ]
        body = ";\n".join(["begin transaction", *fence, *statements, "commit transaction"])
        self._jobs.run(f"{body};", what=what, name=job)


def _digest(prefix: str, number: int, entry: RawLoad, lake: str) -> str:
    content = [prefix, number, entry.to_dict(), lake]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]
