"""A stretch of creation time read by itself, whatever the marks say: `buck backfill`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from buck.sources.load import TableLoad
from buck.sources.stripe.changes import Change
from buck.sources.stripe.children import read_children
from buck.sources.stripe.discounts import read_discounts, with_discounts
from buck.sources.stripe.endpoints import (
    CHILD_ENDPOINTS,
    DISCOUNT_PARENTS,
    ENDPOINTS,
    EVENT_LIST,
    Endpoint,
)
from buck.sources.stripe.listing import list_windows
from buck.sources.stripe.rows import batches
from buck.sources.stripe.session import Session
from buck.sources.stripe.tables import DISCOUNTS

if TYPE_CHECKING:
    from buck.records.load import TimeRange

_PARENTS_AT_ONCE = 200


def read_span(session: Session, load: TableLoad, span: TimeRange) -> Iterator[Change] | None:
    """What Stripe created in `[start, end)`, as it is now; None for lists that are never cut.

    Children come complete with each parent that was created in the range; of events there are
    those that Stripe still keeps.
    """
    name = load.spec.name
    if name == EVENT_LIST.spec.name:
        return _read(session, EVENT_LIST, span, known=(), op="c")
    if name == DISCOUNTS.name:
        carriers = (
            (with_discounts(parent), change)
            for parent in DISCOUNT_PARENTS
            for change in _read(session, with_discounts(parent), span, known=())
        )
        return read_discounts(carriers, [])
    if name in CHILD_ENDPOINTS:
        return _read_children(session, load, span)
    endpoint = ENDPOINTS[name]
    if endpoint.own_path is not None:
        return None
    known = () if load.is_first else set(load.known_keys()["id"].to_pylist())
    return _read(session, endpoint, span, known=known)


def _read(
    session: Session,
    endpoint: Endpoint,
    span: TimeRange,
    *,
    known: Collection[str],
    op: str = "u",
) -> Iterator[Change]:
    pages = list_windows(
        session.api,
        endpoint,
        since_s=max(0, int(span.start_at.timestamp())),
        until_s=min(int(span.end_at.timestamp()), session.now_s + 1),
        pool=session.pool,
        workers=session.settings.workers,
    )
    for page in pages:
        for record in page:
            # When a known object changed nobody knows; that it had by now is certain.
            told_s = session.now_s if record["id"] in known else record.get(endpoint.created)
            yield Change(op, record, told_s, "list")


def _read_children(session: Session, load: TableLoad, span: TimeRange) -> Iterator[Change]:
    child = CHILD_ENDPOINTS[load.spec.name]
    known = None if load.is_first else load.known_keys()
    for group in batches(_read(session, child.parent, span, known=()), _PARENTS_AT_ONCE):
        yield from read_children(session, child, group, known=known)
