"""A stretch of creation time of Stripe's objects, loaded by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buck.records.load import LoadRules, TimeRange
from buck.sandbox.company.calendar import day_start

TABLES = ("charges", "invoices", "invoice_line_items", "accounts", "events")
SPAN = TimeRange(day_start(10), day_start(20))


def created(world: Any, name: str) -> dict[Any, int]:
    return {key: row["created"] for key, row in world.stored(name).items()}


def test_g7_range_lands_what_was_created_in_it_and_moves_no_mark(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    world.advance(30)
    start, end = SPAN.start_at.timestamp(), SPAN.end_at.timestamp()
    report = world.land(*TABLES, rules=LoadRules(span=SPAN))
    assert set(report.notes) == {"accounts"}
    assert not report.is_degraded
    for name in ("charges", "invoices"):
        wanted = {key for key, at in created(world, name).items() if start <= at < end}
        assert set(world.landed(name)) == wanted
        assert 0 < len(wanted) < len(created(world, name))
    lines = {invoice for invoice, _ in world.landed("invoice_line_items")}
    assert lines == {key for (key,) in world.landed("invoices")}
    for name in ("charges", "invoices", "events"):
        position = world.lake.raw("stripe", name).state().position
        assert "events_until" not in position
    again = world.land(*TABLES, rules=LoadRules(span=SPAN))
    assert again.rows_landed == 0
    world.land(*TABLES)
    for name in ("charges", "invoices"):
        assert world.landed(name) == world.stored(name), "the next load has everything"
    before = world.lake.raw("stripe", "charges").state().position["events_until"]
    world.advance(33)
    world.land(*TABLES, rules=LoadRules(span=SPAN))
    assert world.lake.raw("stripe", "charges").state().position["events_until"] == before


def test_range_of_one_table_lands_no_other(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.advance(30)
    rules = LoadRules(span=SPAN, only=frozenset({"invoice_line_items"}))
    report = world.land(*TABLES, rules=rules)
    (lines,) = report.tables
    assert lines.table == "stripe.invoice_line_items"
    assert lines.rows_landed > 0
