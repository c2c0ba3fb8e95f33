"""PostgreSQL tables as dlt resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from buck.engine import PostgresAddress, attach_postgres, connect_frugal, parse_address
from buck.records.table import Column, Contract, TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import SEQUENCE_SHIFT, Load, TableLoad, current_load
from buck.sources.parsing import VARIANT
from buck.sources.postgres.catalog import (
    Described,
    catalog_errors,
    connect_catalog,
    describe,
    has_nan,
    newest_value,
    read_horizon,
)
from buck.sources.postgres.deletions import compare_keys, write_tombstones
from buck.sources.postgres.extract import (
    ALIAS,
    RowFile,
    copy_rows,
    cursor_filter,
    newest_in,
    span_filter,
)
from buck.sources.postgres.marks import EPOCH, advance_mark, settles_slowly

if TYPE_CHECKING:
    import psycopg
    from dlt.extract import DltResource

    from buck.engine.types import Connection
    from buck.records.load import TimeRange


@dataclass(frozen=True, slots=True)
class PostgresTable:
    """How one table is read; `spec.columns` names what is special, the server tells the rest."""

    spec: TableSpec
    is_append_only: bool = False
    """Rows are never changed or deleted, so keys need not be compared."""
    dropped: tuple[str, ...] = ()
    """Columns that are in the lake and no longer in the database, on purpose."""


def table(
    name: str,
    *,
    source: str,
    key: Sequence[str] = (),
    cursor: str | None = None,
    personal: Sequence[str] = (),
    subject: str | None = None,
    append_only: bool = False,
    dropped: Sequence[str] = (),
    contract: Contract = "evolve",
) -> PostgresTable:
    """Declare one table.

    Args:
        name: The table in PostgreSQL, and in the lake.
        source: The source's name in the lake.
        key: The columns that name a row; the primary key if not given.
        cursor: A column that grows whenever a row changes (`updated_at`), or a growing id of an
            append-only table. Without one the whole table is read every time.
        personal: Columns holding personal data.
        subject: The column that names the person a row is about.
        append_only: Whether rows are never changed or deleted.
        dropped: Columns the database no longer has, on purpose; they read as null from now on.
        contract: What a changed type or a vanished column does; `.buck.yml` may say otherwise.
    """
    columns = tuple(Column(c, "text", personal=True) for c in personal)
    spec = TableSpec(
        source, name, tuple(key), columns, cursor=cursor, subject=subject, contract=contract
    )
    return PostgresTable(spec, append_only, tuple(dropped))


def resources(
    url: str,
    *,
    tables: Sequence[PostgresTable],
    schema: str = "public",
    lookback: int = 300,
    max_deleted_share: float = 0.01,
    compare_keys_h: float = 0.0,
) -> list[DltResource]:
    """PostgreSQL tables as dlt resources, for a `@dlt.source` function to return.

    The first load reads whole tables, later ones what changed since the committed mark. Marks never
    pass the start of a transaction that is still open, so a late commit is not missed. Rows that
    were deleted arrive as tombstones.

    Args:
        url: `postgresql://user:password@host:port/database`.
        tables: What `table(...)` declared.
        schema: The schema they are in.
        lookback: How far before the mark to read again: seconds, or ids for an id cursor.
        max_deleted_share: The share of rows that may vanish between two loads. If more are gone
            (and more than 100), the table is left out and the load is degraded, until
            `buck run --confirm-deletions SOURCE.TABLE` says that it is meant.
        compare_keys_h: Hours between two comparisons of all keys, which find deleted rows. By
            default every load compares; for tables of many millions of rows once a day (24) saves
            reading their keys each time.

    Raises:
        ConfigError: `url` is something else.

    Raises (while they are read):
        SourceUnreachable, SourceDenied: the server does not answer, or refuses.
        SourceChanged: a table or a needed column is gone.
    """
    settings = _Settings(parse_address(url), schema, lookback, max_deleted_share, compare_keys_h)
    session = _Session(current_load(), settings, open_readers=len(tables))
    return [_resource(session, one) for one in tables]


@dataclass(frozen=True, slots=True)
class _Settings:
    address: PostgresAddress
    schema: str
    lookback: int
    max_deleted_share: float
    compare_keys_h: float


class _Session:
    """The connections that all tables of one load share, closed after the last of them."""

    def __init__(self, load: Load, settings: _Settings, *, open_readers: int) -> None:
        self.load = load
        self.settings = settings
        self._open_readers = open_readers
        self._catalog: psycopg.Connection | None = None
        self._con: Connection | None = None

    @property
    def catalog(self) -> psycopg.Connection:
        if self._catalog is None:
            self._catalog = connect_catalog(self.settings.address)
        return self._catalog

    @property
    def con(self) -> Connection:
        if self._con is None:
            self._con = connect_frugal(work=self.load.scratch.parent.parent)
            attach_postgres(self._con, ALIAS, self.settings.address)
        return self._con

    def leave(self) -> None:
        """One reader is done; the last one closes the connections."""
        self._open_readers -= 1
        if self._open_readers == 0:
            self.close()

    def close(self) -> None:
        for connection in (self._catalog, self._con):
            if connection is not None:
                connection.close()


def _resource(session: _Session, one: PostgresTable) -> DltResource:
    import dlt

    def read() -> Iterator[Any]:
        try:
            with catalog_errors(session.settings.address):
                yield from _read(session, one)
        except BaseException:
            session.close()
            raise
        session.leave()

    return dlt.resource(read, name=one.spec.name, write_disposition="append")


def _read(session: _Session, one: PostgresTable) -> Iterator[Any]:
    load, settings = session.load, session.settings
    if not load.wants(one.spec.name):
        return
    described = describe(session.catalog, one.spec, schema=settings.schema)
    opened = load.table(described.spec)
    if not opened.lose(_vanished(opened, one)):
        return
    if load.span is not None:
        yield from _read_span(session, described, opened, load.span)
        return
    # Asked before the rows are read: what commits later than this comes next time.
    newest, horizon = None, read_horizon(session.catalog)
    settles = settles_slowly(described, horizon)
    if settles:
        newest = newest_value(session.catalog, described, schema=settings.schema)
        horizon = read_horizon(session.catalog)
    where = cursor_filter(described, opened, lookback=settings.lookback)
    is_whole = described.is_scannable and not where
    # A NaN written between this question and the scan is newer than the mark and read again.
    if is_whole and has_nan(session.catalog, described, schema=settings.schema):
        is_whole = False
    files = copy_rows(
        session.con,
        described,
        opened,
        schema=settings.schema,
        where=where,
        is_whole=is_whole,
        folder=load.scratch / f"{one.spec.name}-rows",
    )
    if not settles:
        newest = newest_in(session.con, described, files)
    advance_mark(described, opened, newest=newest, horizon=horizon)
    yield from _import(opened, files)
    if opened.is_first:
        _mark_first(described, opened, settings)
    elif not one.is_append_only:
        yield from _read_deletions(session, described, opened, read=None if where else files)


def _read_span(
    session: _Session, described: Described, opened: TableLoad, span: TimeRange
) -> Iterator[Any]:
    """Only the rows whose cursor lies in a range; no marks, and nothing about what is gone."""
    load, settings = session.load, session.settings
    where = span_filter(described, span)
    if where is None:
        load.pass_over(described.spec, "has no update time as its cursor")
        return
    folder = load.scratch / f"{described.spec.name}-rows"
    yield from _import(
        opened,
        copy_rows(
            session.con,
            described,
            opened,
            schema=settings.schema,
            where=where,
            is_whole=False,
            folder=folder,
        ),
    )


def _read_deletions(
    session: _Session, described: Described, opened: TableLoad, *, read: list[RowFile] | None
) -> Iterator[Any]:
    """Tombstones for what is gone, if it is time to compare keys."""
    load, settings, name = session.load, session.settings, described.spec.name
    if not _is_due(opened, every_h=settings.compare_keys_h):
        return
    found = compare_keys(session.con, described, opened, schema=settings.schema, read=read)
    if found.is_suspicious(settings.max_deleted_share) and name not in load.confirmed:
        load.skip(
            described.spec,
            f"{found.gone} of {found.known} rows of {opened.spec.source}.{name} are gone at once; "
            f"if that is meant: buck run --confirm-deletions {opened.spec.source}.{name}",
        )
        return
    if settings.compare_keys_h:
        opened.advance(keys_compared_at=_microseconds(opened.as_of))
    if found.gone:
        folder = load.scratch / f"{name}-gone"
        yield from _import(opened, write_tombstones(session.con, described, opened, folder=folder))


def _mark_first(described: Described, opened: TableLoad, settings: _Settings) -> None:
    """Keep what is known of a first load: it is one snapshot, and nothing of it is gone yet."""
    if described.is_key_unique:
        opened.advance(unique_until=(opened.sequence << SEQUENCE_SHIFT) + opened.received - 1)
    if settings.compare_keys_h:
        opened.advance(keys_compared_at=_microseconds(opened.as_of))


def _is_due(opened: TableLoad, *, every_h: float) -> bool:
    """Whether the last comparison of keys was long enough ago."""
    last = opened.position.get("keys_compared_at")
    return last is None or _microseconds(opened.as_of) - last >= every_h * 3_600_000_000


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _vanished(opened: TableLoad, one: PostgresTable) -> list[str]:
    """Columns that the lake has and the database no longer, without a word about it.

    `..__text` columns are the lake's own.
    """
    now = {column.name for column in opened.spec.columns}
    return [
        name
        for name in opened.columns
        if name not in now
        and name not in one.dropped
        and not name.startswith("_buck_")
        and not name.endswith(VARIANT)
    ]


def _import(opened: TableLoad, files: Sequence[RowFile]) -> Iterator[Any]:
    """Hand finished files to dlt, which links them into its package without reading them."""
    import dlt

    empty = spec_schema(opened.spec).empty_table()
    for file in files:
        yield dlt.mark.with_file_import(
            str(file.path), "parquet", items_count=file.rows, hints=empty
        )
