"""The rows of a query: by REST while they are few, by Bulk chunks in the order of Ids beyond."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from buck.errors import SourceUnreachable
from buck.records.table import TableSpec
from buck.sources.salesforce.bulk import Polling, bulk_query
from buck.sources.salesforce.rest import query_all
from buck.sources.salesforce.session import ObjectDenied, OrgSession
from buck.sources.salesforce.values import Row, rows_from_csv, rows_from_json

_LONGEST_QUERY = 12_000
"""Characters of a percent-encoded query that fit into an address."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How far back and how carefully an org is read."""

    lag: timedelta = timedelta(minutes=5)
    """Rows younger than this are left for the next load: their transactions may not all be
    visible yet."""
    lookback: timedelta = timedelta(minutes=15)
    """How far before the last load's end rows are read again."""
    small_rows: int = 2_000
    """So many rows are read by REST; only what comes after them takes Bulk jobs."""
    chunk_rows: int = 250_000
    """Rows of one Bulk job, at most."""
    max_deleted_share: float = 0.1
    """The share of rows that may be found gone at once when ids are compared."""
    extra_formulas: tuple[str, ...] = ()
    """Fields, as `Object.Field`, that behave like formulas without being described so."""
    polling: Polling = field(default_factory=Polling)


@dataclass(frozen=True, slots=True)
class Selection:
    """A query over one object: which fields of which rows. `Id` is among the fields.

    Conditions all hold. Rows come in the order of their Ids, so that a chunk can begin where the
    one before it ended: an Id never changes, whatever happens to the rows meanwhile.
    """

    object_name: str
    fields: tuple[str, ...]
    spec: TableSpec
    """The fields' types."""
    conditions: tuple[str, ...] = ()

    def soql(self, *, after: str | None = None, limit: int | None = None) -> str:
        """The query for the rows after an Id, at most `limit` of them."""
        conditions = list(self.conditions)
        if after is not None:
            conditions.append(f"Id > '{after}'")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        end = f" LIMIT {limit}" if limit is not None else ""
        return f"SELECT {', '.join(self.fields)} FROM {self.object_name}{where} ORDER BY Id{end}"


def read_rows(
    session: OrgSession, selection: Selection, *, settings: Settings, scratch: Path
) -> Iterator[list[Row]]:
    """The selected rows in pages, ordered by Id, deleted ones of the recycle bin included.

    The first `small_rows` come by REST, which costs one request for two thousand rows; the rest
    by Bulk API 2.0 in chunks. An object that Bulk does not take is read on by REST, whose queryAll
    gives the same rows.

    Raises:
        ObjectDenied: the object may not be read.
        SourceUnreachable: rows are missing from an answer, or none came until patience ran out.
        BudgetSpent: the day's requests are used up.
    """
    after: str | None = None
    # An address has an end. The Id that a later chunk starts from is short.
    fits = len(quote(selection.soql(after="0" * 18, limit=settings.small_rows))) <= _LONGEST_QUERY
    if fits and settings.small_rows > 0:
        count = 0
        for rows in _by_rest(session, selection, limit=settings.small_rows):
            count += len(rows)
            after = str(rows[-1]["id"])
            yield rows
        if count < settings.small_rows:
            return
    try:
        yield from _by_bulk(session, selection, after, settings=settings, scratch=scratch)
    except _BulkRefused as refused:
        # Some objects cannot be queried in bulk; the refusal comes before a chunk's first row.
        if not fits:
            raise refused.denial from refused
        yield from _by_rest(session, selection, after=refused.after)


class _BulkRefused(Exception):
    """The org made no job of the query for the rows after an Id."""

    def __init__(self, denial: ObjectDenied, after: str | None) -> None:
        super().__init__(denial.what)
        self.denial = denial
        self.after = after


def _by_rest(
    session: OrgSession,
    selection: Selection,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> Iterator[list[Row]]:
    soql = selection.soql(after=after, limit=limit)
    for records in query_all(session, soql, about=selection.object_name):
        yield rows_from_json(records, spec=selection.spec, fields=selection.fields)


def _by_bulk(
    session: OrgSession,
    selection: Selection,
    after: str | None,
    *,
    settings: Settings,
    scratch: Path,
) -> Iterator[list[Row]]:
    while True:
        pages = bulk_query(
            session,
            selection.soql(after=after, limit=settings.chunk_rows),
            about=selection.object_name,
            fields=selection.fields,
            scratch=scratch,
            polling=settings.polling,
        )
        count, last = 0, after
        try:
            for page in pages:
                rows = rows_from_csv(page, spec=selection.spec, fields=selection.fields)
                if rows:
                    count, last = count + len(rows), str(rows[-1]["id"])
                    yield rows
        except ObjectDenied as exc:
            raise _BulkRefused(exc, after) from exc
        if count < settings.chunk_rows:
            return
        if last == after:
            raise SourceUnreachable(
                f"salesforce gave the same rows of {selection.object_name} again after {after}",
                hint="run again; if it stays, Bulk jobs of this org ignore ORDER BY Id",
            )
        after = last


def soql_time(at: datetime) -> str:
    """A time as SOQL writes it, exact to the millisecond, which is all that Salesforce keeps."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
