"""Sweeps find what no event told, are due by time, and count how much they had to find."""

from __future__ import annotations

import shutil

from buck.lake.lake import Lake
from tests.integration.sources.stripe.shop import Shop, table_of


def lists_of(shop: Shop, path: str) -> int:
    return shop.server.http.requests[f"GET {path}"]


def test_lost_event_is_made_good_by_the_next_days_sweep_and_counted(shop: Shop) -> None:
    for number in range(3):
        shop.charge(number)
    shop.wait(days=1)
    shop.land("charges", "events")
    shop.server.faults.add({"hide_events": "charge"})
    shop.charge(1, created=shop.now_s - 86_400, amount_refunded=9)
    shop.charge(8)
    shop.wait(seconds=3_600)
    shop.land("charges", "events")
    assert shop.current("charges")["ch_00001"]["amount_refunded"] == 0
    shop.wait(days=1)
    report = table_of(shop.land("charges", "events"), "charges")
    assert shop.current("charges")["ch_00001"]["amount_refunded"] == 9
    assert "ch_00008" in shop.current("charges")
    assert report.rows_landed == 2
    assert (report.metrics["sweep_rows"], report.metrics["drift_rows"]) == (4, 2)


def test_sweep_is_due_once_a_day_though_nothing_but_the_lake_is_left(shop: Shop) -> None:
    shop.charge(1)
    shop.wait(days=1)
    shop.land("charges")
    shop.wait(days=1)
    shop.land("charges")
    swept = lists_of(shop, "/v1/charges")
    shutil.rmtree(shop.lake.work)
    shop.lake = Lake(shop.lake.root, shop.folder / "another_machine")
    for _ in range(3):
        shop.wait(seconds=7 * 3_600)
        shop.land("charges")
    assert lists_of(shop, "/v1/charges") == swept
    shop.wait(seconds=3 * 3_600)
    shop.land("charges")
    assert lists_of(shop, "/v1/charges") == swept + 1


def test_sweep_reaches_35_days_back_and_no_further(shop: Shop) -> None:
    for number in range(3):
        shop.charge(number)
        shop.wait(days=10)
    shop.land("charges")
    shop.server.faults.add({"hide_events": "charge"})
    for number, row in enumerate(sorted(shop.current("charges").values(), key=lambda r: r["id"])):
        shop.charge(number, created=row["created"], amount_refunded=1)
    shop.wait(days=7)
    report = table_of(shop.land("charges"), "charges")
    refunded = {k for k, r in shop.current("charges").items() if r["amount_refunded"]}
    assert refunded == {"ch_00001", "ch_00002"}
    assert report.metrics["sweep_rows"] == 2


def test_what_events_told_is_no_drift_even_if_it_is_seconds_old(shop: Shop) -> None:
    for number in range(20):
        shop.charge(number)
    shop.wait(days=1)
    shop.land("charges")
    shop.wait(days=1)
    for number in range(5):
        shop.charge(number, created=shop.now_s - 2 * 86_400, amount_refunded=1)
    shop.wait(seconds=3_600)
    # Told within the lag: the next load's events, but this load's sweep sees them already.
    for number in range(5, 8):
        shop.charge(number, created=shop.now_s - 2 * 86_400 - 3_600, amount_refunded=1)
    shop.charge(99)
    shop.wait(seconds=30)
    report = table_of(shop.land("charges"), "charges")
    assert (report.metrics["sweep_rows"], report.metrics["drift_rows"]) == (15, 0)
    assert report.rows_landed == 9


def test_customer_deleted_without_an_event_is_found_within_a_week(shop: Shop) -> None:
    for number in range(4):
        shop.customer(number)
    shop.wait(days=1)
    shop.land("customers")
    shop.server.faults.add({"hide_events": "customer"})
    shop.remove("customers", "cus_1")
    shop.customer(2, created=shop.now_s - 86_400, balance=-500)
    shop.wait(days=6)
    shop.land("customers")
    assert set(shop.current("customers")) == {"cus_0", "cus_1", "cus_2", "cus_3"}
    shop.wait(days=1)
    report = table_of(shop.land("customers"), "customers")
    assert set(shop.current("customers")) == {"cus_0", "cus_2", "cus_3"}
    assert shop.current("customers")["cus_2"]["balance"] == -500
    assert (report.metrics["sweep_rows"], report.metrics["drift_rows"]) == (4, 2)


def test_object_that_a_list_forgot_is_asked_for_before_it_is_called_gone(shop: Shop) -> None:
    for number in range(3):
        shop.customer(number)
    shop.wait(days=1)
    shop.land("customers")
    shop.server.faults.add({"omit": "cus_1"})
    shop.wait(days=8)
    report = table_of(shop.land("customers"), "customers")
    assert set(shop.current("customers")) == {"cus_0", "cus_1", "cus_2"}
    assert report.metrics["drift_rows"] == 0
    assert shop.server.http.requests["GET /v1/customers/cus_1"] == 1
    shop.land("customers", is_whole=True)
    assert set(shop.current("customers")) == {"cus_0", "cus_1", "cus_2"}


def test_counters_of_coupons_that_no_event_tells_are_seen_weekly(shop: Shop) -> None:
    coupon = {"id": "SAVE", "object": "coupon", "created": shop.now_s, "livemode": True,
              "times_redeemed": 0, "valid": True}  # fmt: skip
    shop.put("coupons", coupon)
    shop.wait(days=1)
    shop.land("coupons")
    shop.server.faults.add({"hide_events": "coupon"})
    shop.put("coupons", {**coupon, "times_redeemed": 12, "valid": False})
    shop.wait(days=7)
    shop.land("coupons")
    assert shop.current("coupons")["SAVE"]["times_redeemed"] == 12


def test_sweep_that_failed_is_done_by_the_next_load(shop: Shop) -> None:
    shop.charge(1)
    shop.wait(days=1)
    shop.land("charges", "disputes")
    shop.server.faults.add({"hide_events": "charge"})
    shop.charge(1, created=shop.now_s - 86_400, amount_refunded=9)
    shop.server.faults.add({"deny": "charges"})
    shop.wait(days=1)
    assert "charges" in shop.land("charges", "disputes").skipped
    shop.server.faults.clear()
    shop.server.faults.add({"hide_events": "charge"})
    shop.wait(seconds=60)
    shop.land("charges", "disputes")
    assert shop.current("charges")["ch_00001"]["amount_refunded"] == 9


def test_no_second_holds_more_requests_than_the_limit(shop: Shop) -> None:
    charges = [shop.charge(number) for number in range(40)]
    shop.wait(days=1)
    shop.land("charges")
    for charge in charges:
        shop.put("charges", {**charge, "amount_refunded": 1})
    shop.server.faults.add({"rate_per_s": 20})
    shop.wait(seconds=300)
    report = shop.land("charges", requests_per_s=20.0, patience_s=1.0)
    assert {r["amount_refunded"] for r in shop.current("charges").values()} == {1}
    assert table_of(report, "charges").metrics["requests"] >= 40
    assert shop.server.rate.busiest["/v1/charges/:id"] <= 20
