"""Discounts: Stripe lists them nowhere, so they come with the objects that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from buck.sources.stripe.api import Record
from buck.sources.stripe.changes import Change
from buck.sources.stripe.endpoints import Endpoint
from buck.sources.stripe.feed import Notice


def with_discounts(endpoint: Endpoint) -> Endpoint:
    """The endpoint asked for its objects' discounts themselves, where Stripe gives only ids."""
    is_list = endpoint.discounts == "discounts"
    return replace(endpoint, expand=(*endpoint.expand, "discounts")) if is_list else endpoint


def without_discounts(record: Record) -> Record:
    """The record with ids of discounts, asked for or not: its own table has them."""
    value = record.get("discounts")
    if not isinstance(value, list):
        return record
    return {**record, "discounts": [d["id"] if isinstance(d, dict) else d for d in value]}


def read_discounts(
    carriers: Iterable[tuple[Endpoint, Change]], notices: Iterable[Notice]
) -> Iterator[Change]:
    """Each discount that an object carries, once, and a tombstone for each that ended.

    Args:
        carriers: Customers, subscriptions and invoices as they are now.
        notices: What events told about discounts themselves.
    """
    seen: set[str] = set()
    for endpoint, carrier in carriers:
        for discount in _discounts_of(endpoint, carrier.record):
            if discount["id"] in seen:
                continue
            seen.add(discount["id"])
            if discount.get("deleted") is not True:
                op = "r" if carrier.op == "r" else "u"
                told_s = discount.get("start") if op == "r" else carrier.told_s
                yield Change(op, discount, told_s, carrier.way)
            elif carrier.op != "r":
                # An old invoice goes on naming a discount that ended.
                yield _tombstone(discount["id"], carrier.told_s)
    for notice in notices:
        if notice.deleted and notice.id not in seen:
            yield _tombstone(notice.id, notice.told_s)


def _discounts_of(endpoint: Endpoint, record: Record) -> Iterator[Record]:
    value = record.get(endpoint.discounts or "")
    for discount in value if isinstance(value, list) else [value]:
        if isinstance(discount, dict) and isinstance(discount.get("id"), str):
            yield discount


def _tombstone(id_: str, told_s: int | None) -> Change:
    return Change("d", {"id": id_}, told_s)
