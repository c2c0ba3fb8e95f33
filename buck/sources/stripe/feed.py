"""Stripe's events as notifications: what changed, and when it was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from buck.sources.stripe.api import Record
from buck.sources.stripe.endpoints import ALSO_CHANGED, EVENT_LIST
from buck.sources.stripe.listing import list_windows
from buck.sources.stripe.session import Session

_NEVER_S = 1 << 32


@dataclass(slots=True)
class Notice:
    """One object that events speak of. Their payload is not trusted, only what it names."""

    object: str
    id: str
    told_s: int
    """`created` of the newest event about it."""
    created_s: int | None = None
    """When the object itself was created, if an event said so."""
    deleted: bool = False
    """Whether an event says that it was deleted."""


class EventFeed:
    """All events since `since_s`, read once and kept in the load's scratch folder.

    Events are not filtered by type: a list of types is how changes get lost.
    """

    def __init__(self, session: Session, *, since_s: int) -> None:
        self._session = session
        self._since_s = since_s
        self._notices: dict[str, dict[str, Notice]] = {}

    def events(self) -> Iterator[Record]:
        """Every event once, with its complete payload."""
        return self._session.spool("events", self._read).read()

    def notices(self, object_: str, *, since_s: int) -> list[Notice]:
        """Objects of one kind that events since `since_s` speak of, each once."""
        self._session.spool("events", self._read)
        return [n for n in self._notices.get(object_, {}).values() if n.told_s >= since_s]

    def told_lately(self, object_: str) -> set[str]:
        """Ids of one kind that events speak of which this load leaves for the next one."""
        session = self._session
        pages = list_windows(
            session.api,
            EVENT_LIST,
            since_s=session.settled_s + 1,
            until_s=_NEVER_S,
            pool=session.pool,
            workers=session.settings.workers,
        )
        notices = (n for page in pages for event in page for n in read_notices(event))
        return {n.id for n in notices if n.object == object_}

    def _read(self) -> Iterator[Record]:
        session, seen = self._session, set()
        self._notices = {}
        pages = list_windows(
            session.api,
            EVENT_LIST,
            since_s=self._since_s,
            until_s=session.settled_s + 1,
            pool=session.pool,
            workers=session.settings.workers,
        )
        for page in pages:
            for event in page:
                if event["id"] not in seen:
                    seen.add(event["id"])
                    for notice in read_notices(event):
                        self._note(notice)
                    yield event

    def _note(self, notice: Notice) -> None:
        known = self._notices.setdefault(notice.object, {}).setdefault(notice.id, notice)
        known.told_s = max(known.told_s, notice.told_s)
        known.deleted = known.deleted or notice.deleted
        if known.created_s is None:
            known.created_s = notice.created_s


def read_notices(event: Record) -> Iterable[Notice]:
    """The objects that one event speaks of: its own, and those its kind changes as well.

    An object without an id, like a coming invoice, cannot be fetched and is left out.
    """
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        return
    object_, told_s = str(about.get("object")), int(event["created"])
    if isinstance(about.get("id"), str):
        created = about.get("created")
        yield Notice(
            object_,
            about["id"],
            told_s,
            created if isinstance(created, int) else None,
            deleted=str(event.get("type", "")).endswith(".deleted"),
        )
    for other, column in ALSO_CHANGED.get(object_, ()):
        value = about.get(column)
        id_ = value.get("id") if isinstance(value, dict) else value
        if isinstance(id_, str):
            yield Notice(other, id_, told_s)
