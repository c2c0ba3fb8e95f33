"""PostgreSQL's record of promotions: DDL there is part of a transaction, so all of it is too.

The schema `buck` holds the record, `buck_marts` one table per mart and content, and the schemas
that readers know hold views over them. Publishing and going back re-point the views. All of these
names begin with the environment's prefix, so that several live in one database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from buck.errors import WarehouseError, WarehouseLocked
from buck.names import TableRef, identifier
from buck.records.promotion import PromotedTable, Promotion, RawLoad
from buck.warehouses.postgres import column_type, copy_line
from buck.warehouses.postgres_views import Views
from buck.warehouses.promotions import content_of, forgettable, refuse_lost_rows

if TYPE_CHECKING:
    import psycopg

    from buck.engine import Rows

# `json`, not `jsonb`: the order of columns counts, and that keeps none.
_RECORD_TABLES: Final = """
    create schema if not exists {record};
    create schema if not exists {copies};
    create table if not exists {record}.lake (id text primary key);
    create table if not exists {record}.notes (name text primary key, value jsonb);
    create table if not exists {record}.loads (
        table_name text, version bigint, after_seq bigint, until_seq bigint, row_count bigint,
        is_whole boolean, number bigint generated always as identity,
        loaded_at timestamptz default now(), primary key (table_name, until_seq, version));
    create table if not exists {record}.promotions (
        number bigint primary key, facts json, published_at timestamptz default now());
    create table if not exists {record}.current (
        only_row boolean primary key default true check (only_row), number bigint)
