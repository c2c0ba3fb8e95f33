"""Objects as they are now: all of them for a first load, those that events name afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from buck.sources.stripe.api import Record
from buck.sources.stripe.endpoints import Endpoint
from buck.sources.stripe.feed import Notice
from buck.sources.stripe.listing import list_windows
from buck.sources.stripe.session import Session

_WORTH_LISTING = 4
"""From how many new objects on listing them is cheaper than fetching each."""

Way = Literal["all", "event", "list", "sweep"]
"""How a change was found: in a list of everything, by an event, in a list that is read every time
because events do not tell everything, or by a sweep, which should find nothing new."""


@dataclass(frozen=True, slots=True)
class Change:
    """An object as Stripe has it now, or the fact that Stripe has it no more."""

    op: str
    record: Record
    told_s: int | None
    """When this became true, as far as Stripe says."""
    way: Way = "event"

    def to_json(self) -> list[Any]:
        """As a spool keeps it."""
        return [self.op, self.record, self.told_s, self.way]

    @classmethod
    def from_json(cls, value: list[Any]) -> Change:
        """What `to_json` gave."""
        return cls(*value)


def read_all(session: Session, endpoint: Endpoint, *, op: str = "r") -> Iterator[Change]:
    """Every object of a list, for a first load or to replace what is known."""
    own_id = None
    if endpoint.own_path is not None:
        own = session.api.retrieve_own(endpoint.own_path)
        own_id = own["id"]
        yield Change(op, own, own.get(endpoint.created), "all")
    for record in _list(session, endpoint, since_s=0, until_s=session.now_s + 1):
        if record["id"] != own_id:
            yield Change(op, record, record.get(endpoint.created), "all")


def read_changed(
    session: Session,
    endpoint: Endpoint,
    notices: Sequence[Notice],
    *,
    listed_since_s: int | None = None,
    swept_since_s: int | None = None,
) -> Iterator[Change]:
    """Every object that a notice names, as it is now; deleted ones as tombstones.

    Args:
        session: Open.
        endpoint: The objects' list.
        notices: What events told.
        listed_since_s: Also give all objects created since then, for lists whose objects change
            without an event. None where events tell everything.
        swept_since_s: The same, for a sweep that is due.
    """
    wanted = {n.id: n for n in notices}
    starts = [s for s in (listed_since_s, swept_since_s) if s is not None]
    since_s = min(starts) if starts else _new_since_s(notices)
    if since_s is not None:
        until_s = session.now_s + 1 if starts else 1 + max(n.created_s or 0 for n in notices)
        for record in _list(session, endpoint, since_s=since_s, until_s=until_s):
            notice = wanted.get(record["id"])
            if notice is not None and notice.deleted:
                continue
            wanted.pop(record["id"], None)
            if notice is not None:
                yield Change("u", record, notice.told_s)
            elif starts:
                yield _listed(session, endpoint, record, listed_since_s)

    def fetch(notice: Notice) -> Change:
        return _fetch(session, endpoint, notice)

    yield from session.map(fetch, list(wanted.values()))


def ask_again(session: Session, endpoint: Endpoint, ids: Sequence[str]) -> Iterator[Change]:
    """Objects that a list of everything left out: a tombstone for each that is really gone."""

    def fetch(id_: str) -> Change:
        record = session.api.retrieve(endpoint.path, id_, endpoint.object_params())
        if record is None or record.get("deleted") is True:
            return Change("d", {"id": id_}, session.now_s, "sweep")
        return Change("u", record, session.now_s, "sweep")

    yield from session.map(fetch, ids)


def _fetch(session: Session, endpoint: Endpoint, notice: Notice) -> Change:
    def ask() -> Record | None:
        return session.api.retrieve(
            endpoint.path,
            notice.id,
            endpoint.object_params(),
            is_told_deleted=notice.deleted,
        )

    record = ask()
    if record is None and not notice.deleted:
        # No event says it was deleted: it may just not be visible yet. Ask twice.
        session.pause(min(1.0, session.settings.patience_s / 10))
        record = ask()
    if record is None or record.get("deleted") is True:
        return Change("d", {"id": notice.id}, notice.told_s)
    return Change("u", record, notice.told_s)


def _listed(
    session: Session, endpoint: Endpoint, record: Record, listed_since_s: int | None
) -> Change:
    """An object that no event named. Only what events should have told is a sweep's find."""
    created_s = record.get(endpoint.created) or 0
    expected_since_s = session.settled_s if listed_since_s is None else listed_since_s
    if created_s >= min(expected_since_s, session.settled_s):
        return Change("u", record, _changed_s(record, endpoint), "list")
    # When it changed nobody knows; that it had by now is certain.
    return Change("u", record, session.now_s, "sweep")


def _list(session: Session, endpoint: Endpoint, *, since_s: int, until_s: int) -> Iterator[Record]:
    pages = list_windows(
        session.api,
        endpoint,
        since_s=since_s,
        until_s=until_s,
        pool=session.pool,
        workers=session.settings.workers,
    )
    for page in pages:
        yield from page


def _new_since_s(notices: Sequence[Notice]) -> int | None:
    """From when on to list instead of fetching one by one; None where few objects are new.

    An object created not long before the oldest notice was told is new; so a list from there on
    holds little else than wanted objects.
    """
    oldest_told_s = min((n.told_s for n in notices), default=0)
    new = [
        n.created_s
        for n in notices
        if n.created_s is not None and n.created_s >= oldest_told_s and not n.deleted
    ]
    return min(new) if len(new) >= _WORTH_LISTING else None


def _changed_s(record: Record, endpoint: Endpoint) -> int | None:
    """When an object last changed, for lists that tell no events."""
    created = record.get(endpoint.created)
    if record.get("status") == "available" and isinstance(record.get("available_on"), int):
        return max(created or 0, int(record["available_on"]))
    return created
