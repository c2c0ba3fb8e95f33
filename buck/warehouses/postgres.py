"""PostgreSQL as a warehouse: rows arrive through COPY, a table is replaced in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from buck.engine import target_address
from buck.errors import AccessDenied, WarehouseError
from buck.names import identifier
from buck.warehouses.columns import DECIMAL, text_of
from buck.warehouses.warehouse import Capabilities

if TYPE_CHECKING:
    import psycopg

    from buck.engine import Rows
    from buck.warehouses.postgres_promotions import PostgresPromotions

_TYPES: Final = {
    "BIGINT": "bigint",
    "BLOB": "bytea",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "HUGEINT": "numeric(39)",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TINYINT": "smallint",
    "UBIGINT": "numeric(20)",
    "UINTEGER": "bigint",
    "USMALLINT": "integer",
    "UTINYINT": "smallint",
}
# Byte order with the case rules of all letters, as DuckDB has; older servers have the order alone.
_COLLATIONS: Final = ("pg_c_utf8", "C")


@dataclass(slots=True)
class PostgresWarehouse:
    """A PostgreSQL database, 12 or newer."""

    name: str
    collation: str
    _connection: psycopg.Connection = field(repr=False)
    capabilities: Capabilities = field(
        default=Capabilities(atomic_replace=True, max_identifier_bytes=63), init=False
    )
    is_emulated: bool = field(default=False, init=False)

    @classmethod
    def open(cls, target: str, settings: Mapping[str, object]) -> PostgresWarehouse:
        """Connect with a dbt target's settings.

        Raises:
            AccessDenied: the user, the password or the database is wrong.
            WarehouseError: no answer.
        """
        import psycopg

        address = target_address(settings)
        try:
            connection = psycopg.connect(
                host=address.host,
                port=address.port,
                user=address.user,
                password=address.password,
                dbname=address.database,
                sslmode=address.options["sslmode"],
                connect_timeout=10,
                options="-c timezone=UTC",
            )
            row = connection.execute(
                "select collname from pg_collation where collname = any(%s)"
                " order by array_position(%s::text[], collname::text) limit 1",
                [list(_COLLATIONS), list(_COLLATIONS)],
            ).fetchone()
            connection.commit()
        except psycopg.OperationalError as exc:
            refused = "authentication" in str(exc) or "does not exist" in str(exc)
            kind = AccessDenied if refused else WarehouseError
            raise kind(
                f"PostgreSQL at {address.server}: {str(exc).strip().splitlines()[-1]}",
                hint="set BUCK_POSTGRES_HOST, _PORT, _USER, _DATABASE and "
                "DBT_ENV_SECRET_POSTGRES_PASSWORD",
            ) from exc
        return cls(target, str(row[0]) if row else "C", connection)

    def replace_table(self, schema: str, name: str, rows: Rows) -> int:
        """Make the table hold exactly these rows; readers see the old ones until all are there."""
        import psycopg

        table, spare = identifier(schema, name), identifier(schema, f"{name[:50]}__new")
        types = ", ".join(
            f"{identifier(column)} {column_type(kind, self.collation)}"
            for column, kind in rows.columns.items()
        )
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute(f"create schema if not exists {identifier(schema)}".encode())
                cursor.execute(f"drop table if exists {spare}".encode())
                cursor.execute(f"create table {spare} ({types})".encode())
                with cursor.copy(f"copy {spare} from stdin".encode()) as copy:
                    for chunk in rows.lines(copy_line(rows.columns)):
                        copy.write(chunk)
                count = cursor.rowcount
                # Views of an earlier build hang on the old table; they are built again.
                cursor.execute(f"drop table if exists {table} cascade".encode())
                cursor.execute(f"alter table {spare} rename to {identifier(name)}".encode())
                cursor.execute(f"analyze {table}".encode())
        except psycopg.Error as exc:
            what = str(exc).strip().splitlines()[0]
            raise WarehouseError(
                f"{schema}.{name} can't be loaded: {what}", hint="see the server's log"
            ) from exc
        return count

    def promotions(self, prefix: str) -> PostgresPromotions:
        """The record of what was promoted here under a prefix, for one promotion at a time.

        Raises:
            WarehouseLocked: another promotion is under way here.
        """
        from buck.warehouses.postgres_promotions import PostgresPromotions

        return PostgresPromotions.open(self._connection, collation=self.collation, prefix=prefix)

    def close(self) -> None:
        """End the connection."""
        with suppress(Exception):
            self._connection.close()


def column_type(kind: str, collation: str) -> str:
    """PostgreSQL's type for a column that has this type in DuckDB."""
    kind = kind.upper()
    if DECIMAL.fullmatch(kind):
        return kind.replace("DECIMAL", "numeric")
    return _TYPES.get(kind, f'text collate "{collation}"')


def copy_line(columns: Mapping[str, str]) -> str:
    """Each row as one line of COPY's text form, its end included, in DuckDB's SQL."""
    cells = ", ".join(_cell(name, kind) for name, kind in columns.items())
    return f"concat_ws(chr(9), {cells}) || chr(10)"


def _cell(name: str, kind: str) -> str:
    """A column's value as COPY's text form has it: its own marks escaped, null as a mark."""
    kind = kind.upper()
    if kind == "BLOB":
        return f"coalesce('\\\\x' || lower(hex({identifier(name)})), '\\N')"
    text = text_of(name, kind)
    if kind not in _TYPES and not DECIMAL.fullmatch(kind):
        for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            text = f"replace({text}, chr({ord(plain)}), '{escaped}')"
    return f"coalesce({text}, '\\N')"
