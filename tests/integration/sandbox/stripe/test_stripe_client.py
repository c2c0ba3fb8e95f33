"""The official client, unchanged, against the sandbox."""

from __future__ import annotations

import base64
import threading
from typing import Any

import httpx
import pytest
import stripe

from buck.sandbox.company import Change, Company, day_start
from buck.sandbox.http import Clock
from buck.sandbox.stripe import StripeServer, StripeStore

Client = stripe.StripeClient
KEY = "rk_live_reader0001"
TABLES = (
    "charges", "customers", "payment_intents", "refunds", "disputes", "invoices",
    "balance_transactions", "payouts", "products", "prices", "invoice_payments",
)  # fmt: skip


def expected_ids(changes: list[Change], table: str, *, live: bool) -> list[str]:
    """Newest first, without the deleted."""
    kept: dict[str, int] = {}
    for change in changes:
        if change.table == table and change.livemode == live and change.system == "stripe":
            if change.op == "delete":
                del kept[change.key]
            else:
                kept.setdefault(change.key, change.record["created"])
    return sorted(kept, key=lambda k: (kept[k], list(kept).index(k) if len(kept) < 50 else 0))[::-1]


@pytest.mark.parametrize("table", TABLES)
def test_auto_paging_gives_every_live_object_once(
    client: Client, changes: list[Change], table: str
) -> None:
    page = getattr(client.v1, table).list({"limit": 100})
    listed = [(o.created, o.id) for o in page.auto_paging_iter()]
    assert [created for created, _ in listed] == sorted((c for c, _ in listed), reverse=True)
    ids = [key for _, key in listed]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(expected_ids(changes, table, live=True))
    assert ids


@pytest.mark.parametrize("table", ["charges", "customers", "subscriptions"])
def test_a_test_key_sees_test_objects_only(
    test_client: Client, changes: list[Change], table: str
) -> None:
    params = {"limit": 100, **({"status": "all"} if table == "subscriptions" else {})}
    objects = list(getattr(test_client.v1, table).list(params).auto_paging_iter())
    assert objects
    assert not any(o.livemode for o in objects)
    assert {o.id for o in objects} == set(expected_ids(changes, table, live=False))


def test_small_pages_and_large_pages_give_the_same_list(client: Client) -> None:
    small = [r.id for r in client.v1.refunds.list({"limit": 3}).auto_paging_iter()]
    large = [r.id for r in client.v1.refunds.list({"limit": 100}).auto_paging_iter()]
    assert small == large
    assert len(large) > 20


def test_backwards_paging_gives_the_same_list(client: Client) -> None:
    forward = [r.id for r in client.v1.refunds.list({"limit": 100}).auto_paging_iter()]
    page = client.v1.refunds.list({"limit": 7, "ending_before": forward[-1]})
    backward = [r.id for r in page.auto_paging_iter()]
    assert backward == forward[-2::-1]


def test_subscriptions_hide_the_ended_unless_asked(client: Client) -> None:
    def ids(**params: Any) -> set[str]:
        query: Any = {"limit": 100, **params}
        page = client.v1.subscriptions.list(query)
        return {s.id for s in page.auto_paging_iter()}

    everything, ended = ids(status="all"), ids(status="canceled")
    assert ended
    assert ids() == everything - ended
    assert ids(status="ended") == ended


def test_windows_of_created_cut_exactly(get_all: Any, client: Client) -> None:
    every = [charge["created"] for charge in get_all("/v1/charges")]
    low, high = sorted(every)[40], sorted(every)[90]

    def count(**window: int) -> int:
        return len(get_all("/v1/charges", **{f"created[{k}]": v for k, v in window.items()}))

    assert count(gte=low, lt=high) == sum(low <= c < high for c in every)
    assert count(gt=low, lte=high) == sum(low < c <= high for c in every)
    assert count(gte=low, lte=low) == every.count(low)
    assert count(gte=high, lt=low) == 0
    assert len(get_all("/v1/charges", created=low)) == every.count(low)
    page = client.v1.charges.list({"limit": 30, "created": {"gte": low, "lt": high}})
    assert len(list(page.auto_paging_iter())) == count(gte=low, lt=high)


def test_filters_pick_what_belongs_to_an_object(client: Client) -> None:
    refund = client.v1.refunds.list({"limit": 1}).data[0]
    assert isinstance(refund.charge, str)
    assert isinstance(refund.payment_intent, str)
    for params in ({"charge": refund.charge}, {"payment_intent": refund.payment_intent}):
        found = client.v1.refunds.list(params).data  # type: ignore[arg-type]
        assert refund.id in {r.id for r in found}
        assert {r.charge for r in found} == {refund.charge}
    payments = client.v1.invoice_payments.list({"limit": 1}).data[0]
    invoice = payments.invoice
    assert isinstance(invoice, str)
    assert [p.id for p in client.v1.invoice_payments.list({"invoice": invoice}).data] == [
        payments.id
    ]


def test_a_payouts_movements_add_up_to_nothing(client: Client) -> None:
    for payout in client.v1.payouts.list({"limit": 5}).data:
        page = client.v1.balance_transactions.list({"payout": payout.id, "limit": 100})
        movements = list(page.auto_paging_iter())
        assert sum(m.net for m in movements) == 0
        assert [m.amount for m in movements if m.type == "payout"] == [-payout.amount]


