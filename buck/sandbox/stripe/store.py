"""What the Stripe server knows: objects by kind, newest last, and the events of their changes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import RLock
from typing import Any

import orjson

from buck.sandbox.company import Change, Record
from buck.sandbox.company.stripe_money import API_VERSION
from buck.sandbox.stripe.events import event_types, previous_attributes

EMBEDDED_LIMIT = 10
"""So many elements does Stripe show of a list within an object."""
_EMBEDDED = {"invoices": "lines", "subscriptions": "items", "credit_notes": "lines"}
_BIRTHS = ("created", "date", "start")
"""Where an object says since when it exists; the first one that it has."""


@dataclass(slots=True, eq=False)
class Entry:
    """One object on a shelf. A change replaces `record`; the record itself is never modified."""

    id: str
    created: int
    seq: int
    record: Record
    deleted: bool = False
    _body: bytes | None = None

    def body(self) -> bytes:
        """The object as JSON, encoded once."""
        if self._body is None:
            self._body = orjson.dumps(self.record)
        return self._body

    def replace(self, record: Record) -> None:
        """Put another state in its place."""
        self.record, self._body = record, None

    def order(self) -> tuple[int, int]:
        """Sorts entries by age: by second, then as they came in."""
        return self.created, self.seq


@dataclass(slots=True)
class Shelf:
    """The objects of one kind and mode, oldest first."""

    entries: list[Entry] = field(default_factory=list)
    by_id: dict[str, Entry] = field(default_factory=dict)

    def put(self, record: Record, *, seq: int) -> Entry:
        """Add an object, or replace the one with its id."""
        entry = self.by_id.get(record["id"])
        if entry is not None:
            entry.replace(record)
            return entry
        created = next(record[name] for name in _BIRTHS if name in record)
        entry = Entry(record["id"], created, seq, record)
        self.by_id[entry.id] = entry
        if not self.entries or self.entries[-1].order() <= entry.order():
            self.entries.append(entry)
        else:
            insort(self.entries, entry, key=Entry.order)
        return entry

    def since(self, created: int) -> int:
        """The position of the first object that is not older than a second."""
        return bisect_left(self.entries, created, key=lambda e: e.created)


class StripeStore:
    """All objects and events; `apply` may run while others read under `lock`."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.account_id = "acct_1TidewaterSupply"
        self._shelves: dict[tuple[str, bool], Shelf] = {}
        self._full_lists: dict[str, list[Record]] = {}
        self._payouts: dict[str, frozenset[str]] = {}
        self._seq = 0

    def shelf(self, table: str, *, live: bool) -> Shelf:
        """The shelf of a kind and mode; an empty one where nothing ever came."""
        return self._shelves.setdefault((table, live), Shelf())

    def full_list(self, parent: str) -> list[Record]:
        """All lines or items of a parent, which itself shows only ten."""
        return self._full_lists.get(parent, [])

    def paid_out(self, payout: str) -> frozenset[str]:
        """The ids of the balance transactions of a payout, its own included."""
        return self._payouts.get(payout, frozenset())

    def apply(self, changes: Iterable[Change]) -> None:
        """Make changes visible, in their order; those of other systems are left out."""
        with self.lock:
            for change in changes:
                if change.system == "stripe":
                    self._apply(change)

    def _apply(self, change: Change) -> None:
        self._seq += 1
        shelf = self.shelf(change.table, live=change.livemode)
        entry = shelf.by_id.get(change.key)
        before = entry.record if entry is not None else None
        record = self._shorten(change)
        if change.op == "delete":
            if entry is not None:
                entry.deleted = True
                gone = {"id": change.key, "object": record["object"], "deleted": True}
                entry.replace(gone)
        else:
            shelf.put(record, seq=self._seq)
        if change.covers:
            self._payouts[change.key] = frozenset(change.covers)
        self._remember_events(change, before, record)

    def _shorten(self, change: Change) -> Record:
        """The object as the API shows it: long embedded lists cut, their whole kept aside."""
        record, name = change.record, _EMBEDDED.get(change.table)
        if name is None:
            return record
        data = record[name]["data"]
        self._full_lists[change.key] = data
        if change.table == "subscriptions":
            items = self.shelf("subscription_items", live=change.livemode)
            for position, item in enumerate(data):
                items.put(item, seq=self._seq * 100 + position)
        if len(data) <= EMBEDDED_LIMIT:
            return record
        return {**record, name: {**record[name], "data": data[:EMBEDDED_LIMIT], "has_more": True}}

    def _remember_events(self, change: Change, before: Record | None, after: Record) -> None:
        created = int(change.at.timestamp())
        shelf = self.shelf("events", live=change.livemode)
        for type_ in event_types(change, before):
            self._seq += 1
            data: dict[str, Any] = {"object": after}
            if before is not None and change.op == "update":
                data["previous_attributes"] = previous_attributes(before, after)
            unique = f"{change.key}/{type_}/{created}/{self._seq}"
            event = {
                "id": f"evt_{sha256(unique.encode()).hexdigest()[:24]}",
                "object": "event",
                "account": None,
                "api_version": API_VERSION,
                "context": None,
                "created": created,
                "data": data,
                "livemode": change.livemode,
                "pending_webhooks": 0,
                "request": {"id": None, "idempotency_key": None},
                "type": type_,
            }
            shelf.put(event, seq=self._seq)
