"""Endpoints of a JSON API: paging and retries by dlt, rows and marks by the load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from buck.errors import (
    BuckError,
    ConfigError,
    SourceChanged,
    SourceDenied,
    SourceError,
    SourceUnreachable,
    causes,
)
from buck.sources.batches import Record, yield_batches
from buck.sources.deletions import find_deleted
from buck.sources.field_names import Renamer
from buck.sources.load import Load, TableLoad, current_load
from buck.sources.rest.tables import EPOCH, RestTable, Since

if TYPE_CHECKING:
    from dlt.extract import DltResource

    from buck.records.load import TimeRange

DENIED = (401, 403)


def resources(
    base_url: str,
    *,
    tables: Sequence[RestTable],
    auth: Any = None,
    headers: Mapping[str, str] | None = None,
    paginator: Any = None,
    lookback_s: int = 300,
    max_deleted_share: float = 0.01,
) -> list[DltResource]:
    """Endpoints as dlt resources, for a `@dlt.source` function to return.

    The first load reads everything, later ones what the endpoint gives since the committed mark;
    versions that the lake has are left out by themselves. An endpoint that answers 401 or 403 is
    skipped and makes the load degraded, unless all do.

    Args:
        base_url: What every path is appended to.
        tables: What `table(...)` declared.
        auth: dlt's authentication: `{"type": "bearer", "token": …}`, `{"type": "api_key", …}`,
            `{"type": "http_basic", …}`, `{"type": "oauth2_client_credentials", …}` or an object.
        headers: Sent with every request.
        paginator: dlt's paginator for all endpoints; found out from the first answer if not given.
        lookback_s: How far before the mark to ask again, for records that show up late.
        max_deleted_share: The share of a complete table's rows that may vanish between two loads.

    Raises:
        ConfigError: dlt does not understand the declaration.

    Raises (while they are read):
        SourceUnreachable, SourceDenied: the server does not answer, or refuses everything.
        SourceError: it answers an error again and again, or something that is no JSON.
        SourceChanged: a record lacks its key, or too many rows vanished at once.
    """
    from dlt.common.exceptions import DltException
    from dlt.sources.rest_api import rest_api_resources

    load = current_load()
    reader = _Reader(load, tables, base_url, max_deleted_share)
    opened = {one.spec.name: load.table(one.spec) for one in tables}
    declared: list[Any] = [
        {
            "name": one.spec.name,
            "endpoint": {
                **one.endpoint,
                "path": one.path,
                "params": {
                    **one.endpoint.get("params", {}),
                    **_asked_since(
                        one.since, opened[one.spec.name], lookback_s=lookback_s, span=load.span
                    ),
                },
                "response_actions": [
                    *one.endpoint.get("response_actions", ()),
                    reader.stop_if_denied(one),
                ],
            },
            **(
                {"include_from_parent": list(one.include_from_parent)}
                if one.include_from_parent
                else {}
            ),
        }
        for one in tables
    ]
    given = {
        "base_url": base_url,
        "auth": auth,
        "headers": dict(headers or {}) or None,
        "paginator": paginator,
    }
    client: Any = {name: value for name, value in given.items() if value is not None}
    try:
        made = rest_api_resources({"client": client, "resources": declared})
    except (DltException, ValueError) as exc:
        raise ConfigError(
            f"dlt does not understand the endpoints of {load.source}: {str(exc).splitlines()[0]}",
            hint=f"see rest.table(…) in pipelines/{load.source}_pipeline.py",
        ) from exc
    by_name = {resource.name: resource for resource in made}
    return [reader.resource(one, opened[one.spec.name], by_name[one.spec.name]) for one in tables]


def _asked_since(
    since: Since | None, table: TableLoad, *, lookback_s: int, span: TimeRange | None
) -> dict[str, Any]:
    if since is not None and since.format != "integer" and span is not None:
        return {since.param: since.written((span.start_at - EPOCH) // timedelta(microseconds=1))}
    if since is None or since.mark not in table.position:
        return {}
    mark = table.position[since.mark]
    # A growing number has no clock; what has the last number is asked for again.
    back = 0 if since.format == "integer" else lookback_s * 1_000_000
    return {since.param: since.written(max(0, mark - back))}


class _Reader:
    """Turns what dlt's resources give into raw rows of one load."""

    def __init__(
        self, load: Load, tables: Sequence[RestTable], base_url: str, max_deleted_share: float
    ) -> None:
        self._load = load
        self._tables = tables
        self._host = urlsplit(base_url).hostname or base_url
        self._max_deleted_share = max_deleted_share

    def resource(self, one: RestTable, table: TableLoad, pages: DltResource) -> DltResource:
        import dlt

        def read() -> Iterator[Any]:
            if not self._load.wants(one.spec.name):
                return
            if self._load.span is not None:
                yield from self._read_span(one, table, pages, self._load.span)
                return
            rename = Renamer(f"{one.spec.source}.{one.spec.name}")
            progress = _Progress(one.since)
            records = (progress.note(rename(item)) for item in self._items(one, pages))
            seen: set[tuple[Any, ...]] | None = set() if one.is_complete else None
            yield from yield_batches(table, records, source_at=_told_by(one.since), seen=seen)
            if one.spec.name in self._load.skipped:
                return
            newest = progress.newest()
            if newest is not None and one.since is not None:
                table.advance(**{one.since.mark: self._settled(one.since, newest, table)})
            if seen is not None:
                gone = find_deleted(table, seen, max_share=self._max_deleted_share)
                if gone:
                    yield table.arrow(gone, op="d", source_at=[self._load.as_of] * len(gone))

        return dlt.resource(read, name=one.spec.name, write_disposition="append")

    def _read_span(
        self, one: RestTable, table: TableLoad, pages: DltResource, span: TimeRange
    ) -> Iterator[Any]:
        """Only the records of a stretch of time; no marks, and nothing about what is gone."""
        since = one.since
        if since is None or since.format == "integer":
            self._load.pass_over(one.spec, "is not asked for by a time")
            return
        rename = Renamer(f"{one.spec.source}.{one.spec.name}")
        renamed = (rename(item) for item in self._items(one, pages))
        inside = (r for r in renamed if _lies_in(since, r, span))
        yield from yield_batches(table, inside, source_at=_told_by(since))

    def _settled(self, since: Since, newest: int, table: TableLoad) -> int:
        """The next mark: never back, and never ahead of this load's own time."""
        if since.format != "integer":
            newest = min(newest, (self._load.as_of - EPOCH) // timedelta(microseconds=1))
        return max(newest, table.position.get(since.mark, newest))

    def stop_if_denied(self, one: RestTable) -> Callable[..., None]:
        """What dlt calls with every answer of an endpoint."""

        def look(response: Any, *_: Any, **__: Any) -> None:
            from dlt.sources.helpers.rest_client.exceptions import IgnoreResponseException

            if response.status_code in DENIED:
                self._load.skip(one.spec, f"{self._host} answered {response.status_code}")
                if all(t.spec.name in self._load.skipped for t in self._tables):
                    raise SourceDenied(
                        f"{self._host} answered {response.status_code} to every request",
                        hint=f"check the credentials under sources.{self._load.source}.options",
                    )
                raise IgnoreResponseException

        return look

    def _items(self, one: RestTable, pages: DltResource) -> Iterator[Mapping[str, Any]]:
        from dlt.extract.exceptions import ResourceExtractionError
        from requests import RequestException

        try:
            for item in pages:
                if not isinstance(item, Mapping):
                    raise SourceError(
                        f"{one.path} of {self._host} gives {str(item)[:60]!r} where a record "
                        "is expected",
                        hint="name where the records are: rest.table(…, data_selector=…)",
                    )
                yield item
        except ResourceExtractionError as exc:
            for cause in causes(exc):
                if isinstance(cause, BuckError):
                    raise cause from exc
                if isinstance(cause, RequestException):
                    raise self._translated(one, cause) from exc
            raise

    def _translated(self, one: RestTable, exc: Any) -> SourceError:
        """What went wrong, without the address's query, which may carry a key."""
        from requests import ConnectionError as NoConnection
        from requests import Timeout
        from requests.exceptions import JSONDecodeError

        where = f"{one.path} of {self._host}"
        if isinstance(exc, JSONDecodeError):
            return SourceError(
                f"{where} did not answer with JSON", hint="run again; nothing of it was committed"
            )
        if isinstance(exc, NoConnection | Timeout):
            return SourceUnreachable(
                f"{where} does not answer", hint="check the address and the network, then run again"
            )
        status = getattr(getattr(exc, "response", None), "status_code", None)
        return SourceError(
            f"{where} answered {status or type(exc).__name__}",
            hint=f"see rest.table({one.spec.name!r}, …) in pipelines/; nothing was committed",
        )


class _Progress:
    """The newest place that a load's records have reached."""

    def __init__(self, since: Since | None) -> None:
        self._since = since
        self._newest: int | None = None
        self._unplaced: SourceChanged | None = None

    def note(self, record: Record) -> Record:
        """Look at one record and give it on."""
        if self._since is None:
            return record
        try:
            place = self._since.place(record)
        except SourceChanged as exc:
            # The table's contract judges the record; the others tell how far the load got.
            self._unplaced = exc
        else:
            if place is not None and (self._newest is None or place > self._newest):
                self._newest = place
        return record

    def newest(self) -> int | None:
        """The newest place, None without records.

        Raises:
            SourceChanged: not one record has a place that can be read.
        """
        if self._newest is None and self._unplaced is not None:
            raise self._unplaced
        return self._newest


def _lies_in(since: Since, record: Record, span: TimeRange) -> bool:
    try:
        place = since.place(record)
    except SourceChanged:
        return False
    if place is None:
        return False
    return span.start_at <= EPOCH + timedelta(microseconds=place) < span.end_at


def _told_by(since: Since | None) -> Callable[[Record], datetime | None] | None:
    if since is None or since.format == "integer":
        return None

    def told(record: Record) -> datetime | None:
        value = record.get(since.column)
        try:
            return None if value is None else since.moment(value)
        except (ValueError, TypeError, OverflowError):
            return None

    return told
