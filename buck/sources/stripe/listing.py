"""A whole list read in parallel windows of `created`, page by page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import pairwise
from queue import SimpleQueue
from threading import Lock

from buck.errors import SourceChanged
from buck.sources.stripe.api import Page, Record, StripeApi, TableRefused
from buck.sources.stripe.endpoints import Endpoint

_REACH = 32
"""How many pages' time span a part is first guessed to be worth; each further one twice that."""
_MOST_PARTS = 4
_WORTH = 3
"""Less than this many pages' time span are not split: each part ends with a page half empty."""
_AHEAD = 3
"""Pages for each worker that may be under way or unread: memory follows this, not the list."""


@dataclass(frozen=True, slots=True)
class _Window:
    """`created` in [since_s, until_s); `after` is the cursor within it."""

    since_s: int
    until_s: int
    after: str | None = None
    after_s: int = 0


def list_windows(
    api: StripeApi,
    endpoint: Endpoint,
    *,
    since_s: int,
    until_s: int,
    pool: Executor,
    workers: int,
) -> Iterator[list[Record]]:
    """Every object with `created` in [since_s, until_s), in pages of no particular order.

    An object comes once, unless the cursor's own object was deleted meanwhile; then the second it
    was created in is read again. A window with more than a page is halved while workers are idle,
    so the number of requests follows the number of objects, not the length of time. Pages are
    fetched ahead of the reader, but never more than a few for each worker.

    Errors as `StripeApi.list_page`.
    """
    reading = _Reading(api, endpoint, pool=pool, workers=workers)
    try:
        reading.ask(_Window(since_s, until_s))
        while (page := reading.take()) is not None:
            if page:
                yield page
    finally:
        reading.stop()


class _Reading:
    """The windows of one list under way: each page asks for the next before it is looked at."""

    def __init__(self, api: StripeApi, endpoint: Endpoint, *, pool: Executor, workers: int) -> None:
        self._api = api
        self._endpoint = endpoint
        self._pool = pool
        self._workers = workers
        self._done: SimpleQueue[Future[list[Record]]] = SimpleQueue()
        self._lock = Lock()
        self._waiting: deque[_Window] = deque()
        self._asking = self._unread = 0
        self._is_stopped = False

    def ask(self, window: _Window) -> None:
        """Ask for the first page of a window."""
        with self._lock:
            self._waiting.append(window)
            self._submit()

    def take(self) -> list[Record] | None:
        """The next page that came; None after the last one."""
        with self._lock:
            if not self._waiting and not self._unread:
                return None
        page = self._done.get().result()
        with self._lock:
            self._unread -= 1
            self._submit()
        return page

    def stop(self) -> None:
        """Ask for nothing more; what is under way is forgotten."""
        with self._lock:
            self._is_stopped = True
            self._waiting.clear()

    def _submit(self) -> None:
        """Ask for what waits, unless the reader is far behind; called with the lock held."""
        while self._waiting and not self._is_stopped and self._unread < self._workers * _AHEAD:
            self._asking += 1
            self._unread += 1
            future = self._pool.submit(self._fetch, self._waiting.popleft())
            future.add_done_callback(self._done.put)

    def _fetch(self, window: _Window) -> list[Record]:
        """A window's page; what is left of the window is asked for at once."""
        params = _query(self._endpoint, window)
        records: list[Record] = []
        rest: list[_Window] = []
        try:
            page = self._api.list_page(self._endpoint.path, params)
        except TableRefused as exc:
            if window.after is None or exc.param != "starting_after":
                raise
            # The object that the cursor stood on was deleted: go on from the second it was made in.
            rest = [_Window(window.since_s, window.after_s + 1)]
        else:
            records = page.records
        with self._lock:
            self._asking -= 1
            if records and page.has_more:
                idle = self._workers - self._asking - len(self._waiting)
                rest = _split(window, page, self._endpoint, idle=idle)
            self._waiting += rest
            self._submit()
        return records


def _query(endpoint: Endpoint, window: _Window) -> dict[str, str | int]:
    params: dict[str, str | int] = {**endpoint.list_params(), "created[lt]": window.until_s}
    if window.since_s > 0:
        params["created[gte]"] = window.since_s
    if window.after is not None:
        params["starting_after"] = window.after
    return params


def _split(window: _Window, page: Page, endpoint: Endpoint, *, idle: int) -> list[_Window]:
    """What is left of a window after one of its pages, in as many parts as are worth it."""
    newest_s = _created_s(page.records[0], endpoint)
    oldest_s = _created_s(page.records[-1], endpoint)
    page_s = max(newest_s - oldest_s, 1)
    cuts: list[int] = []
    below_s, reach_s = oldest_s, _REACH * page_s
    while len(cuts) + 1 < min(idle, _MOST_PARTS) and below_s - window.since_s > _WORTH * page_s:
        below_s -= min((below_s - window.since_s) // 2, reach_s)
        reach_s *= 2
        cuts.append(below_s)
    # The newest part keeps the cursor: objects of its oldest second may still be outstanding.
    parts = [
        _Window(
            cuts[0] if cuts else window.since_s,
            window.until_s,
            str(page.records[-1]["id"]),
            oldest_s,
        )
    ]
    parts += [_Window(since_s, until_s) for until_s, since_s in pairwise([*cuts, window.since_s])]
    return parts


def _created_s(record: Record, endpoint: Endpoint) -> int:
    value = record.get(endpoint.created)
    if not isinstance(value, int):
        raise SourceChanged(
            f"stripe sent {endpoint.object} {record['id']} with {endpoint.created} {value!r},"
            " not a unix time",
            hint="nothing was landed; if it stays so, Stripe changed this list",
        )
    return value


def list_complete(
    api: StripeApi, path: str, params: dict[str, str | int], *, endpoint: str
) -> list[Record]:
    """A short list read to its end; its pages count against the rate limit of `endpoint`."""
    page = api.list_page(path, params, endpoint=endpoint)
    records = list(page.records)
    while page.has_more:
        after = {"starting_after": str(records[-1]["id"])}
        page = api.list_page(path, {**params, **after}, endpoint=endpoint)
        records += page.records
    return records
