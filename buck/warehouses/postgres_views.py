"""Views that readers know, re-pointed together within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buck.names import TableRef, identifier
from buck.warehouses.promotions import refuse_foreign_name

if TYPE_CHECKING:
    import psycopg


@dataclass(slots=True)
class Views:
    """The views of one PostgreSQL database."""

    _connection: psycopg.Connection = field(repr=False)

    def columns(self, schema: str, name: str) -> tuple[str, ...]:
        """The columns of a table or view in order; empty if there is none."""
        rows = self._connection.execute(
            "select attname from pg_attribute join pg_class c on c.oid = attrelid"
            " join pg_namespace n on n.oid = relnamespace"
            " where nspname = %s and relname = %s and attnum > 0 and not attisdropped"
            " order by attnum",
            [schema, name],
        ).fetchall()
        return tuple(str(row[0]) for row in rows)

    def show(self, shown: Mapping[TableRef, TableRef], *, gone: Sequence[TableRef]) -> None:
        """Make each view give the rows of its table, and drop those that are gone.

        Call it within a transaction. A view keeps its grants, also where its columns change so
        much that it must be made anew.

        Raises:
            WarehouseError: a table that Buck did not make has the name of a view.
        """
        for view, table in shown.items():
            kind = self._kind(view)
            refuse_foreign_name(view, is_view=kind in (None, "v"))
            self._execute(f"create schema if not exists {identifier(view.schema)}")
            if kind is None or self._fits(view, table):
                self._replace(view, table)
            else:
                self._make_anew(view, table)
        for view in gone:
            self._execute(f"drop view if exists {view.sql}")

    def _kind(self, ref: TableRef) -> str | None:
        row = self._connection.execute(
            "select relkind from pg_class c join pg_namespace n on n.oid = relnamespace"
            " where nspname = %s and relname = %s",
            [ref.schema, ref.name],
        ).fetchone()
        if row is None:
            return None
        return row[0].decode() if isinstance(row[0], bytes) else str(row[0])

    def _fits(self, view: TableRef, table: TableRef) -> bool:
        """Whether PostgreSQL lets the view be replaced: the old columns first, of the same type."""
        before, after = self._typed(view), self._typed(table)
        return after[: len(before)] == before

    def _typed(self, ref: TableRef) -> list[tuple[str, str]]:
        rows = self._connection.execute(
            "select attname, format_type(atttypid, atttypmod) || coalesce(attcollation, 0)"
            " from pg_attribute join pg_class c on c.oid = attrelid"
            " join pg_namespace n on n.oid = relnamespace"
            " where nspname = %s and relname = %s and attnum > 0 and not attisdropped"
            " order by attnum",
            [ref.schema, ref.name],
        ).fetchall()
        return [(str(name), str(kind)) for name, kind in rows]

    def _replace(self, view: TableRef, table: TableRef) -> None:
        self._execute(f"create or replace view {view.sql} as select * from {table.sql}")

    def _make_anew(self, view: TableRef, table: TableRef) -> None:
        grants = self._connection.execute(
            "select privilege_type, grantee, is_grantable from information_schema.table_privileges"
            " where table_schema = %s and table_name = %s and grantee <> current_user",
            [view.schema, view.name],
        ).fetchall()
        self._execute(f"drop view {view.sql}")
        self._replace(view, table)
        for privilege, grantee, is_grantable in grants:
            who = "public" if grantee == "PUBLIC" else identifier(grantee)
            more = " with grant option" if is_grantable == "YES" else ""
            self._execute(f"grant {privilege} on {view.sql} to {who}{more}")

    def _execute(self, sql: str) -> None:
        self._connection.execute(sql.encode())
