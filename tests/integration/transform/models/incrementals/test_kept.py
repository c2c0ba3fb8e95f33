"""A table whose rows can only be the same again is left as it is, and no other one."""

from __future__ import annotations

import pytest

from tests.integration.transform.models.incrementals.proof import as_of
from tests.integration.transform.models.incrementals.whole import build as build_at
from tests.integration.transform.models.incrementals.whole import grow, kept, mark, tables

CUSTOMERS = "intermediate.int_customers_versioned"
REVENUE = "finance.agg_monthly_revenue"
LAST = 2


@pytest.fixture(scope="module")
def lake(build_lake):
    """The whole project, built after each of a few batches."""
    return grow(build_lake(), LAST + 1, histories=12, seeds=(11, 0))


def build(lake):
    build_at(lake, LAST)


def charge(lake, **changed):
    """A new version of a charge that is there."""
    ((key, created, customer, currency, amount, intent),) = lake.query(
        "select id, created, customer, currency, amount, payment_intent from raw.raw_stripe_charges "
        "where _buck_op <> 'd' and status = 'succeeded' and customer is not null "
        "order by _buck_seq desc limit 1"
    )
    record = {
        "id": key, "created": created, "livemode": True, "customer": customer,
        "currency": currency, "amount": amount, "payment_intent": intent, "status": "succeeded",
        "disputed": False, **changed,
    }  # fmt: skip
    lake.append(("stripe", "charges"), [("u", record, as_of(LAST))], as_of=as_of(LAST))


def test_all_tables_equal_those_of_a_full_build(lake):
    """After several batches, in each of which some were left as they were."""
    before = {name: lake.rows(name) for name in tables(lake)}
    assert sum(map(bool, before.values())) > 20
    lake.build(as_of=as_of(LAST), command="run", full_refresh=True)
    assert [name for name in before if lake.rows(name) != before[name]] == []


def test_nothing_new_leaves_every_table_as_it_is(lake):
    build(lake)
    mark(lake)
    build(lake)
    assert kept(lake) == set(tables(lake)) > {CUSTOMERS, REVENUE}


def test_who_reads_a_seed_first_makes_no_difference(lake):
    """A table of a build of its own is the first to ask; in a build of all, others may have asked."""
    build(lake)
    mark(lake)
    for model in ("dim_products", "dim_currency", "int_customers_unified", "agg_monthly_revenue"):
        lake.build(as_of=as_of(LAST), command="run", select=[model])
    build(lake)
    assert kept(lake) == set(tables(lake))


def test_what_changed_is_built_again_and_what_comes_out_the_same_stops_there(lake):
    """A payment is worth more: revenue is another one, and who people are is not."""
    mark(lake)
    revenue = lake.rows(REVENUE)
    charge(lake, amount=123_456_00)
    build(lake)
    left = kept(lake)
    assert {CUSTOMERS, "core.dim_customers", "core.dim_products", "core.dim_date"} <= left
    assert REVENUE not in left
    assert "core.customer_360" not in left
    assert lake.rows(REVENUE) != revenue


@pytest.mark.parametrize(
    "damage",
    [
        f"delete from {CUSTOMERS} where rowid = (select min(rowid) from {CUSTOMERS})",
        f"update {CUSTOMERS} set name = 'someone else' where version_number = 1",
        "delete from main.table_contents",
    ],
)
def test_a_table_that_was_tampered_with_is_built_again(lake, damage):
    mark(lake)
    rows = lake.rows(CUSTOMERS)
    with lake.connect() as con:
        con.execute(damage)
    build(lake)
    assert CUSTOMERS not in kept(lake)
    assert lake.rows(CUSTOMERS) == rows


def test_a_seed_that_says_otherwise_is_seen(lake):
    mark(lake)
    rows = lake.rows("core.dim_currency")
    with lake.connect() as con:
        con.execute("update seeds.currencies set name = 'Other ' || name where code = 'usd'")
    build(lake)
    assert "core.dim_currency" not in kept(lake)
    assert lake.rows("core.dim_currency") != rows
    lake.build(as_of=as_of(LAST), command="seed")
    build(lake)
    assert lake.rows("core.dim_currency") == rows
