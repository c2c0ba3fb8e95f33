"""What stays of a dbt project when a source is not there."""

from __future__ import annotations

import pytest

from buck.errors import ConfigError
from buck.scaffold.subset import choose
from buck.transform import Declared

RAW = {"app": "orders", "shop": "sales"}


def model(name: str, *reads: str, optional: tuple[str, ...] = ()) -> Declared:
    meta = {"optional_inputs": list(optional)} if optional else {}
    return Declared(name, "model", name, f"models/marts/{name}.sql", reads, meta=meta)


def part(kind: str, name: str, *reads: str) -> Declared:
    return Declared(name, kind, name, "", reads)


PARTS = (
    *(Declared(raw, "source", raw, "", (), source=name) for name, raw in RAW.items()),
    part("seed", "countries"),
    model("stg_orders", "orders"),
    model("stg_sales", "sales"),
    # Either of the two will do.
    model("buyers", "stg_orders", "stg_sales", optional=("stg_orders", "stg_sales")),
    # It needs its own rows, and takes the others' if there are any.
    model("sale_facts", "stg_sales", "stg_orders", "buyers", optional=("stg_orders",)),
    model("order_facts", "stg_orders", "buyers"),
    model("places", "countries"),
    part("test", "buyers_are_all", "buyers", "stg_orders", "stg_sales"),
    part("test", "orders_are_sound", "stg_orders", "countries"),
    part("test", "places_are_known", "places", "countries"),
    part("semantic_model", "orders_meant", "order_facts"),
    part("metric", "revenue", "orders_meant"),
    part("exposure", "board", "buyers", "revenue"),
)


def names(parts: tuple[Declared, ...]) -> set[str]:
    return {p.name for p in parts}


def test_what_reads_an_absent_source_goes_with_all_that_reads_it() -> None:
    subset = choose(PARTS, absent=["app"])
    gone = {"orders", "stg_orders", "order_facts", "orders_are_sound"}
    assert names(subset.gone) == gone | {"orders_meant", "revenue", "board"}
    assert subset.marts() == {"order_facts": ("app",), "stg_orders": ("app",)}


def test_what_a_model_can_do_without_gets_a_stand_in() -> None:
    assert names(choose(PARTS, absent=["app"]).stand_ins) == {"stg_orders"}
    # sale_facts is gone there, so nothing but buyers needs one.
    assert names(choose(PARTS, absent=["shop"]).stand_ins) == {"stg_sales"}


def test_a_model_of_nothing_but_optional_inputs_needs_one_of_them() -> None:
    assert "buyers" in names(choose(PARTS, absent=["app"]).kept)
    neither = choose(PARTS, absent=["app", "shop"])
    assert neither.lacking["buyers"] == ("app", "shop")
    assert names(neither.kept) == {"countries", "places", "places_are_known"}
    assert neither.stand_ins == ()


def test_all_sources_keep_everything() -> None:
    subset = choose(PARTS, absent=[])
    assert subset.kept == PARTS
    assert not subset.gone
    assert not subset.stand_ins


def test_an_optional_input_that_is_not_read_is_refused() -> None:
    stale = model("late_facts", "stg_sales", optional=("stg_bills",))
    with pytest.raises(ConfigError, match=r"late_facts: .* names stg_bills, which"):
        choose((*PARTS, stale), absent=["app"])
