"""What a load reads for each table: everything at first, then what changed; as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from buck.errors import ResyncRequired
from buck.sources.load import TableLoad
from buck.sources.stripe.api import TableRefused
from buck.sources.stripe.changes import Change, ask_again, read_all, read_changed
from buck.sources.stripe.children import read_children
from buck.sources.stripe.discounts import read_discounts, with_discounts
from buck.sources.stripe.endpoints import (
    CHILD_ENDPOINTS,
    DISCOUNT_PARENTS,
    ENDPOINTS,
    EVENT_LIST,
    ChildEndpoint,
    Endpoint,
)
from buck.sources.stripe.feed import EventFeed, Notice
from buck.sources.stripe.rows import batches, find_gone, join_tables, key_rows, to_arrow
from buck.sources.stripe.session import Session
from buck.sources.stripe.spans import read_span
from buck.sources.stripe.sweeps import Drift, mark_swept, sweep_since_s
from buck.sources.stripe.tables import DISCOUNTS

if TYPE_CHECKING:
    import pyarrow as pa

    from buck.records.load import TimeRange

EVENTS_UNTIL = "events_until"
CREATED_UNTIL = "created_until"
UNSETTLED_SINCE = "unsettled_since"
_MICROSECONDS = 1_000_000
_RETENTION_S = 30 * 86_400
_LONGEST_GAP_S = 29 * 86_400
_ROWS_AT_ONCE = 1_000
_ROWS_TOGETHER = 5_000
"""Handed to dlt at once, which takes some time for each table; rows are smaller than records."""
_PARENTS_AT_ONCE = 200
_RESYNC_HINT = "buck run --full-refresh"


class Readers:
    """One reader per table of a load; they share the events and the parents of child tables."""

    def __init__(self, session: Session, table_loads: Iterable[TableLoad]) -> None:
        self._session = session
        self._loads = {load.spec.name: load for load in table_loads}
        self._endpoints = dict(ENDPOINTS)
        self._families: dict[str, list[TableLoad]] = {}
        for name, child in CHILD_ENDPOINTS.items():
            if name in self._loads:
                self._join_family(child.parent, self._loads[name])
        if DISCOUNTS.name in self._loads:
            for parent in DISCOUNT_PARENTS:
                self._endpoints[parent.spec.name] = with_discounts(parent)
                self._join_family(parent, self._loads[DISCOUNTS.name])
        self._feed: EventFeed | None = None
        self._denied: set[str] = set()

    def read(self, name: str) -> Iterator[pa.Table]:
        """A table's new rows, in Arrow tables of some thousand; then its marks advance.

        A table that Stripe refuses is skipped with the reason, and the load becomes degraded.

        Raises:
            ResyncRequired: events that nobody read are no longer kept.
            SourceDenied, SourceChanged, SourceUnreachable: the load cannot go on.
        """
        load = self._loads[name]
        with self._session as session:
            until_s = session.settled_s
            try:
                if load.refusal or not session.load.wants(name):
                    return
                if session.load.span is not None:
                    yield from self._read_span(load, session.load.span)
                    return
                self._assert_events_kept(load)
                yield from join_tables(self._read_rows(load), _ROWS_TOGETHER)
            except TableRefused as exc:
                self._refuse(load, exc)
                return
            mark = _mark_name(name)
            load.advance(**{mark: max(until_s * _MICROSECONDS, load.position.get(mark, 0))})

    def _read_span(self, load: TableLoad, span: TimeRange) -> Iterator[pa.Table]:
        """Only what was created in a range; the marks stay.

        Raises:
            ResyncRequired: events were asked for by name, of before those that Stripe still keeps.
        """
        self._refuse_forgotten(load, span)
        changes = read_span(self._session, load, span)
        if changes is None:
            self._session.load.pass_over(load.spec, "is read whole every time")
            return
        for batch in batches(changes, _ROWS_AT_ONCE):
            yield to_arrow(load, batch)

    def _refuse_forgotten(self, load: TableLoad, span: TimeRange) -> None:
        kept_since_s = self._session.now_s - _RETENTION_S
        is_asked_for = load.spec.name == "events" and "events" in self._session.load.only
        if not is_asked_for or span.start_at.timestamp() >= kept_since_s:
            return
        since = datetime.fromtimestamp(kept_since_s, UTC)
        raise ResyncRequired(
            f"Stripe keeps events for 30 days: those of before {since:%Y-%m-%d %H:%M} are gone",
            hint=f"buck backfill with --start {since + timedelta(days=1):%Y-%m-%d}, or without "
            "--table for the objects themselves",
        )

    def _read_rows(self, load: TableLoad) -> Iterator[pa.Table]:
        drift = Drift(load)
        seen: list[pa.Table] = []
        is_whole = self._reads_whole(load)
        for batch in batches(self._changes(load), _ROWS_AT_ONCE):
            rows = to_arrow(load, batch)
            drift.note(batch, rows)
            if is_whole:
                # What is set apart because it does not fit was seen all the same.
                seen.append(key_rows(load, batch))
            yield rows
        if is_whole:
            for batch in batches(self._left_out(load, seen), _ROWS_AT_ONCE):
                rows = to_arrow(load, batch)
                drift.note(batch, rows)
                yield rows
        endpoint = self._endpoints.get(load.spec.name)
        if endpoint is not None:
            if self._since_s(load) is None or self._swept_since_s(load) is not None:
                mark_swept(load, now_s=self._session.now_s)
            drift.measure(lambda: self._told_lately(endpoint))
            asked = self._session.requests
            load.measure("requests", asked[endpoint.path] + asked[f"{endpoint.path}/:id"])

    def _refuse(self, load: TableLoad, exc: TableRefused) -> None:
        self._session.load.skip(load.spec, exc.reason)
        if exc.status == 401:
            self._denied.add(load.spec.name)
            if len(self._denied) == len(self._loads):
                # Not a list that the key may not read: the key itself went bad on the way.
                raise self._session.api.denied("every list")

    def _changes(self, load: TableLoad) -> Iterator[Change]:
        name, since_s = load.spec.name, self._since_s(load)
        if name == EVENT_LIST.spec.name:
            return self._events(load)
        if name == DISCOUNTS.name:
            return self._discounts(since_s)
        if name not in CHILD_ENDPOINTS:
            return self._watch_unsettled(load, self._objects(self._endpoints[name], since_s))
        child = CHILD_ENDPOINTS[name]
        parents = self._objects(self._endpoints[child.parent.spec.name], since_s)
        return self._children(child, load, parents, is_complete=since_s is None)

    def _children(
        self,
        child: ChildEndpoint,
        load: TableLoad,
        parents: Iterator[Change],
        *,
        is_complete: bool,
    ) -> Iterator[Change]:
        known: pa.Table | None = None
        for group in batches(parents, _PARENTS_AT_ONCE):
            # The lake is asked only if some parent changed; a complete listing needs no asking.
            if known is None and not is_complete:
                known = load.known_keys()
            yield from read_children(self._session, child, group, known=known)

    def _discounts(self, since_s: int | None) -> Iterator[Change]:
        carriers = (
            (endpoint, change)
            for parent in DISCOUNT_PARENTS
            for endpoint in (self._endpoints[parent.spec.name],)
            for change in self._objects(endpoint, since_s)
        )
        ended = [] if since_s is None else self._notices("discount", since_s)
        return read_discounts(carriers, ended)

    def _objects(self, endpoint: Endpoint, since_s: int | None) -> Iterator[Change]:
        name = endpoint.spec.name
        if name not in self._families:
            return self._read_objects(endpoint, since_s)
        # The parents of a child table are read once for all, at the earliest of their marks.
        if since_s is not None:
            marks = [self._since_s(load) for load in self._families[name]]
            since_s = min(s for s in marks if s is not None)
        kind = "all" if since_s is None else "changed"
        spool = self._session.spool(
            f"{name}_{kind}",
            lambda: (change.to_json() for change in self._read_objects(endpoint, since_s)),
        )
        return (Change.from_json(value) for value in spool.read())

    def _read_objects(self, endpoint: Endpoint, since_s: int | None) -> Iterator[Change]:
        if since_s is None:
            return read_all(self._session, endpoint)
        if endpoint.is_replaced:
            return read_all(self._session, endpoint, op="u")
        load = self._loads.get(endpoint.spec.name)
        notices = self._notices(endpoint.object, since_s) if endpoint.has_events else []
        listed_since_s = since_s - endpoint.relist_s if endpoint.relist_s else None
        if load is not None and endpoint.unsettled is not None:
            unsettled = load.position.get(UNSETTLED_SINCE)
            listed_since_s = listed_since_s if unsettled is None else unsettled // _MICROSECONDS
        return read_changed(
            self._session,
            endpoint,
            notices,
            listed_since_s=listed_since_s,
            swept_since_s=None if load is None else self._swept_since_s(load),
        )

    def _notices(self, object_: str, since_s: int) -> list[Notice]:
        told_since_s = since_s - self._session.settings.lookback_s
        return self._events_feed().notices(object_, since_s=told_since_s)

    def _told_lately(self, endpoint: Endpoint) -> set[str]:
        return self._events_feed().told_lately(endpoint.object) if endpoint.has_events else set()

    def _watch_unsettled(self, load: TableLoad, changes: Iterator[Change]) -> Iterator[Change]:
        """Remember since when objects wait for a change that no event will tell."""
        endpoint = ENDPOINTS[load.spec.name]
        if endpoint.unsettled is None:
            yield from changes
            return
        oldest_s = self._session.settled_s - self._session.settings.lookback_s
        for change in changes:
            if change.record.get("status") == endpoint.unsettled:
                oldest_s = min(oldest_s, int(change.record[endpoint.created]))
            yield change
        load.advance(**{UNSETTLED_SINCE: oldest_s * _MICROSECONDS})

    def _events(self, load: TableLoad) -> Iterator[Change]:
        since_s = self._since_s(load)
        told_since_s = 0 if since_s is None else since_s - self._session.settings.lookback_s
        op = "r" if since_s is None else "c"
        for event in self._events_feed().events():
            if event["created"] >= told_since_s:
                yield Change(op, event, event["created"])

    def _events_feed(self) -> EventFeed:
        if self._feed is None:
            starts = [
                self._session.now_s - _RETENTION_S
                if since_s is None
                else since_s - self._session.settings.lookback_s
                for name, load in self._loads.items()
                if _mark_name(name) == EVENTS_UNTIL
                and ((since_s := self._since_s(load)) is not None or name == EVENT_LIST.spec.name)
            ]
            start_s = min(starts, default=self._session.settled_s)
            self._feed = EventFeed(self._session, since_s=max(0, start_s))
        return self._feed

    def _left_out(self, load: TableLoad, seen: list[pa.Table]) -> Iterator[Change]:
        """What the lake holds and a list of everything did not give: asked for by itself."""
        name, gone = load.spec.name, find_gone(load, seen)
        if name in self._endpoints:
            yield from ask_again(self._session, self._endpoints[name], gone["id"].to_pylist())
        elif name == DISCOUNTS.name:
            # Every object that could carry one was listed; there is nothing else to ask.
            for id_ in gone["id"].to_pylist():
                yield Change("d", {"id": id_}, self._session.now_s)
        else:
            child = CHILD_ENDPOINTS[name]
            ids = sorted(set(gone[child.parent_column].to_pylist()))
            parents = list(ask_again(self._session, self._endpoints[child.parent.spec.name], ids))
            yield from read_children(self._session, child, parents, known=gone)

    def _since_s(self, load: TableLoad) -> int | None:
        """The mark of the last committed load, None where this is the table's first."""
        mark = load.position.get(_mark_name(load.spec.name))
        return None if mark is None else mark // _MICROSECONDS

    def _swept_since_s(self, load: TableLoad) -> int | None:
        """From when on a sweep lists, None where none is due or everything is listed anyway."""
        if self._since_s(load) is None:
            return None
        endpoint = ENDPOINTS.get(load.spec.name)
        return sweep_since_s(load, endpoint, now_s=self._session.now_s)

    def _reads_whole(self, load: TableLoad) -> bool:
        """Whether everything is listed again although the lake has rows already."""
        if load.is_first or load.spec.name == EVENT_LIST.spec.name:
            return False
        endpoint = ENDPOINTS.get(load.spec.name)
        is_replaced = endpoint is not None and endpoint.is_replaced
        return self._since_s(load) is None or is_replaced or self._swept_since_s(load) == 0

    def _join_family(self, parent: Endpoint, load: TableLoad) -> None:
        own = self._loads.get(parent.spec.name)
        family = self._families.setdefault(parent.spec.name, [] if own is None else [own])
        family.append(load)

    def _assert_events_kept(self, load: TableLoad) -> None:
        """Stripe keeps events for 30 days; what was missed before that cannot be caught up."""
        oldest_s = self._session.now_s - _LONGEST_GAP_S
        marks = {
            name: since_s
            for name, other in self._loads.items()
            if _mark_name(name) == EVENTS_UNTIL and (since_s := self._since_s(other)) is not None
        }
        mine = marks.get(load.spec.name)
        if mine is None or mine >= oldest_s:
            return
        days = (self._session.now_s - mine) // 86_400
        what = f"its last load is {days} days old, Stripe keeps events for 30"
        if all(since_s < oldest_s for since_s in marks.values()):
            raise ResyncRequired(f"stripe cannot be caught up: {what}", hint=_RESYNC_HINT)
        # Other tables are fine (this one was refused for a month, say): let them land.
        raise TableRefused(f"{what}; run `{_RESYNC_HINT}`")


def _mark_name(name: str) -> str:
    """What a table's progress is measured in: events read, or creation where there are none."""
    endpoint = ENDPOINTS.get(name)
    return CREATED_UNTIL if endpoint is not None and not endpoint.has_events else EVENTS_UNTIL
