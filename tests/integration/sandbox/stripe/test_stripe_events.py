"""Events: every change has one, thirty days are kept, and a client can follow along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import stripe

from buck.sandbox.company import Change, Company, day_start
from buck.sandbox.http import Clock
from buck.sandbox.stripe import StripeServer, StripeStore

Client = stripe.StripeClient
SILENT = {"balance_transactions"}
KEPT_S = 30 * 86_400


def collect(client: Client, **params: Any) -> list[stripe.Event]:
    query: Any = {"limit": 100, **params}
    page = client.v1.events.list(query)
    return list(page.auto_paging_iter())


def test_every_change_of_money_and_customers_has_an_event(
    store: StripeStore, changes: list[Change]
) -> None:
    events = store.shelf("events", live=True).entries
    told = {(e.record["data"]["object"]["id"], e.created) for e in events}
    silent = [
        c.table
        for c in changes
        if c.system == "stripe"
        and c.livemode
        and c.table not in SILENT
        and (c.key, int(c.at.timestamp())) not in told
    ]
    # Opening an invoice payment, and giving an intent a card, are silent at Stripe too.
    assert set(silent) <= {"invoice_payments", "payment_intents"}
    assert not any(e.record["data"]["object"]["object"] == "balance_transaction" for e in events)


def test_types_are_among_those_the_package_knows(store: StripeStore) -> None:
    known = set(stripe.Event.__annotations__["type"].__args__)
    types = {e.record["type"] for e in store.shelf("events", live=True).entries}
    assert types <= known
    assert types >= {
        "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_withdrawn",
        "charge.failed", "charge.pending", "charge.refunded", "charge.succeeded",
        "charge.updated", "customer.created", "customer.deleted", "customer.updated",
        "customer.subscription.created", "customer.subscription.deleted",
        "customer.subscription.updated", "invoice.created", "invoice.finalized", "invoice.paid",
        "invoice.payment_failed", "invoice_payment.paid", "payment_intent.created",
        "payment_intent.payment_failed", "payment_intent.succeeded", "payout.created",
        "payout.paid", "price.created", "product.deleted", "refund.created",
    }  # fmt: skip


def test_updates_tell_what_was_before(store: StripeStore) -> None:
    refunded = [
        e.record["data"]
        for e in store.shelf("events", live=True).entries
        if e.record["type"] == "charge.refunded"
    ]
    assert refunded
    for data in refunded:
        assert data["previous_attributes"]["amount_refunded"] < data["object"]["amount_refunded"]


def test_lists_in_events_stop_at_ten(store: StripeStore) -> None:
    objects = [
        e.record["data"]["object"]
        for e in store.shelf("events", live=True).entries
        if e.record["type"] == "invoice.created"
    ]
    assert any(o["lines"]["has_more"] for o in objects)
    assert all(len(o["lines"]["data"]) <= 10 for o in objects)


def test_only_thirty_days_are_kept(get_all: Any, store: StripeStore) -> None:
    now = int(day_start(45).timestamp())
    created = [e["created"] for e in get_all("/v1/events")]
    kept = [e for e in store.shelf("events", live=True).entries if e.created >= now - KEPT_S]
    assert len(created) == len(kept)
    assert min(created) >= now - KEPT_S
    assert created == sorted(created, reverse=True)
    assert get_all("/v1/events", **{"created[lt]": now - KEPT_S}) == []


def test_types_can_be_chosen(client: Client, get: Any) -> None:
    some = collect(client, types=["charge.refunded", "refund.created"])
    assert {e.type for e in some} == {"charge.refunded", "refund.created"}
    one = collect(client, type="charge.refunded")
    assert {e.type for e in one} == {"charge.refunded"}
    assert 0 < len(one) < len(some)
    many = {"types[]": [f"charge.{n}" for n in range(21)]}
    assert get("/v1/events", params=many).status_code == 400


def test_events_can_be_fetched_but_their_insides_not_expanded(client: Client) -> None:
    event = client.v1.events.list({"limit": 1}).data[0]
    assert client.v1.events.retrieve(event.id).type == event.type
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.events.list({"expand": ["data.data.object.lines"]})


def test_following_events_and_refetching_gives_the_present_state(company: Company) -> None:
    """What an incremental reader does: a window of events, then each object as it is now."""
    store, clock = StripeStore(), Clock(day_start(20))
    early, later = company.changes(20), company.changes(23)
    store.apply(early)
    server = StripeServer(store, clock=clock, control_token="t")
    client = stripe.StripeClient("rk_live_reader0001", base_addresses={"api": server.start()})
    try:
        seen = {
            name: {o.id: o.to_dict() for o in getattr(client.v1, name).list(
                {"limit": 100, **({"status": "all"} if name == "subscriptions" else {})}
            ).auto_paging_iter()}
            for name in ("charges", "refunds", "customers", "subscriptions", "disputes")
        }  # fmt: skip
        store.apply(later[len(early) :])
        clock.set(day_start(23))
        since = int((day_start(20) - timedelta(hours=1)).timestamp())
        for event in collect(client, created={"gte": since}):
            thing = event.data.object
            name = f"{thing['object']}s"
            if name in seen:
                found = getattr(client.v1, name).retrieve(thing["id"]).to_dict()
                seen[name][thing["id"]] = found
        expected = {
            name: {
                e.id: e.record
                for e in store.shelf(name, live=True).entries
                if not e.deleted or e.id in seen[name]
            }
            for name in seen
        }
        assert {n: set(v) for n, v in seen.items()} == {n: set(v) for n, v in expected.items()}
        for name, records in expected.items():
            for key, record in records.items():
                assert seen[name][key].get("status") == record.get("status")
                assert seen[name][key].get("amount_refunded") == record.get("amount_refunded")
    finally:
        server.stop()
