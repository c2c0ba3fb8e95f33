"""Stripe's sandbox lands in a lake through the user's own pipeline file, and stays equal to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from buck.errors import SourceChanged, SourceDenied
from buck.sources.stripe.tables import DEFAULT_TABLES

OBJECT_TABLES = [t.name for t in DEFAULT_TABLES if t.name != "events"]


def assert_equal(world: Any) -> None:
    for name in OBJECT_TABLES:
        assert world.landed(name) == world.stored(name), name


def test_first_load_and_increments_equal_the_store(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=12)
    world.advance(25)
    world.land()
    assert_equal(world)
    world.advance(26)
    world.land()
    assert_equal(world)
    world.advance(35)
    report = world.land()
    assert_equal(world)
    # Everything that changed was told: the sweeps that were due found nothing.
    swept = [table.metrics for table in report.tables if "sweep_rows" in table.metrics]
    assert len(swept) >= 8
    assert {metrics["drift_rows"] for metrics in swept} == {0}
    ops = {r["_buck_op"] for r in world.raw("charges")}
    assert ops == {"r", "u"}
    again = world.land()
    assert again.rows_landed == 0


def test_refunds_weeks_later_reach_their_charges(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=12)
    world.advance(20)
    world.land()
    world.advance(45)
    world.land()
    charges = world.landed("charges")
    by_charge: dict[str, int] = {}
    late = 0
    for refund in world.landed("refunds").values():
        charge = charges[refund["charge"],]
        late += refund["created"] - charge["created"] > 14 * 86_400
        if refund["status"] == "succeeded":
            by_charge[charge["id"]] = by_charge.get(charge["id"], 0) + refund["amount"]
    assert late > 0
    for id_, amount in by_charge.items():
        assert charges[id_,]["amount_refunded"] >= amount


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "every": 3},
        {"status": 429, "retry_after": 0, "every": 3},
        {"status": 500, "every": 3},
        {"cut_after_bytes": 900, "every": 3},
        {"delay_s": 0.05, "every": 2},
        {"late_s": 90},
        {"expire_tokens": True, "times": 1},
    ],
    ids="-".join,
)
def test_every_fault_is_come_through(make_world: Callable[..., Any], fault: dict[str, Any]) -> None:
    world = make_world(customers=4)
    world.server.faults.add(fault)
    world.advance(6)
    world.land()
    world.advance(8)
    world.land()
    assert_equal(world)


def test_expired_key_lands_nothing_and_a_good_one_continues(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=4)
    world.advance(10)
    world.server.faults.add({"expire_tokens": True})
    with pytest.raises(SourceDenied, match="401"):
        world.land()
    assert not world.lake.raw("stripe", "charges").state().exists
    world.server.faults.clear()
    world.land()
    assert_equal(world)


def test_one_denied_list_leaves_the_others_whole(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=4)
    world.advance(10)
    world.server.faults.add({"deny": "disputes"})
    report = world.land()
    assert "rak_dispute_read" in report.skipped["disputes"]
    assert world.landed("charges") == world.stored("charges")
    world.server.faults.clear()
    world.land()
    assert_equal(world)


def test_test_mode_object_in_a_live_feed_stops_the_load(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=4)
    world.advance(5)
    world.server.faults.add({"leak_test_mode": True})
    with pytest.raises(SourceChanged, match="livemode False"):
        world.land()
    assert not world.lake.raw("stripe", "charges").state().exists


def test_a_test_key_sees_test_mode_only(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=4)
    world.advance(10)
    world.land(key="rk_test_sandbox00")
    assert {c["livemode"] for c in world.landed("charges").values()} == {False}


def test_money_ties_to_the_balance_in_every_currency(make_world: Callable[..., Any]) -> None:
    world = make_world(customers=12)
    world.advance(45)
    world.land()
    sources: dict[tuple[str, str], int] = {}
    for txn in world.landed("balance_transactions").values():
        assert txn["net"] == txn["amount"] - txn["fee"]
        key = txn["type"], txn["currency"]
        sources[key] = sources.get(key, 0) + txn["amount"]
    paid: dict[str, int] = {}
    for payout in world.landed("payouts").values():
        if payout["status"] in {"paid", "in_transit", "pending"}:
            paid[payout["currency"]] = paid.get(payout["currency"], 0) + payout["amount"]
    for currency, amount in paid.items():
        assert -sources["payout", currency] == amount
