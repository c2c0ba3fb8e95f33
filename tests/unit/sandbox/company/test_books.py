"""Stripe's money adds up: charges, refunds, fees, disputes, balance transactions, payouts."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from buck.sandbox.company import Change, Company, Record, truth

Latest = dict[tuple[str, str], dict[str, Record]]
CODES = {"usd", "eur", "gbp", "cad", "jpy", "kwd"}


@pytest.fixture(scope="module")
def movements(latest: Latest, live_ids: set[str]) -> list[Record]:
    return [r for k, r in latest["stripe", "balance_transactions"].items() if k in live_ids]


def test_movements_are_charges_less_refunds_less_disputes_less_fees(
    latest: Latest, live_ids: set[str], movements: list[Record]
) -> None:
    expected: Counter[str] = Counter()
    for charge in latest["stripe", "charges"].values():
        if charge["livemode"] and charge["status"] == "succeeded":
            expected[charge["currency"]] += charge["amount"]
    for key, refund in latest["stripe", "refunds"].items():
        if key in live_ids and refund["status"] == "succeeded":
            expected[refund["currency"]] -= refund["amount"]
    for dispute in latest["stripe", "disputes"].values():
        if dispute["status"] != "won":
            expected[dispute["currency"]] -= dispute["amount"]
    booked, net, fees = Counter[str](), Counter[str](), Counter[str]()
    for movement in movements:
        if movement["type"] != "payout":
            booked[movement["currency"]] += movement["amount"]
            net[movement["currency"]] += movement["net"]
            fees[movement["currency"]] += movement["fee"]
    assert booked == expected
    assert {c: booked[c] - fees[c] for c in CODES} == dict(net)
    assert set(booked) == CODES


def test_a_payout_pays_exactly_the_movements_it_covers(
    changes: list[Change], movements: list[Record]
) -> None:
    by_id = {m["id"]: m for m in movements}
    paid: list[str] = []
    payouts = [c for c in changes if c.table == "payouts" and c.op == "insert"]
    assert len(payouts) > 50
    for change in payouts:
        covered = [by_id[key] for key in change.covers]
        assert sum(m["net"] for m in covered) == 0
        own, *others = covered
        assert own["type"] == "payout"
        assert -own["amount"] == change.record["amount"] == sum(m["net"] for m in others)
        assert {m["currency"] for m in covered} == {change.record["currency"]}
        paid += change.covers
    assert len(paid) == len(set(paid))


def test_payouts_and_the_rest_are_the_balance_of_the_truth(
    company: Company, changes: list[Change], movements: list[Record]
) -> None:
    remaining: dict[str, int] = defaultdict(int)
    for movement in movements:
        remaining[movement["currency"]] += movement["net"]
    balance = truth(company, as_of_day=45).balance
    assert {code: book["remaining"] for code, book in balance.items()} == dict(remaining)
    for code, book in balance.items():
        paid = sum(
            c.record["amount"]
            for c in changes
            if c.table == "payouts" and c.op == "insert" and c.record["currency"] == code
        )
        assert book["paid_out"] == -paid


def test_refunded_amounts_of_charges_are_their_succeeded_refunds(latest: Latest) -> None:
    back: Counter[str] = Counter()
    for refund in latest["stripe", "refunds"].values():
        if refund["status"] == "succeeded":
            back[refund["charge"]] += refund["amount"]
    for key, charge in latest["stripe", "charges"].items():
        assert charge["amount_refunded"] == back[key]
        assert charge["refunded"] == (0 < back[key] == charge["amount"])
        assert back[key] <= charge["amount"]


def test_movements_and_their_sources_name_each_other(latest: Latest) -> None:
    movements = latest["stripe", "balance_transactions"]
    for table in ("charges", "refunds", "payouts"):
        for record in latest["stripe", table].values():
            key = record["balance_transaction"]
            assert (key is not None) == (record["status"] in {"succeeded", "paid", "in_transit"})
            if key is not None:
                assert movements[key]["source"] == record["id"]
                assert abs(movements[key]["amount"]) == record["amount"]


def test_payment_intents_and_charges_agree(latest: Latest) -> None:
    succeeded: Counter[str] = Counter()
    for charge in latest["stripe", "charges"].values():
        intent = latest["stripe", "payment_intents"][charge["payment_intent"]]
        assert (intent["amount"], intent["currency"]) == (charge["amount"], charge["currency"])
        succeeded[intent["id"]] += charge["status"] == "succeeded"
    for key, intent in latest["stripe", "payment_intents"].items():
        paid = intent["status"] == "succeeded"
        assert succeeded[key] == paid
        assert intent["amount_received"] == (intent["amount"] if paid else 0)


def test_order_totals_are_what_was_charged(latest: Latest) -> None:
    exponents = {"jpy": 0, "kwd": 3}
    items: dict[int, list[Record]] = defaultdict(list)
    for item in latest["app", "order_items"].values():
        items[item["order_id"]].append(item)
    checked = 0
    for order in latest["app", "orders"].values():
        if order["stripe_payment_intent_id"] is None:
            continue
        total = sum(i["unit_price"] * i["quantity"] - i["discount"] for i in items[order["id"]])
        intent = latest["stripe", "payment_intents"][order["stripe_payment_intent_id"]]
        assert total * 10 ** exponents.get(order["currency"], 2) == intent["amount"]
        assert intent["metadata"]["order_id"] == str(order["id"])
        checked += 1
    assert checked > 1_000


def test_invoices_are_the_sum_of_their_lines(latest: Latest) -> None:
    paid_by = {p["invoice"]: p for p in latest["stripe", "invoice_payments"].values()}
    for invoice in latest["stripe", "invoices"].values():
        total = sum(line["amount"] for line in invoice["lines"]["data"])
        assert total == invoice["total"] == invoice["amount_paid"] + invoice["amount_remaining"]
        assert total > 0
        if invoice["status"] == "paid":
            intent = paid_by[invoice["id"]]["payment"]["payment_intent"]
            assert latest["stripe", "payment_intents"][intent]["amount_received"] == total


def test_movements_become_available_on_their_day(latest: Latest) -> None:
    now = 1_767_225_600 + 45 * 86_400
    statuses = {
        (m["available_on"] < now, m["status"])
        for m in latest["stripe", "balance_transactions"].values()
    }
    assert statuses == {(True, "available"), (False, "pending")}
