"""Stripe's API, read only, over the company's history."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from itertools import count
from urllib.parse import unquote

import orjson

from buck.sandbox.company import Record
from buck.sandbox.company.stripe_money import API_VERSION
from buck.sandbox.http import Clock, Faults, HttpServer, Reply, Request
from buck.sandbox.stripe.account import make_account
from buck.sandbox.stripe.events import as_of_version
from buck.sandbox.stripe.expansion import expand
from buck.sandbox.stripe.keys import denied, is_live, read_key
from buck.sandbox.stripe.listing import (
    ListQuery,
    as_seen_late,
    make_filter,
    parse_query,
    take_page,
)
from buck.sandbox.stripe.problems import Refusal, error_of_status, missing
from buck.sandbox.stripe.rate import RateMeter
from buck.sandbox.stripe.resources import RESOURCES, Resource
from buck.sandbox.stripe.store import Entry, Shelf, StripeStore

KNOBS = frozenset(
    {
        "late_s",
        "expire_tokens",
        "leak_test_mode",
        "deny",
        "rate_per_s",
        "hide_events",
        "old_events",
        "omit",
    }
)
EVENTS_KEPT = timedelta(days=30)
_VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?")
_LINES = Resource("lines", "line_item", by_created=False)


class StripeServer:
    """Serves a store; the official client works with `base_addresses={"api": url}`.

    Args:
        store: The objects; `store.apply(changes)` may be called while serving.
        clock: The simulated now: the `Date` header and the end of what events are kept.
        control_token: For `/_control/…`; see `buck.sandbox.http`.
        keys: The API keys that are good; None takes any well-formed one.
    """

    def __init__(
        self,
        store: StripeStore,
        *,
        clock: Clock,
        control_token: str,
        keys: frozenset[str] | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.faults = Faults(KNOBS)
        self.http = HttpServer(
            self.answer,
            clock=clock,
            control_token=control_token,
            faults=self.faults,
            error_body=error_of_status,
        )
        self.rate = RateMeter()
        self._keys = keys
        self._serial = count(1)

    def start(self, port: int = 0) -> str:
        """Start serving on loopback; gives the base address."""
        return self.http.start(port)

    def stop(self) -> None:
        """Stop serving and close every connection."""
        self.http.stop()

    def answer(self, request: Request) -> Reply:
        """The reply to one API request."""
        number = next(self._serial)
        headers = {
            "Content-Type": "application/json",
            "Request-Id": f"req_{sha256(str(number).encode()).hexdigest()[:14]}",
            "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        }
        try:
            self._limit(request)
            return Reply(HTTPStatus.OK, self._find_answer(request), headers)
        except Refusal as refusal:
            return Reply(refusal.status, refusal.body, headers)

    def _limit(self, request: Request) -> None:
        steps = request.path.split("/")
        if len(steps) > 3:
            steps[3] = ":id"
        held = self.rate.count("/".join(steps))
        limit = self.faults.value("rate_per_s", request.path)
        if limit is not None and held > limit:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "Request rate limit exceeded.", code="rate_limit"
            )

    def _find_answer(self, request: Request) -> bytes:
        expired = self.faults.take("expire_tokens", request.path) is not None
        key = read_key(request, keys=self._keys, expired=expired)
        version = request.headers.get("stripe-version")
        if version is not None and not _VERSION.fullmatch(version):
            raise Refusal(HTTPStatus.BAD_REQUEST, f"Invalid Stripe API version: {version}")
        steps = [unquote(step) for step in request.path.split("/")[1:]]
        match steps:
            case ["v1", "account"] if request.method == "GET":
                return orjson.dumps(make_account(self.store.account_id))
            case ["v1", name, *rest] if name in RESOURCES and len(rest) <= 2:
                resource = RESOURCES[name]
            case _:
                raise _unrecognised(request)
        if request.method != "GET":
            raise denied(key, self.store.account_id, resource.permission.replace("_read", "_write"))
        if resource.path in self.faults.values("deny"):
            raise denied(key, self.store.account_id, resource.permission)
        live = is_live(key)
        with self.store.lock:
            match rest:
                case []:
                    return self._list(request, resource, live=live)
                case [id_]:
                    return self._get(request, resource, id_, live=live)
                case [id_, "lines"] if resource.path in {"invoices", "credit_notes"}:
                    return self._lines(request, resource, id_, live=live)
        raise _unrecognised(request)

    def _list(self, request: Request, resource: Resource, *, live: bool) -> bytes:
        query = parse_query(request.query(), resource)
        if resource.path == "events" and query.expand:
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                f"This property cannot be expanded ({query.expand[0]}).",
                param="expand",
            )
        paid_out = self.store.paid_out(query.values.get("payout", ""))
        fits = make_filter(query, resource, paid_out=paid_out)
        entries = self._entries(request, resource, query, live=live)
        page, has_more = take_page(entries, query, fits, resource.kind)
        return self._render(page, query, has_more=has_more, url=request.path, live=live)

    def _entries(
        self, request: Request, resource: Resource, query: ListQuery, *, live: bool
    ) -> list[Entry]:
        """The objects a list may show, oldest first, cut to about what the query needs."""
        shelf = self.store.shelf(resource.path, live=live)
        entries = shelf.entries
        if live and self.faults.value("leak_test_mode", request.path):
            leaked = self.store.shelf(resource.path, live=False).entries
            entries = sorted([*entries, *leaked], key=Entry.order)
        late = self.faults.find("late_s", request.path)
        if late is not None and (resource.path == "events" or late.path is not None):
            entries = as_seen_late(entries, late_s=int(late.value), now=_seconds(self.clock.now()))
        elif entries is shelf.entries:
            entries = _window(shelf, query)
        if resource.path == "events":
            oldest = _seconds(self.clock.now() - EVENTS_KEPT)
            query.at_least = max(query.at_least or oldest, oldest)
        return self._spoil(request, resource, entries)

    def _spoil(self, request: Request, resource: Resource, entries: list[Entry]) -> list[Entry]:
        """The list as faults make it look."""
        omitted = set(self.faults.values("omit"))
        if omitted:
            entries = [e for e in entries if e.id not in omitted]
        if resource.path != "events":
            return entries
        hidden = set(self.faults.values("hide_events"))
        if hidden:
            entries = [e for e in entries if e.record["data"]["object"]["object"] not in hidden]
        version = self.faults.value("old_events", request.path)
        if version is not None:
            entries = [
                Entry(e.id, e.created, e.seq, as_of_version(e.record, str(version)))
                for e in entries
            ]
        return entries

    def _render(
        self, page: list[Entry], query: ListQuery, *, has_more: bool, url: str, live: bool
    ) -> bytes:
        inner = []
        for path in query.expand:
            head, _, tail = path.partition(".")
            if head != "data" or not tail:
                raise Refusal(
                    HTTPStatus.BAD_REQUEST,
                    f"This property cannot be expanded ({path}). You may want to try expanding "
                    f"'data.{path}' instead.",
                    param="expand",
                )
            inner.append(tail)
        if inner:
            bodies = [orjson.dumps(expand(e.record, inner, self.store, live=live)) for e in page]
        else:
            bodies = [entry.body() for entry in page]
        tail_json = orjson.dumps({"has_more": has_more, "url": url})[1:]
        return b'{"object":"list","data":[' + b",".join(bodies) + b"]," + tail_json

    def _get(self, request: Request, resource: Resource, id_: str, *, live: bool) -> bytes:
        paths = _only_expand(request)
        return orjson.dumps(
            expand(self._find(request, resource, id_, live=live), paths, self.store, live=live)
        )

    def _find(self, request: Request, resource: Resource, id_: str, *, live: bool) -> Record:
        entry = self.store.shelf(resource.path, live=live).by_id.get(id_)
        other = self.store.shelf(resource.path, live=not live).by_id.get(id_)
        if entry is None and live and self.faults.value("leak_test_mode", request.path):
            entry = other
        if entry is None and other is not None:
            here, there = ("live", "test") if live else ("test", "live")
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                f"No such {resource.kind}: '{id_}'; a similar object exists in {there} mode, but a "
                f"{here} mode key was used to make this request.",
                code="resource_missing",
                param="id",
            )
        if entry is None:
            raise missing(resource.kind, id_)
        return entry.record

    def _lines(self, request: Request, resource: Resource, id_: str, *, live: bool) -> bytes:
        """All lines of a document, page by page, in the document's own order."""
        self._find(request, resource, id_, live=live)
        query = parse_query(request.query(), _LINES)
        lines = self.store.full_list(id_)
        # Pages are walked from the end, so the first line has to come last.
        entries = [Entry(line["id"], 0, 0, line) for line in reversed(lines)]
        page, has_more = take_page(entries, query, _any, "line_item")
        return self._render(page, query, has_more=has_more, url=request.path, live=live)


def _any(_: Record) -> bool:
    return True


def _window(shelf: Shelf, query: ListQuery) -> list[Entry]:
    """The part of a shelf that a window of `created` leaves; all of it where a cursor is given."""
    if query.starting_after or query.ending_before:
        return shelf.entries
    start = shelf.since(query.at_least) if query.at_least is not None else 0
    end = shelf.since(query.below) if query.below is not None else None
    return shelf.entries if start == 0 and end is None else shelf.entries[start:end]


def _only_expand(request: Request) -> list[str]:
    paths: list[str] = []
    for name, value in request.query():
        if name.partition("[")[0] != "expand":
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                f"Received unknown parameter: {name}",
                code="parameter_unknown",
                param=name,
            )
        paths.append(value)
    return paths


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _unrecognised(request: Request) -> Refusal:
    return Refusal(
        HTTPStatus.NOT_FOUND,
        f"Unrecognized request URL ({request.method}: {request.path}). Please see "
        "https://stripe.com/docs or we can help at https://support.stripe.com/.",
    )