def test_expansion_reaches_into_lists_and_objects(client: Client) -> None:
    page = client.v1.charges.list(
        {"limit": 20, "expand": ["data.balance_transaction", "data.customer", "data.refunds"]}
    )
    settled = [c for c in page.data if c.status == "succeeded"]
    assert settled
    for charge in settled:
        movement = charge.balance_transaction
        assert isinstance(movement, stripe.BalanceTransaction)
        assert (movement.source, movement.amount) == (charge.id, charge.amount)
        assert charge.customer is None or isinstance(charge.customer, stripe.Customer)
        assert charge.refunds is not None
    dispute = client.v1.disputes.list({"limit": 1, "expand": ["data.charge.payment_intent"]})
    disputed = dispute.data[0].charge
    assert isinstance(disputed, stripe.Charge)
    assert isinstance(disputed.payment_intent, stripe.PaymentIntent)


def test_embedded_lists_stop_at_ten_and_page_on(client: Client, store: StripeStore) -> None:
    long = [
        e.id for e in store.shelf("invoices", live=True).entries if len(store.full_list(e.id)) > 10
    ]
    assert long
    invoice = client.v1.invoices.retrieve(long[0])
    assert (len(invoice.lines.data), invoice.lines.has_more) == (10, True)
    lines = client.v1.invoices.line_items.list(long[0], {"limit": 4})
    paged = list(lines.auto_paging_iter())
    assert [line.id for line in paged] == [line["id"] for line in store.full_list(long[0])]
    assert sum(line.amount for line in paged) == invoice.total
    # The same through the embedded list itself.
    assert len(list(invoice.lines.auto_paging_iter())) == len(paged)


def test_subscription_items_page_on(client: Client, store: StripeStore) -> None:
    long = [
        e.id
        for e in store.shelf("subscriptions", live=True).entries
        if len(store.full_list(e.id)) > 10
    ]
    page = client.v1.subscription_items.list({"subscription": long[0], "limit": 5})
    ids = {item.id for item in page.auto_paging_iter()}
    assert ids == {item["id"] for item in store.full_list(long[0])}


@pytest.mark.parametrize(
    "table",
    [
        "coupons", "promotion_codes", "credit_notes", "invoice_items", "transfers", "tax_rates",
        "payment_methods", "subscription_schedules", "accounts",
    ],
)  # fmt: skip
def test_kinds_the_company_does_not_use_are_empty_lists(client: Client, table: str) -> None:
    page = getattr(client.v1, table).list({"limit": 100})
    assert list(page.auto_paging_iter()) == []


def test_missing_and_foreign_objects_are_stripes_errors(
    client: Client, test_client: Client
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such charge: 'ch_none'") as missing:
        client.v1.charges.retrieve("ch_none")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    charge = client.v1.charges.list({"limit": 1}).data[0]
    with pytest.raises(stripe.InvalidRequestError, match="similar object exists in live mode"):
        test_client.v1.charges.retrieve(charge.id)


def test_wrong_parameters_are_stripes_errors(client: Client) -> None:
    for params, message in (
        ({"limit": 101}, "less than or equal to 100"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"colour": "red"}, "unknown parameter: colour"),
        ({"starting_after": "ch_none"}, "No such charge"),
        ({"created": {"gte": "soon"}}, "Invalid integer: soon"),
        ({"expand": ["data.amount"]}, "cannot be expanded"),
        ({"expand": ["customer"]}, "data.customer"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=message):
            client.v1.charges.list(params)  # type: ignore[arg-type]
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: subscription"):
        client.v1.subscription_items.list({})  # type: ignore[typeddict-item]


def test_keys_are_checked(server: StripeServer, get: Any) -> None:
    with pytest.raises(stripe.AuthenticationError, match=r"Invalid API Key provided: rk_live_\*+"):
        stripe.StripeClient(
            "rk_live_no-key-1234", base_addresses={"api": server.http.url}
        ).v1.charges.list()
    nobody = get("/v1/charges", headers={"Authorization": ""})
    assert nobody.status_code == 401
    assert "did not provide an API key" in nobody.json()["error"]["message"]
    basic = base64.b64encode(b"rk_live_reader0001:").decode()
    assert get("/v1/charges", headers={"Authorization": f"Basic {basic}"}).status_code == 200


def test_writing_is_refused(client: Client) -> None:
    with pytest.raises(stripe.PermissionError, match="rak_customer_write"):
        client.v1.customers.create({"email": "x@mail.example"})


def test_answers_carry_version_request_id_and_simulated_date(get: Any) -> None:
    first = get("/v1/charges", headers={"Stripe-Version": "2025-03-31.basil"})
    assert first.headers["stripe-version"] == "2025-03-31.basil"
    assert first.headers["date"] == "Sun, 15 Feb 2026 00:00:00 GMT"
    assert first.headers["request-id"].startswith("req_")
    assert get("/v1/charges").headers["request-id"] != first.headers["request-id"]
    assert get("/v1/charges", headers={"Stripe-Version": "latest"}).status_code == 400
    assert get("/v1/nothing").status_code == 404


def test_readers_see_whole_lists_while_changes_arrive(company: Company) -> None:
    store = StripeStore()
    store.apply(company.changes(10))
    server = StripeServer(store, clock=Clock(day_start(30)), control_token="t")
    url, total = server.start(), 0
    early = {e.id for e in store.shelf("charges", live=True).entries}
    later = company.changes(30)[len(company.changes(10)) :]

    def write() -> None:
        for change in later:
            store.apply([change])

    writer = threading.Thread(target=write)
    try:
        writer.start()
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as http:
            while writer.is_alive() or total == 0:
                page = http.get("/v1/charges?limit=100").json()
                seen = [c["id"] for c in page["data"]]
                while page["has_more"]:
                    page = http.get(f"/v1/charges?limit=100&starting_after={seen[-1]}").json()
                    seen += [c["id"] for c in page["data"]]
                assert len(seen) == len(set(seen))
                assert early <= set(seen)
                total += 1
    finally:
        writer.join()
        server.stop()
    assert len(store.shelf("charges", live=True).entries) > len(early)