"""


@dataclass(slots=True)
class PostgresPromotions:
    """Promotions into one PostgreSQL database; holds a lock there while it is open.

    The record's tables are made by the first write: asking leaves no trace.
    """

    collation: str
    prefix: str
    _connection: psycopg.Connection = field(repr=False)

    @classmethod
    def open(
        cls, connection: psycopg.Connection, *, collation: str, prefix: str
    ) -> PostgresPromotions:
        """Take the lock.

        Raises:
            WarehouseLocked: another promotion is under way.
        """
        found = cls(collation, prefix, connection)
        with found._errors("the promotion's record can't be read"):
            # Each `transaction()` is one of its own, not a part of what a question began.
            connection.autocommit = True
            row = connection.execute(
                "select pg_try_advisory_lock(hashtext(%s))", [found._record]
            ).fetchone()
            if not row or not row[0]:
                raise WarehouseLocked(
                    "another promotion into this database is under way",
                    hint="wait for its end and run it again; nothing was changed",
                )
        return found

    @property
    def copies(self) -> str:
        """The schema of the tables that keep promoted rows."""
        return f"{self.prefix}buck_marts"

    def engine(self) -> str:
        """Such as `PostgreSQL 16.4`."""
        row = self._connection.execute("select version()").fetchone()
        return " ".join(str(row[0]).split()[:2]) if row else "PostgreSQL"

    def lake(self) -> str | None:
        """See `Promotions.lake`."""
        rows = self._ask("lake", "select id from {}")
        return str(rows[0][0]) if rows else None

    def loads(self) -> Mapping[str, RawLoad]:
        """See `Promotions.loads`."""
        rows = self._ask(
            "loads",
            "select distinct on (table_name) table_name, version, after_seq, until_seq, row_count"
            " from {} order by table_name, number desc",
        )
        return {str(row[0]): RawLoad(*row) for row in rows}

    def columns(self, schema: str, name: str) -> tuple[str, ...]:
        """See `Promotions.columns`."""
        return Views(self._connection).columns(schema, name)

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
        table = identifier(schema, name)
        types = {c: column_type(kind, self.collation) for c, kind in rows.columns.items()}
        known = self.loads().get(entry.table)
        if known == entry:
            return 0
        with self._transaction(f"{entry.table} can't be loaded") as connection:
            connection.execute(f"create schema if not exists {identifier(schema)}".encode())
            if is_whole:
                # Views of an earlier build hang on it; they are built again.
                connection.execute(f"drop table if exists {table} cascade".encode())
                connection.execute(
                    f"delete from {self._here}.loads where table_name = %s", [entry.table]
                )
            body = ", ".join(f"{identifier(c)} {kind}" for c, kind in types.items())
            connection.execute(f"create table if not exists {table} ({body})".encode())
            for column in set(types) - set(self.columns(schema, name)):
                added = f"alter table {table} add column {identifier(column)} {types[column]}"
                connection.execute(added.encode())
            names = ", ".join(identifier(column) for column in types)
            with connection.cursor() as cursor:
                with cursor.copy(f"copy {table} ({names}) from stdin".encode()) as copy:
                    for chunk in rows.lines(copy_line(rows.columns)):
                        copy.write(chunk)
                arrived = cursor.rowcount
            refuse_lost_rows(entry.table, arrived=arrived, sent=entry.rows)
            connection.execute(
                f"insert into {self._here}.lake values (%s) on conflict do nothing", [lake]
            )
            connection.execute(
                f"insert into {self._here}.loads (table_name, version, after_seq, until_seq,"
                " row_count, is_whole) values (%s, %s, %s, %s, %s, %s)",
                [entry.table, entry.version, entry.after, entry.until, entry.rows, is_whole],
            )
            connection.execute(f"analyze {table}".encode())
        return arrived

    def promotions(self) -> list[Promotion]:
        """See `Promotions.promotions`."""
        rows = self._ask("promotions", "select facts from {} order by number")
        return [Promotion.from_dict(facts) for (facts,) in rows]

    def current(self) -> Promotion | None:
        """See `Promotions.current`."""
        rows = self._ask("current", "select number from {}")
        numbers = {number for (number,) in rows}
        return next((one for one in self.promotions() if one.number in numbers), None)

    def publish(self, promotion: Promotion, *, built: Mapping[TableRef, TableRef]) -> Promotion:
        """See `Promotions.publish`."""
        kept = {content_of(t): t.copy for one in self.promotions() for t in one.tables}
        with self._transaction(f"promotion {promotion.id} can't be published") as connection:
            tables = []
            for table in promotion.tables:
                copy = kept.get(content_of(table))
                if copy is None:
                    copy = _copy_name(table, promotion.number)
                    source = built[TableRef(table.schema, table.name)]
                    self._copy(copy, source.sql)
                tables.append(replace(table, copy=copy))
            promotion = replace(promotion, tables=tuple(tables))
            connection.execute(
                f"insert into {self._here}.promotions (number, facts) values (%s, %s)",
                [promotion.number, json.dumps(promotion.to_dict())],
            )
            self._show(promotion)
        return promotion

    def point_to(self, promotion: Promotion) -> None:
        """See `Promotions.point_to`."""
        with self._transaction(f"promotion {promotion.id} can't be shown"):
            self._show(promotion)

    def prune(self, keep: int) -> list[int]:
        """See `Promotions.prune`."""
        found, current = self.promotions(), self.current()
        gone = forgettable(found, current, keep=keep)
        named = {t.copy for p in found if p not in gone for t in p.tables}
        with self._transaction("earlier promotions can't be removed") as connection:
            for one in gone:
                connection.execute(
                    f"delete from {self._here}.promotions where number = %s", [one.number]
                )
            rows = connection.execute(
                "select tablename from pg_tables where schemaname = %s", [self.copies]
            ).fetchall()
            for (name,) in rows:
                if name not in named:
                    connection.execute(f"drop table {identifier(self.copies, name)}".encode())
        return [one.number for one in gone]

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """See `Promotions.note`."""
        with self._transaction("a note can't be written") as connection:
            connection.execute(
                f"insert into {self._here}.notes values (%s, %s)"
                " on conflict (name) do update set value = excluded.value",
                [name, json.dumps(dict(value))],
            )

    def noted(self, name: str) -> Mapping[str, Any]:
        """See `Promotions.noted`."""
        rows = self._ask("notes", "select name, value from {}")
        found: dict[str, Mapping[str, Any]] = dict(rows)
        return found.get(name, {})

    def drop_schemas(self, schemas: Sequence[str]) -> None:
        """See `Promotions.drop_schemas`."""
        with self._transaction("private schemas can't be dropped") as connection:
            for schema in schemas:
                connection.execute(f"drop schema if exists {identifier(schema)} cascade".encode())

    def close(self) -> None:
        """End the connection, and the lock with it."""
        self._connection.close()

    @property
    def _record(self) -> str:
        return f"{self.prefix}buck"

    @property
    def _here(self) -> str:
        return identifier(self._record)

    def _ask(self, table: str, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question about one table of the record; none before the first write."""
        with self._errors("the promotion's record can't be read"):
            if not self.columns(self._record, table):
                return []
            named = sql.format(identifier(self._record, table))
            return self._connection.execute(named.encode()).fetchall()

    def _copy(self, name: str, source: str) -> None:
        table = identifier(self.copies, name)
        self._connection.execute(f"create table {table} as select * from {source}".encode())
        self._connection.execute(f"analyze {table}".encode())

    def _show(self, promotion: Promotion) -> None:
        """Re-point every view within the open transaction."""
        shown = {
            TableRef(self.prefix + t.schema, t.name): TableRef(self.copies, t.copy)
            for t in promotion.tables
        }
        before = self.current()
        gone = [
            view
            for t in (before.tables if before else ())
            if (view := TableRef(self.prefix + t.schema, t.name)) not in shown
        ]
        Views(self._connection).show(shown, gone=gone)
        self._connection.execute(
            f"insert into {self._here}.current values (true, %s)"
            " on conflict (only_row) do update set number = excluded.number",
            [promotion.number],
        )

    @contextmanager
    def _transaction(self, what: str) -> Iterator[psycopg.Connection]:
        with self._errors(what), self._connection.transaction():
            self._connection.execute("set local client_min_messages = warning")
            names = {"record": identifier(self._record), "copies": identifier(self.copies)}
            self._connection.execute(_RECORD_TABLES.format(**names).encode())
            yield self._connection

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as exc:
            said = str(exc).strip().splitlines() or [type(exc).__name__]
            raise WarehouseError(f"{what}: {said[0]}", hint="see the server's log") from exc


def _copy_name(table: PromotedTable, number: int) -> str:
    """At most 63 bytes, PostgreSQL's limit, and unlike any other copy's."""
    ending = f"__{number:06d}"
    name = f"{table.schema}__{table.name}".encode()[: 63 - len(ending)]
    return name.decode(errors="ignore") + ending
