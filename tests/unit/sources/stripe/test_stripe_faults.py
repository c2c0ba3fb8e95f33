"""The Stripe source when Stripe misbehaves: come through, or stop with the reason and no loss."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from buck.errors import ConfigError, ResyncRequired, SourceChanged, SourceDenied, SourceUnreachable

DAY_S = 86_400
START_S = 1_767_225_600
"""2026-01-01."""

Fault = tuple[int, dict[str, str], bytes]


def sometimes(fault: Fault, *, every: int = 2) -> Callable[[str], Fault | None]:
    """A fault of each n-th request."""
    count, lock = 0, threading.Lock()

    def spoil(_: str) -> Fault | None:
        nonlocal count
        with lock:
            count += 1
            return fault if count % every == 0 else None

    return spoil


def refuse(path: str, status: int, message: str) -> Callable[[str], Fault | None]:
    """A lasting refusal of one path."""
    body = b'{"error": {"message": "%s"}}' % message.encode()
    return lambda target: (status, {}, body) if target.startswith(path) else None


@pytest.mark.parametrize(
    "fault",
    [
        (429, {}, b"{}"),
        (429, {"Retry-After": "0"}, b"{}"),
        (500, {}, b"oops"),
        (409, {}, b'{"error": {"code": "lock_timeout"}}'),
        (200, {"Content-Length": "900"}, b'{"data"'),
        (200, {}, b'{"object": "list", "data": [{"id": "ch_1", "obj'),
        (200, {}, b"<html>maintenance</html>"),
        (200, {}, b'{"object": "list", "data": [{"object": "charge"}], "has_more": false}'),
    ],
    ids=["429", "429-retry-after", "500", "409", "cut", "half-json", "html", "no-id"],
)
def test_every_other_answer_spoilt_changes_nothing(server: Any, lake: Any, fault: Fault) -> None:
    for n in range(250):
        server.put("/v1/charges", server.charge(n, START_S + n * 9_000))
    server.faults.append(sometimes(fault))
    lake.load("charges", patience_s=60.0)
    assert sorted(r["id"] for r in lake.rows["charges"]) == [f"ch_{n:05d}" for n in range(250)]
    server.now_s += 3_600
    changed = server.charge(7, START_S + 63_000, amount_refunded=9)
    server.put("/v1/charges", changed, event="charge.refunded", at=server.now_s - 1_800)
    lake.load("charges", patience_s=60.0)
    assert lake.current("charges")["ch_00007"]["amount_refunded"] == 9


def test_retry_after_is_waited_for(server: Any, lake: Any) -> None:
    server.faults.append(
        lambda _: (429, {"Retry-After": "60"}, b"{}") if len(server.asked) == 1 else None
    )
    with pytest.raises(SourceUnreachable, match="answered 429"):
        lake.load("charges", patience_s=2.0)
    assert len(server.asked) == 1


def test_patience_ends(server: Any, lake: Any) -> None:
    server.faults.append(lambda _: (503, {}, b""))
    with pytest.raises(SourceUnreachable, match=r"answered 503 to GET /v1/events"):
        lake.load("charges", patience_s=0.5)
    assert lake.marks == {}


def test_no_server_is_named(server: Any, lake: Any) -> None:
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1:1 refused the connection"):
        lake.load("charges", api_base="http://127.0.0.1:1", patience_s=0.5)


def test_wrong_key_stops_everything(server: Any, lake: Any) -> None:
    with pytest.raises(SourceDenied, match="401") as caught:
        lake.load(key="rk_live_expired")
    assert "rk_live_expired" not in f"{caught.value} {caught.value.hint}"


def test_key_of_another_kind_is_refused_unread(server: Any, lake: Any) -> None:
    with pytest.raises(ConfigError, match="pk_") as caught:
        lake.load(key="pk_live_publishable")
    assert "publishable" not in str(caught.value)
    assert server.asked == []


def test_missing_permission_costs_one_table(server: Any, lake: Any) -> None:
    server.put("/v1/charges", server.charge(1, START_S))
    server.put("/v1/disputes", {"id": "dp_1", "object": "dispute", "created": START_S})
    message = "The provided key does not have the permission rak_dispute_read"
    server.faults.append(refuse("/v1/disputes", 403, message))
    lake.load()
    assert set(lake.current("charges")) == {"ch_00001"}
    assert list(lake.skipped) == ["disputes"]
    assert "rak_dispute_read" in lake.skipped["disputes"]
    server.faults.clear()
    lake.load()
    assert set(lake.current("disputes")) == {"dp_1"}
    assert lake.skipped == {}


def test_missing_permission_for_events_stops_what_needs_them(server: Any, lake: Any) -> None:
    lake.load("charges", "balance_transactions", "events")
    marks = lake.marks["charges"]
    server.faults.append(refuse("/v1/events", 403, "no rak_event_read here"))
    server.now_s += DAY_S
    server.put("/v1/balance_transactions", {"id": "txn_1", "created": server.now_s - 9_000})
    lake.load("charges", "balance_transactions", "events")
    assert set(lake.skipped) == {"charges", "events"}
    assert set(lake.current("balance_transactions")) == {"txn_1"}
    assert lake.marks["charges"] == marks


def test_test_mode_object_stops_the_load(server: Any, lake: Any) -> None:
    server.put("/v1/charges", server.charge(1, START_S, livemode=False))
    with pytest.raises(SourceChanged, match="ch_00001"):
        lake.load("charges")


def test_gap_of_31_days_asks_for_a_resync(server: Any, lake: Any) -> None:
    server.put("/v1/charges", server.charge(1, START_S))
    server.put("/v1/charges", server.charge(2, START_S))
    lake.load()
    server.now_s += 31 * DAY_S
    with pytest.raises(ResyncRequired, match="31 days") as caught:
        lake.load()
    assert "--full-refresh" in caught.value.hint
    assert caught.value.exit_code == 4
    del server.objects["/v1/charges"]["ch_00002"]
    lake.marks = {name: {} for name in lake.marks}
    lake.load()
    assert set(lake.current("charges")) == {"ch_00001"}
    assert [r["_buck_op"] for r in lake.rows["charges"]] == ["r", "r", "d"]


def test_one_table_left_behind_for_a_month_does_not_hold_up_the_others(
    server: Any, lake: Any
) -> None:
    lake.load("charges", "disputes")
    server.now_s += 31 * DAY_S
    lake.marks["charges"] = {"events_until": (server.now_s - DAY_S) * 1_000_000}
    server.put("/v1/charges", server.charge(1, server.now_s - 9_000), event="charge.succeeded")
    lake.load("charges", "disputes")
    assert set(lake.current("charges")) == {"ch_00001"}
    assert "--full-refresh" in lake.skipped["disputes"]


@pytest.mark.parametrize("remembered", [True, False])
def test_deleted_customer_becomes_a_tombstone(server: Any, lake: Any, remembered: bool) -> None:
    person = {"id": "cus_1", "object": "customer", "created": START_S, "livemode": True,
              "email": "ada@example.com", "metadata": {"user_id": "7"}}  # fmt: skip
    server.put("/v1/customers", person)
    lake.load("customers")
    server.now_s += DAY_S
    server.tell("customer.deleted", person, at=server.now_s - 9_000)
    if remembered:
        gone = {"id": "cus_1", "object": "customer", "deleted": True}
        server.objects["/v1/customers"]["cus_1"] = gone
    else:
        del server.objects["/v1/customers"]["cus_1"]
    lake.load("customers")
    last = lake.rows["customers"][-1]
    assert (last["_buck_op"], last["id"], last["email"], last["metadata"]) == (
        "d", "cus_1", None, None,
    )  # fmt: skip
    assert lake.current("customers") == {}


def test_event_in_an_old_version_is_only_a_notice(server: Any, lake: Any) -> None:
    lake.load("charges")
    server.now_s += 3_600
    charge = server.charge(1, server.now_s - 1_800)
    server.put("/v1/charges", charge)
    old = {"id": "ch_00001", "object": "charge", "created": charge["created"], "amount": 1,
           "card": {"last4": "4242"}}  # fmt: skip
    server.tell("charge.succeeded", old, at=charge["created"])
    lake.load("charges")
    row = lake.current("charges")["ch_00001"]
    assert row["amount"] == 101
    assert "card" not in row


def test_hostile_metadata_makes_no_columns(server: Any, lake: Any) -> None:
    keys = {f"id'; drop table {n}; --": "_buck_op" for n in range(50)}
    server.put("/v1/charges", server.charge(1, START_S, metadata=keys))
    server.put("/v1/charges", server.charge(2, START_S, metadata={}))
    lake.load("charges")
    assert len({frozenset(r) for r in lake.rows["charges"]}) == 1
    assert lake.current("charges")["ch_00001"]["metadata"].count("drop table") == 50


def test_pending_balance_becomes_available_without_an_event(server: Any, lake: Any) -> None:
    txn = {"id": "txn_1", "object": "balance_transaction", "created": server.now_s - 2 * DAY_S,
           "available_on": server.now_s + DAY_S, "status": "pending", "net": 97}  # fmt: skip
    server.put("/v1/balance_transactions", txn)
    lake.load("balance_transactions")
    server.now_s += 2 * DAY_S
    server.put("/v1/balance_transactions", {**txn, "status": "available"})
    lake.load("balance_transactions")
    assert [r["status"] for r in lake.rows["balance_transactions"]] == ["pending", "available"]
    assert (
        lake.rows["balance_transactions"][1]["_buck_source_ts"].timestamp() == (txn["available_on"])
    )


def test_many_new_objects_are_listed_not_fetched_one_by_one(server: Any, lake: Any) -> None:
    lake.load("charges")
    server.now_s += DAY_S
    for n in range(300):
        charge = server.charge(n, server.now_s - 9_000 + n)
        server.put("/v1/charges", charge, event="charge.succeeded")
    server.asked.clear()
    lake.load("charges")
    assert len(lake.current("charges")) == 300
    assert not [target for target in server.asked if target.startswith("/v1/charges/")]


def test_nothing_is_left_running_after_a_failed_load(server: Any, lake: Any) -> None:
    thresholds = gc.get_threshold()
    server.faults.append(refuse("/v1/", 401, "expired"))
    with pytest.raises(SourceDenied):
        lake.load()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("stripe")]
    assert gc.get_threshold() == thresholds


def test_unknown_table_is_named_with_the_nearest(lake: Any) -> None:
    with pytest.raises(ConfigError, match="'charge'") as caught:
        lake.load("charge")
    assert "charges" in caught.value.hint


def test_key_that_goes_bad_on_the_way_fails_the_load(server: Any, lake: Any) -> None:
    server.put("/v1/charges", server.charge(1, START_S))
    lake.load("charges", "disputes")
    server.now_s += DAY_S
    refused = refuse("/v1/", 401, "Expired API Key")
    server.faults.append(lambda target: refused(target) if len(server.asked) > 1 else None)
    server.asked.clear()
    with pytest.raises(SourceDenied, match="401"):
        lake.load("charges", "disputes")
