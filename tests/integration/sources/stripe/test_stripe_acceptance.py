"""What a sceptic tries on the Stripe source, by the numbers of the acceptance list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from buck.errors import ResyncRequired, SourceChanged
from tests.integration.sources.stripe.shop import Shop

Make = Callable[..., Any]


def test_s1_charge_refunded_45_days_later_is_seen_after_one_sync(shop: Shop) -> None:
    charge = shop.charge(1)
    for _ in range(3):
        shop.wait(days=15)
        shop.land("charges", "refunds")
    shop.put("charges", {**charge, "amount_refunded": 1_001, "refunded": True})
    shop.put(
        "refunds",
        {"id": "re_1", "object": "refund", "created": shop.now_s, "charge": "ch_00001",
         "amount": 1_001, "currency": "jpy", "status": "succeeded"},
    )  # fmt: skip
    shop.wait(seconds=200)
    shop.land("charges", "refunds")
    seen = shop.current("charges")["ch_00001"]
    assert (seen["refunded"], seen["amount_refunded"]) == (True, 1_001)
    assert shop.current("refunds")["re_1"]["status"] == "succeeded"
    assert [r["_buck_op"] for r in shop.versions("charges")] == ["r", "u"]


def test_s2_invoices_with_11_101_and_250_lines_are_complete_through_events(shop: Shop) -> None:
    shop.wait(days=1)
    shop.land("invoices", "invoice_line_items")
    counts = {1: 11, 2: 101, 3: 250}
    for number, lines in counts.items():
        shop.invoice(number, lines=lines)
    shop.wait(days=1)
    shop.land("invoices", "invoice_line_items")
    told = next(iter(shop.store.shelf("events", live=True).entries)).record["data"]["object"]
    assert (len(told["lines"]["data"]), told["lines"]["has_more"]) == (10, True)
    landed = shop.current("invoice_line_items")
    assert Counter(invoice for invoice, _ in landed) == {
        f"in_{number}": lines for number, lines in counts.items()
    }
    assert {(i, r["amount"]) for (i, _), r in landed.items()} == {
        (f"in_{number}", n) for number, lines in counts.items() for n in range(lines)
    }


def test_s3_events_90_s_late_and_out_of_order_lose_nothing(shop: Shop) -> None:
    shop.wait(days=1)
    shop.land("charges", "events")
    shop.server.faults.add({"late_s": 90})
    for number in range(40):
        shop.charge(number)
        shop.wait(seconds=4)
        if number % 15 == 14:
            shop.land("charges", "events")
    assert len(shop.current("charges")) < 40
    shop.wait(seconds=240)
    shop.land("charges", "events")
    assert len(shop.current("charges")) == 40
    assert len(shop.versions("charges")) == len(shop.versions("events")) == 40


def test_s4_update_during_the_first_load_is_in_the_next(shop: Shop) -> None:
    charges = []
    for number in range(300):
        charges.append(shop.charge(number))
        shop.wait(seconds=60)

    def refund(target: str) -> None:
        if target.startswith("/v1/charges") and "created" in target and not seen:
            seen.append(target)
        elif seen and not changed:
            changed.append(target)
            for charge in (charges[0], charges[150], charges[299]):
                shop.put("charges", {**charge, "amount_refunded": 7})

    seen: list[str] = []
    changed: list[str] = []
    shop.on_request = refund
    shop.land("charges")
    assert changed
    assert len(shop.current("charges")) == 300
    shop.wait(days=1)
    shop.land("charges")
    refunded = {k for k, r in shop.current("charges").items() if r["amount_refunded"] == 7}
    assert refunded == {"ch_00000", "ch_00150", "ch_00299"}


def test_s5_deleted_customer_coupon_and_draft_line_become_tombstones(shop: Shop) -> None:
    tables = ("customers", "coupons", "invoices", "invoice_line_items")
    for number in (1, 2):
        shop.customer(number)
        shop.put("coupons", {"id": f"SAVE{number}", "object": "coupon", "created": shop.now_s,
                             "livemode": True, "percent_off": 12.5, "valid": True})  # fmt: skip
    shop.invoice(1, lines=14)
    shop.invoice(2, lines=2)
    shop.wait(days=1)
    shop.land(*tables)
    shop.remove("customers", "cus_1")
    shop.remove("coupons", "SAVE1")
    shop.invoice(1, lines=12, created=shop.now_s - 86_400)
    shop.remove("invoices", "in_2")
    shop.wait(days=1)
    shop.land(*tables)
    assert set(shop.current("customers")) == {"cus_2"}
    assert set(shop.current("coupons")) == {"SAVE2"}
    assert set(shop.current("invoices")) == {"in_1"}
    assert len(shop.current("invoice_line_items")) == 12
    gone = [r for r in shop.versions("invoice_line_items") if r["_buck_op"] == "d"]
    assert sorted(r["id"] for r in gone) == ["il_1_12", "il_1_13", "il_2_0", "il_2_1"]
    assert shop.versions("customers")[-1]["email"] is None


def test_s6_gap_of_31_days_refuses_and_a_resnapshot_is_complete(shop: Shop) -> None:
    tables = ("customers", "charges", "events")
    for number in range(3):
        shop.customer(number)
        shop.charge(number)
    shop.wait(days=1)
    shop.land(*tables)
    marks = shop.lake.raw("stripe", "charges").state().position["events_until"]
    shop.remove("customers", "cus_0")
    shop.charge(7)
    shop.wait(days=31)
    with pytest.raises(ResyncRequired, match="31 days") as caught:
        shop.land(*tables)
    assert (caught.value.exit_code, caught.value.hint) == (4, "buck run --full-refresh")
    assert shop.lake.raw("stripe", "charges").state().position["events_until"] == marks
    shop.land(*tables, is_whole=True)
    assert set(shop.current("customers")) == {"cus_1", "cus_2"}
    assert set(shop.current("charges")) == {"ch_00000", "ch_00001", "ch_00002", "ch_00007"}
    shop.wait(seconds=3_600)
    assert shop.land(*tables).rows_landed == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "every": 2},
        {"status": 429, "retry_after": 0, "every": 2},
        {"status": 500, "every": 2},
        {"cut_after_bytes": 4_000, "every": 2},
        {"rate_per_s": 12},
    ],
    ids=["429", "429-retry-after", "500", "cut", "rate"],
)
def test_s7_storms_of_429_and_500_and_cut_pages_are_come_through(
    shop: Shop, fault: dict[str, Any]
) -> None:
    shop.server.faults.add(fault)
    for number in range(320):
        shop.charge(number)
        shop.wait(seconds=600)
    shop.wait(days=1)
    shop.land("charges")
    assert sorted(r["id"] for r in shop.versions("charges")) == [f"ch_{n:05d}" for n in range(320)]
    for number in range(6):
        shop.charge(number, created=shop.now_s - 90_000, amount_refunded=5)
    shop.wait(seconds=3_600)
    shop.land("charges")
    assert sum(r["amount_refunded"] for r in shop.current("charges").values()) == 30


def test_s8_test_mode_object_in_a_live_feed_stops_everything(shop: Shop) -> None:
    shop.charge(1)
    shop.charge(2, livemode=False)
    shop.wait(days=1)
    shop.land("charges")
    shop.server.faults.add({"leak_test_mode": True})
    shop.charge(3, livemode=False)
    shop.charge(4)
    shop.wait(days=1)
    with pytest.raises(SourceChanged, match=r"livemode False to a live key") as caught:
        shop.land("charges")
    assert caught.value.exit_code == 1
    assert set(shop.current("charges")) == {"ch_00001"}


@pytest.mark.parametrize("status", [400, 401, 403])
def test_s9_one_refused_list_is_named_and_the_others_land(shop: Shop, status: int) -> None:
    tables = ("charges", "disputes", "events")
    shop.charge(1)
    fault = {"deny": "disputes"} if status == 403 else {"status": status, "path": "/v1/disputes"}
    shop.server.faults.add(fault)
    shop.wait(days=1)
    report = shop.land(*tables)
    assert list(report.skipped) == ["disputes"]
    told = {400: r"/v1/disputes (400)", 401: "/v1/disputes (401", 403: "rak_dispute_read (403"}
    assert told[status] in report.skipped["disputes"]
    assert not shop.lake.raw("stripe", "disputes").state().exists
    assert set(shop.current("charges")) == {"ch_00001"}


def test_s10_fifty_hostile_metadata_keys_make_no_columns(shop: Shop) -> None:
    shop.charge(1)
    shop.wait(days=1)
    shop.land("charges")
    columns = shop.lake.raw("stripe", "charges").state().columns
    hostile = {f"_buck_op'); drop table {n}; --": "\x00$.a[0]\"'" for n in range(48)}
    shop.charge(2, metadata={**hostile, "_buck_seq": "1", "ID": "x"})
    shop.wait(days=1)
    assert shop.land("charges").tables[0].columns_added == ()
    assert shop.lake.raw("stripe", "charges").state().columns == columns
    kept = orjson.loads(shop.current("charges")["ch_00002"]["metadata"])
    assert kept == {**hostile, "_buck_seq": "1", "ID": "x"}


def test_s11_balance_transaction_becomes_available_though_no_event_says_so(shop: Shop) -> None:
    movement = shop.put(
        "balance_transactions",
        {"id": "txn_1", "object": "balance_transaction", "created": shop.now_s, "amount": 500,
         "fee": 20, "net": 480, "currency": "kwd", "status": "pending", "type": "charge",
         "available_on": shop.now_s + 2 * 86_400},
    )  # fmt: skip
    shop.wait(days=1)
    shop.land("balance_transactions")
    shop.wait(days=3)
    shop.put("balance_transactions", {**movement, "status": "available"})
    shop.wait(seconds=60)
    report = shop.land("balance_transactions")
    rows = shop.versions("balance_transactions")
    assert [r["status"] for r in rows] == ["pending", "available"]
    assert rows[1]["_buck_source_ts"].timestamp() == movement["available_on"]
    assert report.tables[0].metrics.get("drift_rows", 0) == 0


def test_s12_money_ties_to_the_minor_unit_in_every_currency(make_world: Make) -> None:
    world = make_world(customers=30)
    world.advance(45)
    world.land("charges", "refunds", "balance_transactions", "payouts",
               "payout_balance_transactions")  # fmt: skip
    charges, refunds = world.landed("charges"), world.landed("refunds")
    movements = {m["id"]: m for m in world.landed("balance_transactions").values()}
    by_type: Counter[tuple[str, str]] = Counter()
    for movement in movements.values():
        assert movement["net"] == movement["amount"] - movement["fee"]
        by_type[movement["type"], movement["currency"]] += movement["amount"]
    captured: Counter[str] = Counter()
    for charge in charges.values():
        if charge["status"] == "succeeded":
            captured[charge["currency"]] += charge["amount_captured"]
    given_back: Counter[str] = Counter()
    for refund in refunds.values():
        if refund["status"] not in {"failed", "canceled"}:
            given_back[refund["currency"]] += refund["amount"]
    assert {"jpy", "kwd"} <= set(captured)
    for currency in captured:
        taken = by_type["charge", currency] + by_type["payment", currency]
        assert taken == captured[currency], currency
        returned = by_type["refund", currency] + by_type["payment_refund", currency]
        failed = by_type["refund_failure", currency] + by_type["payment_failure_refund", currency]
        assert -returned - failed == given_back[currency], currency
    links: dict[str, list[dict[str, Any]]] = {}
    for (payout, _), link in world.landed("payout_balance_transactions").items():
        links.setdefault(payout, []).append(link)
    payouts = world.landed("payouts")
    assert set(links) == {id_ for (id_,) in payouts}
    for (id_,), payout in payouts.items():
        paid = [link for link in links[id_] if link["type"] != "payout"]
        assert sum(link["net"] for link in paid) == payout["amount"]
        assert all(movements[t["balance_transaction"]]["net"] == t["net"] for t in links[id_])
    linked = [link["balance_transaction"] for group in links.values() for link in group]
    assert len(linked) == len(set(linked))
    earned: Counter[str] = Counter()
    unpaid: Counter[str] = Counter()
    for id_, movement in movements.items():
        if movement["type"] != "payout":
            earned[movement["currency"]] += movement["net"]
            unpaid[movement["currency"]] += 0 if id_ in set(linked) else movement["net"]
    for payout in payouts.values():
        earned[payout["currency"]] -= payout["amount"]
    assert earned == unpaid


def test_s13_500_objects_of_one_second_cross_pages_once(shop: Shop) -> None:
    shop.wait(days=1)
    for number in range(500):
        shop.charge(number)
    shop.wait(days=1)
    shop.land("charges")
    assert sorted(r["id"] for r in shop.versions("charges")) == [f"ch_{n:05d}" for n in range(500)]
    for number in range(500, 1_000):
        shop.charge(number)
    shop.wait(days=1)
    shop.land("charges", "events")
    assert sorted(r["id"] for r in shop.versions("charges")) == [
        f"ch_{n:05d}" for n in range(1_000)
    ]


def test_s14_event_in_an_old_api_version_is_only_a_notice(shop: Shop) -> None:
    shop.charge(1, payment_intent="pi_1")
    shop.wait(days=1)
    shop.land("charges", "events")
    columns = shop.lake.raw("stripe", "charges").state().columns
    shop.server.faults.add({"old_events": "2019-12-03"})
    shop.charge(1, payment_intent="pi_1", created=shop.now_s - 86_400, amount_refunded=3)
    shop.wait(days=1)
    shop.land("charges", "events")
    assert shop.lake.raw("stripe", "charges").state().columns == columns
    charge = shop.current("charges")["ch_00001"]
    assert (charge["payment_intent"], charge["amount_refunded"]) == ("pi_1", 3)
    told = [e for e in shop.current("events").values() if e["api_version"] == "2019-12-03"]
    assert len(told) == 1
