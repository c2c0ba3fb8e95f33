"""The Stripe source: complete first loads, and nothing lost or doubled afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

DAY_S = 86_400
START_S = 1_767_225_600
"""2026-01-01."""


def test_first_load_lists_everything_once(server: Any, lake: Any) -> None:
    for n in range(730):
        server.put("/v1/charges", server.charge(n, START_S + n * 4_000))
    lake.load("charges")
    assert {k: r["amount"] for k, r in lake.current("charges").items()} == {
        f"ch_{n:05d}": 100 + n for n in range(730)
    }
    assert len(lake.rows["charges"]) == 730
    assert {r["_buck_op"] for r in lake.rows["charges"]} == {"r"}
    first = lake.current("charges")["ch_00000"]
    assert first["_buck_source_ts"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert len(server.asked) < 40


def test_500_charges_in_one_second_arrive_once(server: Any, lake: Any) -> None:
    for n in range(500):
        server.put("/v1/charges", server.charge(n, START_S + DAY_S))
    lake.load("charges")
    assert sorted(r["id"] for r in lake.rows["charges"]) == [f"ch_{n:05d}" for n in range(500)]


def test_refund_45_days_later_is_seen(server: Any, lake: Any) -> None:
    server.put("/v1/charges", server.charge(1, START_S))
    lake.load("charges", "refunds")
    server.now_s += 2 * DAY_S
    server.put("/v1/charges", server.charge(1, START_S, amount_refunded=40))
    refund = {"id": "re_1", "object": "refund", "created": server.now_s - DAY_S,
              "charge": "ch_00001", "amount": 40}  # fmt: skip
    server.put("/v1/refunds", refund, event="refund.created")
    lake.load("charges", "refunds")
    assert lake.current("charges")["ch_00001"]["amount_refunded"] == 40
    assert lake.current("refunds")["re_1"]["amount"] == 40
    assert [r["_buck_op"] for r in lake.rows["charges"]] == ["r", "u"]


def test_loading_again_brings_no_new_version(server: Any, lake: Any) -> None:
    for n in range(12):
        server.put(
            "/v1/charges", server.charge(n, server.now_s - 4_000 - n), event="charge.succeeded"
        )
    lake.load()
    before = {name: len(rows) for name, rows in lake.rows.items()}
    lake.load()
    assert {name: len(rows) for name, rows in lake.rows.items()} == before
    assert before == {"charges": 12, "events": 12}


@pytest.mark.parametrize("count", [0, 10, 11, 101, 250])
def test_all_lines_of_an_invoice_land(server: Any, lake: Any, count: int) -> None:
    server.put("/v1/invoices", server.invoice(1, START_S))
    lake.load("invoices", "invoice_line_items")
    server.children["in_1"] = server.lines(count, of="in_1")
    server.now_s += 7_200
    server.tell("invoice.updated", server.invoice(1, START_S), at=server.now_s - 3_600)
    lake.load("invoices", "invoice_line_items")
    assert {k[1] for k in lake.current("invoice_line_items")} == {
        f"il_in_1_{n}" for n in range(count)
    }
    assert "lines" not in lake.current("invoices")["in_1"]


def test_line_removed_from_a_draft_becomes_a_tombstone(server: Any, lake: Any) -> None:
    server.children["in_1"] = server.lines(3, of="in_1")
    server.put("/v1/invoices", server.invoice(1, START_S))
    lake.load("invoices", "invoice_line_items")
    server.now_s += 7_200
    server.children["in_1"] = server.lines(1, of="in_1")
    server.tell("invoice.updated", server.invoice(1, START_S), at=server.now_s - 3_600)
    lake.load("invoices", "invoice_line_items")
    assert set(lake.current("invoice_line_items")) == {("in_1", "il_in_1_0")}
    assert [r["_buck_op"] for r in lake.rows["invoice_line_items"]][3:] == ["d", "d"]


def test_events_seen_late_and_out_of_order_are_not_lost(server: Any, lake: Any) -> None:
    lake.load("charges", "events")
    for n in (1, 2):
        server.put("/v1/charges", server.charge(n, server.now_s + n), event="charge.succeeded")
    server.hidden = {"evt_00000"}
    server.now_s += 600
    lake.load("charges", "events")
    assert set(lake.current("charges")) == {"ch_00002"}
    server.hidden = set()
    server.now_s += 600
    lake.load("charges", "events")
    assert set(lake.current("charges")) == {"ch_00001", "ch_00002"}
    assert set(lake.current("events")) == {"evt_00000", "evt_00001"}


def test_change_during_the_first_load_is_seen_by_the_next(server: Any, lake: Any) -> None:
    for n in range(150):
        server.put("/v1/charges", server.charge(n, START_S + n))
    late = server.charge(149, START_S + 149, amount_refunded=5)

    def change(target: str) -> None:
        if "starting_after" in target:
            server.put("/v1/charges", late, event="charge.refunded", at=server.now_s)
            server.before_page = lambda _: None

    server.before_page = change
    lake.load("charges")
    assert lake.current("charges")["ch_00149"]["amount_refunded"] == 0
    server.now_s += 3_600
    lake.load("charges")
    assert lake.current("charges")["ch_00149"]["amount_refunded"] == 5


def test_cursor_object_deleted_between_pages_loses_nothing(server: Any, lake: Any) -> None:
    for n in range(250):
        server.put("/v1/charges", server.charge(n, START_S + n))

    def delete(target: str) -> None:
        if "starting_after" in target:
            del server.objects["/v1/charges"][
                target.split("starting_after=")[1].split("&", maxsplit=1)[0]
            ]
            server.before_page = lambda _: None

    server.before_page = delete
    lake.load("charges", workers=1)
    assert len(lake.current("charges")) == 250


def test_load_killed_between_parents_and_children_catches_up(server: Any, lake: Any) -> None:
    for n in (1, 2):
        server.children[f"in_{n}"] = server.lines(12, of=f"in_{n}")
        server.put("/v1/invoices", server.invoice(n, START_S))
    lake.load("invoices", "invoice_line_items")
    del lake.rows["invoice_line_items"], lake.marks["invoice_line_items"]
    server.now_s += DAY_S
    server.tell("invoice.updated", server.invoice(2, START_S), at=server.now_s - 9_000)
    lake.load("invoices", "invoice_line_items")
    assert len(lake.current("invoice_line_items")) == 24
    assert {r["_buck_op"] for r in lake.rows["invoice_line_items"]} == {"r"}
    assert [r["_buck_op"] for r in lake.rows["invoices"]] == ["r", "r"]


def test_mark_never_goes_back_when_the_server_clock_does(server: Any, lake: Any) -> None:
    lake.load("charges")
    mark = lake.marks["charges"]["events_until"]
    assert mark == (server.now_s - 120) * 1_000_000
    server.now_s -= DAY_S
    lake.load("charges")
    assert lake.marks["charges"]["events_until"] == mark


def test_field_that_some_objects_have_does_not_cost_the_others(server: Any, lake: Any) -> None:
    for n in range(1_200):
        extra = {"surprise": n} if n == 7 else {}
        server.put("/v1/charges", server.charge(n, START_S + n, **extra))
    lake.load("charges")
    landed = lake.current("charges")
    assert len(landed) == 1_200
    assert {k: r["surprise"] for k, r in landed.items() if r.get("surprise")} == {"ch_00007": "7"}
