"""The belt: young rows are computed again in every build, and only what comes out as another is told."""

from __future__ import annotations

from tests.integration.transform.models.incrementals.proof import as_of
from tests.integration.transform.models.incrementals.whole import (
    affected,
    build,
    grow,
    kept,
    mark,
    tables,
)

CHANGED = {
    "finance.fct_payments": ("charge_id", "is_disputed"),
    "sales.fct_orders": ("order_item_id", "quantity"),
}
STAGED = {
    "stg_stripe__charges": "is_disputed = not is_disputed",
    "stg_app__order_items": "quantity = quantity + 1",
}
BELTED = tuple(CHANGED)
FOLLOWING = ("finance.finance_payments", "sales.sales_orders")
LAST = 1


def test_young_rows_are_built_again_where_they_are_others_and_only_there(build_lake):
    """One lake, in which every row counts as young, in three states one after the other."""
    lake = build_lake()
    lake.lookback_days = 4000
    grow(lake, LAST + 1, histories=8, seeds=(12, 1))
    check_that_all_equals_a_full_build(lake)
    check_that_finding_nothing_writes_nothing(lake)
    check_that_it_finds_what_no_mark_tells_of(lake)


def check_that_all_equals_a_full_build(lake):
    names = [*tables(lake), *BELTED, *FOLLOWING]
    before = {name: lake.rows(name) for name in names}
    assert all(before[name] for name in (*BELTED, *FOLLOWING))
    lake.build(as_of=as_of(LAST), command="run", full_refresh=True)
    assert [name for name in names if lake.rows(name) != before[name]] == []
    # A full build counts as new rows for what is made from it: once.
    build(lake, LAST)


def check_that_finding_nothing_writes_nothing(lake):
    mark(lake)
    build(lake, LAST)
    assert [affected(lake, table) for table in (*BELTED, *FOLLOWING)] == [set()] * 4
    assert sorted(kept(lake)) == sorted(tables(lake))


def check_that_it_finds_what_no_mark_tells_of(lake):
    """Staging rows that were changed in place: as many as before, landed when they were."""
    first = {}
    with lake.connect() as con:
        for (staged, value), (table, (key, column)) in zip(STAGED.items(), CHANGED.items()):
            ((changed, old),) = con.execute(
                f"select {key}, {column} from {table} order by {key} limit 1"
            ).fetchall()
            con.execute(f"update staging.{staged} set {value} where {key} = ?", [changed])
            first[table] = (changed, old)
    rest = [*STAGED, "resource_type:unit_test"]
    lake.build(as_of=as_of(LAST), command="run", exclude=rest)
    for table, (changed, old) in first.items():
        key, column = CHANGED[table]
        assert affected(lake, table) == {changed}
        ((new,),) = lake.query(f"select {column} from {table} where {key} = {changed!r}")
        assert new != old
    before = {name: lake.rows(name) for name in (*tables(lake), *BELTED, *FOLLOWING)}
    lake.build(as_of=as_of(LAST), command="run", full_refresh=True, exclude=rest)
    assert [name for name in before if lake.rows(name) != before[name]] == []
