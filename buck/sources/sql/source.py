"""Tables of a database as dlt resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from buck.errors import (
    BuckError,
    ConfigError,
    SourceChanged,
    SourceDenied,
    SourceError,
    SourceUnreachable,
    causes,
)
from buck.records.load import TimeRange
from buck.records.table import TableSpec
from buck.sources.arrow import rows_to_arrow
from buck.sources.batches import yield_batches
from buck.sources.deletions import find_deleted
from buck.sources.load import Load, TableLoad, current_load
from buck.sources.sql.tables import EPOCH, SqlTable, describe, place

if TYPE_CHECKING:
    import sqlalchemy as sa
    from dlt.extract import DltResource

PAGE_ROWS = 5_000
DENIED = ("access denied", "authentication", "permission", "login failed", "not authorized")


def resources(
    url: str,
    *,
    tables: Sequence[SqlTable],
    schema: str | None = None,
    lookback: int = 300,
    max_deleted_share: float = 0.01,
    backend: str = "sqlalchemy",
) -> list[DltResource]:
    """Tables as dlt resources, for a `@dlt.source` function to return.

    The first load reads whole tables, later ones what changed since the committed mark. Rows that
    were deleted arrive as tombstones. A database that does not tell which transactions are open
    may commit a row late: `lookback` must be longer than its longest transaction.

    Args:
        url: SQLAlchemy's address, for example `mysql+pymysql://user:password@host/shop`.
        tables: What `table(...)` declared.
        schema: The schema they are in, if not the database's default.
        lookback: How far before the mark to read again: seconds, or ids for an id cursor.
        max_deleted_share: The share of rows that may vanish between two loads. If more are gone
            (and more than 100), the table is left out and the load is degraded, until
            `buck run --confirm-deletions SOURCE.TABLE` says that it is meant.
        backend: How dlt reads: `sqlalchemy`, or `pyarrow`.

    Raises:
        ConfigError: SQLAlchemy or the database's driver is not installed, or `url` is no address.

    Raises (while they are read):
        SourceUnreachable, SourceDenied: the database does not answer, or refuses.
        SourceChanged: a table or a needed column is gone.
    """
    settings = _Settings(schema, lookback, max_deleted_share, backend)
    reader = _Reader(current_load(), _open_engine(url), settings)
    return [reader.resource(one) for one in tables]


@dataclass(frozen=True, slots=True)
class _Settings:
    schema: str | None
    lookback: int
    max_deleted_share: float
    backend: str


def _open_engine(url: str) -> sa.Engine:
    try:
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ImportError as exc:
        raise ConfigError(
            "SQLAlchemy is not installed", hint="pip install 'buck-lakehouse[sql]'"
        ) from exc
    try:
        return sqlalchemy.create_engine(url)
    except (ArgumentError, NoSuchModuleError, ValueError):
        # Without the cause: its message repeats the address.
        kind = url.partition("://")[0][:30] if "://" in url else ""
        raise ConfigError(
            f"the database address is not one that SQLAlchemy knows (it begins with {kind!r})",
            hint="write dialect+driver://user:password@host/database",
        ) from None
    except ImportError as exc:
        raise ConfigError(
            f"the database's driver is not installed: {exc}", hint=f"pip install {exc.name or ''}"
        ) from exc


class _Reader:
    """Reads the tables of one load over one engine."""

    def __init__(self, load: Load, engine: sa.Engine, settings: _Settings) -> None:
        self.load = load
        self.engine = engine
        self.settings = settings
        self.span = load.span

    def resource(self, one: SqlTable) -> DltResource:
        import dlt

        def read() -> Iterator[Any]:
            with self._errors():
                yield from self._read(one)

        return dlt.resource(read, name=one.spec.name, write_disposition="append")

    def _read(self, one: SqlTable) -> Iterator[Any]:
        spec = describe(one, self._reflect(one))
        opened = self.load.table(spec)
        now = {column.name for column in spec.columns}
        own = [c for c in opened.columns if not c.startswith("_buck_") and not c.endswith("__text")]
        if not opened.lose([name for name in own if name not in now]):
            return
        if self.span is not None:
            yield from self._read_span(one, opened, self.span)
            return
        since = self._since(opened)
        newest: list[int] = []
        seen: set[tuple[Any, ...]] | None = None if since is not None else set()
        rows = self._rows(one, spec, since=since)
        yield from yield_batches(
            opened, _watch(spec, rows, newest), source_at=_told_by(spec), seen=seen
        )
        self._advance(opened, newest)
        if not one.is_append_only and not opened.is_first:
            yield from self._deletions(one, opened, seen)

    def _read_span(self, one: SqlTable, opened: TableLoad, span: TimeRange) -> Iterator[Any]:
        """Only the rows of a stretch of time; no marks, and nothing about what is gone."""
        if _kind(opened.spec) != "time":
            self.load.pass_over(opened.spec, "has no cursor that is a time")
            return
        rows = self._rows(one, opened.spec, since=span.start_at, until=span.end_at)
        yield from yield_batches(opened, rows, source_at=_told_by(opened.spec))

    def _reflect(self, one: SqlTable) -> sa.Table:
        import sqlalchemy as sa

        try:
            metadata = sa.MetaData(schema=self.settings.schema)
            return sa.Table(one.name, metadata, autoload_with=self.engine, resolve_fks=False)
        except sa.exc.NoSuchTableError as exc:
            raise SourceChanged(
                f"{one.spec.source}: there is no table {one.name}, or no right to see it",
                hint="grant select on it, or take it out of the pipeline's file",
            ) from exc

    def _rows(
        self,
        one: SqlTable,
        spec: TableSpec,
        *,
        since: Any = None,
        until: Any = None,
        only: Sequence[str] = (),
    ) -> Iterator[Mapping[str, Any]]:
        """Rows as dlt's sql_table reads them, page by page."""
        from dlt.sources.sql_database import sql_table

        def narrow(query: Any, table: Any) -> Any:
            import sqlalchemy as sa

            if since is None or spec.cursor is None:
                return query
            cursor = table.c[spec.cursor]
            begin = cursor >= self._literal(since)
            if until is not None:
                return query.where(begin, cursor < self._literal(until))
            # A row whose cursor nobody set would otherwise never be seen again.
            return query.where(sa.or_(begin, cursor.is_(None)))

        pages = sql_table(
            self.engine,
            table=one.name,
            schema=self.settings.schema,
            backend=self.settings.backend,  # type: ignore[arg-type]
            chunk_size=PAGE_ROWS,
            table_adapter_callback=self._as_stored,
            query_adapter_callback=narrow,
            included_columns=list(only) or None,
        )
        for page in pages:
            yield from page.to_pylist() if hasattr(page, "to_pylist") else [page]

    def _as_stored(self, table: sa.Table) -> None:
        """SQLite holds what it was given: let the table's contract judge it, not SQLAlchemy."""
        from sqlalchemy import types

        if self.engine.dialect.name == "sqlite":
            for column in table.columns:
                if isinstance(column.type, types.Numeric | types.DateTime | types.Date):
                    column.type = types.NullType()

    def _literal(self, value: Any) -> Any:
        """A cursor's value as the database compares it."""
        if not isinstance(value, datetime):
            return value
        naive = value.replace(tzinfo=None)
        return naive.isoformat(sep=" ") if self.engine.dialect.name == "sqlite" else naive

    def _since(self, opened: TableLoad) -> Any:
        """From where to read; None for everything."""
        kind = _kind(opened.spec)
        mark = opened.position.get("id_until" if kind == "id" else "cursor_until")
        if kind is None or mark is None:
            return None
        if kind == "id":
            return mark - self.settings.lookback
        back = timedelta(seconds=self.settings.lookback)
        column = opened.spec.column(opened.spec.cursor or "")
        at = EPOCH + timedelta(microseconds=mark) - back
        return at - timedelta(days=1) if column and column.type == "date" else at

    def _advance(self, opened: TableLoad, newest: list[int]) -> None:
        """The next mark: never back, and never ahead of this load's own time."""
        kind = _kind(opened.spec)
        if kind is None:
            opened.advance(loads=opened.sequence)
            return
        mark = "id_until" if kind == "id" else "cursor_until"
        now_us = (self.load.as_of - EPOCH) // timedelta(microseconds=1)
        found = [value if kind == "id" else min(value, now_us) for value in newest]
        known = [v for v in (*found, opened.position.get(mark)) if v is not None]
        if known:
            opened.advance(**{mark: max(known)})

    def _deletions(
        self, one: SqlTable, opened: TableLoad, seen: set[tuple[Any, ...]] | None
    ) -> Iterator[Any]:
        spec = opened.spec
        if seen is None:
            seen = set(self._keys(one, opened))
        is_confirmed = spec.name in self.load.confirmed
        try:
            share = 1.0 if is_confirmed else self.settings.max_deleted_share
            gone = find_deleted(opened, seen, max_share=share)
        except SourceChanged as exc:
            name = f"{spec.source}.{spec.name}"
            self.load.skip(
                spec, f"{exc.what}; if that is meant: buck run --confirm-deletions {name}"
            )
            return
        if gone:
            yield opened.arrow(gone, op="d", source_at=[opened.as_of] * len(gone))

    def _keys(self, one: SqlTable, opened: TableLoad) -> Iterator[tuple[Any, ...]]:
        """Every key the table has now, as the lake would hold it."""
        spec = opened.spec
        columns = tuple(column for column in spec.columns if column.name in spec.key)
        records = list(self._rows(one, replace(spec, cursor=None), only=spec.key))
        held = rows_to_arrow(
            replace(spec, columns=columns),
            records,
            op="r",
            source_at=None,
            load_id=opened.load_id,
            as_of=opened.as_of,
        )
        for row in held.select(list(spec.key)).to_pylist():
            yield tuple(row[name] for name in spec.key)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Say in Buck's words what the database refused, without its password."""
        from dlt.extract.exceptions import ResourceExtractionError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, ResourceExtractionError) as exc:
            raise self._translated(exc) from exc

    def _translated(self, exc: BaseException) -> BuckError:
        from sqlalchemy.exc import DBAPIError, OperationalError

        cause = next((e for e in causes(exc) if isinstance(e, BuckError | DBAPIError)), None)
        if isinstance(cause, BuckError):
            return cause
        address = self.engine.url
        where = f"{address.get_backend_name()} at {address.host or address.database}"
        told = str(getattr(cause, "orig", None) or cause or exc).strip().splitlines()
        reason = told[0] if told else type(exc).__name__
        if address.password:
            reason = reason.replace(str(address.password), "…")
        if any(sign in reason.lower() for sign in DENIED):
            return SourceDenied(f"{where} refuses: {reason}", hint="check the address in .env")
        if isinstance(cause, OperationalError):
            return SourceUnreachable(f"{where}: {reason}", hint="check the address, run again")
        return SourceError(f"{where}: {reason}", hint="nothing of this load was committed")


def _kind(spec: TableSpec) -> str | None:
    """Whether the cursor is an `id` or a `time`."""
    column = spec.column(spec.cursor) if spec.cursor else None
    return None if column is None else "id" if column.type == "bigint" else "time"


def _watch(
    spec: TableSpec, rows: Iterator[Mapping[str, Any]], newest: list[int]
) -> Iterator[Mapping[str, Any]]:
    """Give rows on and keep the greatest place of the cursor in `newest`."""
    for row in rows:
        at = place(row[spec.cursor]) if spec.cursor else None
        if at is not None and (not newest or at > newest[0]):
            newest[:] = [at]
        yield row


def _told_by(spec: TableSpec) -> Any:
    """When a row says that it changed."""
    if _kind(spec) != "time" or spec.cursor is None:
        return None
    name = spec.cursor

    def told(row: Mapping[str, Any]) -> datetime | None:
        at = place(row.get(name))
        return None if at is None else EPOCH + timedelta(microseconds=at)

    return told
