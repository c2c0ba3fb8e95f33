"""Bring the application's database to where the company's history says it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import psycopg
from psycopg import sql

from buck.errors import SandboxError
from buck.sandbox.company.change import Change
from buck.sandbox.postgres.schema import TABLES, to_row

T = TypeVar("T")


def load_changes(connection: psycopg.Connection, changes: Iterable[Change]) -> int:
    """Fill empty tables with the state after all changes, and say how many rows there are.

    Only the last version of each row is written, by COPY, in the order the rows were first
    inserted. The result equals `apply_changes` on empty tables; logical decoding does not see the
    versions between.
    """
    rows: dict[str, dict[object, Mapping[str, object]]] = {table: {} for table in TABLES}
    for change in changes:
        table = _known_rows(rows, change.table)
        if change.op == "delete":
            table.pop(change.record["id"], None)
        else:
            table[change.record["id"]] = change.record
    try:
        with connection.transaction(), connection.cursor() as cursor:
            for name, records in rows.items():
                columns = sql.SQL(", ").join(map(sql.Identifier, TABLES[name]))
                statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(name), columns)
                with cursor.copy(statement) as copy:
                    for record in records.values():
                        copy.write_row(to_row(name, record))
    except psycopg.Error as exc:
        raise _refused(exc) from exc
    return sum(map(len, rows.values()))


def apply_changes(connection: psycopg.Connection, changes: Iterable[Change]) -> int:
    """Write every change in order, and say how many there were.

    What the company did in one second is one transaction, so logical decoding sees every version
    of a row in commit order.
    """
    statements = {
        (table, op): statement for table in TABLES for op, statement in _statements(table).items()
    }
    count = 0
    open_since: datetime | None = None
    try:
        with connection.pipeline(), connection.cursor() as cursor:
            for change in changes:
                _known_rows(TABLES, change.table)
                if change.at != open_since:
                    cursor.execute("begin" if open_since is None else "commit and chain")
                    open_since = change.at
                cursor.execute(
                    statements[change.table, change.op],
                    _parameters(change),
                    prepare=True,
                )
                count += 1
            if open_since is not None:
                cursor.execute("commit")
    except psycopg.Error as exc:
        with suppress(psycopg.Error):
            connection.rollback()
        raise _refused(exc) from exc
    return count


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows each table holds now."""
    counts = {}
    for table in TABLES:
        statement = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
        row = connection.execute(statement).fetchone()
        counts[table] = int(row[0]) if row else 0
    return counts


def _known_rows(tables: Mapping[str, T], table: str) -> T:
    if table not in tables:
        raise SandboxError(f"the application has no table {table!r}; it has {sorted(tables)}")
    return tables[table]


def _statements(table: str) -> dict[str, sql.Composed]:
    name, columns = sql.Identifier(table), list(map(sql.Identifier, TABLES[table]))
    holes = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
    listed = sql.SQL(", ").join(columns)
    return {
        "insert": sql.SQL("insert into {} ({}) values ({})").format(name, listed, holes),
        "update": sql.SQL("update {} set ({}) = row({}) where id = %s").format(name, listed, holes),
        "delete": sql.SQL("delete from {} where id = %s").format(name),
    }


def _parameters(change: Change) -> list[object]:
    if change.op == "delete":
        return [change.record["id"]]
    row = to_row(change.table, change.record)
    return row if change.op == "insert" else [*row, change.record["id"]]


def _refused(exc: psycopg.Error) -> SandboxError:
    return SandboxError(f"the sandbox's PostgreSQL server refused a change: {exc}")
