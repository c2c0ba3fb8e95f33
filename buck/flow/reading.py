"""Reading: the published snapshot (pinned), the candidates, the raw tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from buck.engine import connect, sql_errors
from buck.errors import BuckError, ConfigError, LakeError, QueryRefused
from buck.flow.lake_access import open_lake, pin_tables, published_sql
from buck.flow.leases import Lease
from buck.lake import SnapshotStore, stamp_sql
from buck.names import TableRef, identifier
from buck.project import Project
from buck.records.snapshot import Snapshot, SnapshotTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    import pyarrow as pa

    from buck.engine.types import Connection, Relation
    from buck.lake import Lake

Zone = Literal["published", "candidate", "raw", "ops"]
MARTS = "marts"
MISSING = re.compile(r'Table with name "?([\w.]+)"? does not exist')
WHERE: dict[Zone, str] = {
    "published": "a published mart",
    "raw": "a raw table",
    "candidate": "among the candidates",
    "ops": "a table of the run record",
}

Answer = tuple[list[str], list[tuple[Any, ...]]]
"""Column names, and rows."""


class Published:
    """One published snapshot; later publishes do not change what it reads.

    Use it as a context manager, or call `close`.
    """

    def __init__(self, project: Project, lake: Lake, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._lake = lake
        self._con = _published_connection(project, lake, snapshot)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all marts, `schema.table`, sorted."""
        return tuple(sorted(f"{t.schema}.{t.name}" for t in self.snapshot.tables))

    def table(self, name: str) -> PublishedTable:
        """One mart, such as `finance.fct_payments`.

        Raises:
            ConfigError: the snapshot has no such mart.
        """
        ref = TableRef.parse(name)
        for table in self.snapshot.tables:
            if (table.schema, table.name) == (ref.schema, ref.name):
                return PublishedTable(table, self._lake, self._con)
        raise ConfigError(
            f"snapshot {self.snapshot.id} has no mart {name!r}",
            hint=f"it has {', '.join(self.tables)}",
        )

    def sql(self, query: str) -> Relation:
        """The answer to a query over the marts, as a DuckDB relation."""
        return self._con.sql(query)

    def close(self) -> None:
        """Release the connection; relations made from it end with it."""
        self._con.close()

    def __enter__(self) -> Published:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PublishedTable:
    """One mart of a pinned snapshot, in the shape a caller wants. Rows have no order."""

    def __init__(self, table: SnapshotTable, lake: Lake, con: Connection) -> None:
        self._table = table
        self._lake = lake
        self._con = con

    @property
    def rows(self) -> int:
        """How many rows the mart has."""
        return self._table.rows

    def relation(self) -> Relation:
        """A DuckDB relation."""
        return self._con.sql(f"from {identifier(MARTS, self._table.schema, self._table.name)}")

    def arrow(self) -> pa.Table:
        """An Arrow table, read whole."""
        import pyarrow as pa

        return pa.table(self.relation().to_arrow_table())

    def polars(self) -> pl.LazyFrame:
        """A Polars LazyFrame, which reads only what it needs."""
        import polars as pl

        return pl.scan_parquet([self._lake.storage.fetch(name) for name in self._table.files])


def open_published(project: Project) -> Published:
    """The current snapshot.

    Raises:
        LakeError: nothing was published yet.
    """
    lake = open_lake(project)
    snapshot = SnapshotStore(lake.storage).current()
    if snapshot is None:
        raise LakeError("nothing is published yet", hint="buck run")
    return Published(project, lake, snapshot)


def open_zone(project: Project, zone: Zone) -> Connection:
    """A connection for queries over one zone. Nothing the queries do changes the lake.

    Raises:
        LakeError: nothing is there yet.
        LakeLocked: a run is writing the candidates.
    """
    if zone == "candidate":
        if not project.build_database.exists():
            raise LakeError("there are no candidates yet", hint="buck run")
        return connect(project.build_database, work=project.work, read_only=True)
    if zone == "ops":
        if not project.ops_database.exists():
            raise LakeError("the run record is not built yet", hint="buck ops build")
        return connect(project.ops_database, work=project.work, read_only=True)
    lake = open_lake(project)
    if zone == "raw":
        return _raw_connection(project, lake)
    snapshot = SnapshotStore(lake.storage).current()
    if snapshot is None:
        raise LakeError("nothing is published yet", hint="buck run")
    return _published_connection(project, lake, snapshot)


def run_query(project: Project, sql: str, zone: Zone) -> Answer:
    """Column names and rows of one query.

    Raises:
        QueryRefused: the SQL is wrong; the message is DuckDB's. The hint names the zone that has a
            table which is missing in this one.
    """
    con = open_zone(project, zone)
    try:
        *_, last = ask(con, sql)
    except QueryRefused as exc:
        missing = MISSING.search(exc.what)
        if missing is None or (other := _zone_of(project, missing[1])) is None:
            raise
        option = "" if other == "published" else f"--{other} "
        hint = f"{missing[1]} is {WHERE[other]}: buck query {option}…"
        raise QueryRefused(exc.what, hint=hint) from exc
    finally:
        con.close()
    return last


def _zone_of(project: Project, table: str) -> Zone | None:
    """The zone that has a table of this name; only asked if a query did not find it."""
    for zone in WHERE:
        try:
            con = open_zone(project, zone)
        except BuckError:
            continue  # It is not there yet, or a run is writing it.
        try:
            held = con.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        finally:
            con.close()
        if any(table in (f"{schema}.{name}", name) for schema, name in held):
            return zone
    return None


def ask(con: Connection, sql: str) -> Iterator[Answer]:
    """Column names and rows of every statement of a text, each run when it is asked for.

    Raises:
        QueryRefused: see `run_query`; or there is no statement in the text.
    """
    with sql_errors():
        statements = con.extract_statements(sql)
    if not statements:
        raise QueryRefused("there is no statement in the SQL", hint='buck query "show tables"')
    for statement in statements:
        with sql_errors():
            answer = con.execute(statement)
            columns = [d[0] for d in answer.description or ()]
            rows = answer.fetchall() if columns else []
        yield columns, rows


def _raw_connection(project: Project, lake: Lake) -> Connection:
    """The raw tables as views over the files of their newest versions, which stay meanwhile."""
    lease = Lease(project.work, "reads raw tables")
    try:
        pins = pin_tables(project, lake)
        lease.tell({str(pin.table): pin.version for pin in pins})
        con = connect(work=project.work)
        con.execute("create schema raw")
        for pin in pins:
            con.execute(f"create view {pin.table.ref.sql} as {pin.select_sql}")
    except BaseException:
        lease.close()
        raise
    lease.end_with(con)
    return con


def _published_connection(project: Project, lake: Lake, snapshot: Snapshot) -> Connection:
    """The marts as views over the snapshot's own files, in a catalog called marts."""
    con = connect(work=project.work)
    con.execute(f"attach ':memory:' as {identifier(MARTS)}")
    con.execute(f"use {identifier(MARTS)}")
    for schema in sorted({t.schema for t in snapshot.tables} | {"core"}):
        con.execute(f"create schema if not exists {identifier(schema)}")
    for table in snapshot.tables:
        select = published_sql(lake, table)
        con.execute(f"create view {identifier(table.schema, table.name)} as {select}")
    con.execute(stamp_sql(snapshot, catalog=MARTS))
    return con
