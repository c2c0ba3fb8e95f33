"""What an increment writes: only rows that come out as others, into a table of the same columns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.integration.transform.models.incrementals.proof import as_of
from tests.integration.transform.models.incrementals.whole import build as build_at
from tests.integration.transform.models.incrementals.whole import affected, grow, kept, mark

IDENTITIES = "intermediate.int_identities_versioned"
PAYERS = "intermediate.int_payers_inferred"
ORDERS = "sales.sales_orders"
LAST = 2


@pytest.fixture(scope="module")
def lake(build_lake):
    """The whole project, built after each of a few batches; tests go on from each other's state."""
    grown = grow(build_lake(), LAST + 1, histories=12, seeds=(11, 0))
    build_at(grown, LAST)
    return grown


def build(lake):
    build_at(lake, LAST)


def rebuilt(lake, table):
    """The rows of a full build, compared with those that are there now."""
    before = lake.rows(table)
    lake.build(as_of=as_of(LAST), command="run", full_refresh=True)
    # A full build counts as new rows for what is made from it: once.
    build(lake)
    return before, lake.rows(table)


def change_charge(lake, **changed):
    """A new version of a charge of a customer that says no more of who paid; who paid it before."""
    names = ("id", "created", "customer", "currency", "amount", "payment_intent")
    [row] = lake.query(
        f"select {', '.join(names)} from (from raw.raw_stripe_charges qualify row_number() over "
        "(partition by id order by _buck_seq desc) = 1) where _buck_op <> 'd' and livemode and "
        "customer is not null and billing_details is null order by _buck_seq desc limit 1"
    )
    record = dict(zip(names, row, strict=True)) | {"livemode": True, "status": "succeeded", "disputed": False}
    version = ("u", record | changed, as_of(LAST))
    lake.append(("stripe", "charges"), [version], as_of=as_of(LAST))
    return record["customer"]


def test_a_charge_that_says_the_same_of_its_payer_changes_nobody(lake):
    mark(lake)
    change_charge(lake, amount=77_77)
    build(lake)
    assert affected(lake, "finance.fct_payments") != set()
    assert affected(lake, PAYERS) == set()
    assert {IDENTITIES, "core.dim_customers"} <= kept(lake)


def test_a_charge_that_moves_to_a_guest_leaves_its_customer(lake):
    mark(lake)
    address = {"email": "Guest@Example.org", "name": "A guest", "address": {"country": "nl"}}
    customer = change_charge(lake, customer=None, amount=88_88, billing_details=address)
    build(lake)
    guest = "guest:guest@example.org"
    assert guest in affected(lake, PAYERS) <= {customer, guest}
    [row] = lake.query(f"select email, name, country_code from {PAYERS} where payer_id = '{guest}'")
    assert row == ("guest@example.org", "A guest", "NL")
    assert IDENTITIES not in kept(lake)
    assert len(lake.query(f"select 1 from {IDENTITIES} where source_id = '{guest}'")) == 1
    before, after = rebuilt(lake, PAYERS)
    assert before == after


def order(lake, key, user, placed_at: datetime, **changed):
    record = {
        "id": key, "user_id": user, "status": "placed", "currency": "usd", "channel": "web",
        "placed_at": placed_at, "updated_at": as_of(LAST), **changed,
    }  # fmt: skip
    lake.append(("app", "orders"), [("u", record, as_of(LAST))], as_of=as_of(LAST))


def numbers(lake, customer):
    rows = lake.query(
        f"select order_id, customer_order_number from {ORDERS} where customer_id = '{customer}'"
    )
    return dict(rows)


def test_an_order_that_comes_late_moves_the_orders_of_its_customer_alone(lake):
    [(customer, user, first)] = lake.query(
        f"select customer_id, max(user_id), min(placed_at) from {ORDERS} where not is_cancelled "
        "group by 1 order by count(*) desc, 1 limit 1"
    )
    known = {key: number for key, number in numbers(lake, customer).items() if number}
    order(lake, 990_001, user, first - timedelta(hours=1))
    build(lake)
    moved = {key: number + 1 for key, number in known.items()}
    found = numbers(lake, customer)
    assert {key: found[key] for key in (*known, 990_001)} == moved | {990_001: 1}
    assert affected(lake, ORDERS) == {*known, 990_001}
    # Cancelled, it has no number, and the others have theirs back.
    order(lake, 990_001, user, first - timedelta(hours=1), status="cancelled")
    build(lake)
    found = numbers(lake, customer)
    assert {key: found[key] for key in (*known, 990_001)} == known | {990_001: None}
    assert affected(lake, ORDERS) == {*known, 990_001}
    before, after = rebuilt(lake, ORDERS)
    assert before == after


def test_a_customer_of_two_users_is_numbered_over_both(lake):
    """An order of one user moves those of another one, whom a common address makes the same person."""
    for user in (880_001, 880_002):
        person = {
            "id": user, "email": "both@example.org", "full_name": f"U{user}",
            "created_at": as_of(0), "updated_at": as_of(0),
        }  # fmt: skip
        lake.append(("app", "users"), [("u", person, as_of(0))], as_of=as_of(LAST))
    order(lake, 880_010, 880_001, as_of(1))
    build(lake)
    order(lake, 880_020, 880_002, as_of(0))
    build(lake)
    [(customer,)] = lake.query(f"select customer_id from {ORDERS} where order_id = 880010")
    assert numbers(lake, customer) == {880_020: 1, 880_010: 2}
    assert affected(lake, ORDERS) == {880_010, 880_020}


def test_another_set_of_columns_is_refused_by_name(lake):
    change_charge(lake, amount=99_99)
    with lake.connect() as con:
        con.execute("alter table finance.fct_payments add column surplus integer")
    result = lake.try_build(
        as_of=as_of(LAST), command="run", select=["stg_stripe__charges", "fct_payments"]
    )
    [failed] = [node for node in result.nodes if node.status not in ("ok", "skipped")]
    assert failed.name == "fct_payments"
    assert "other columns than its query" in failed.message
    assert "surplus" in failed.message
    with lake.connect() as con:
        con.execute("alter table finance.fct_payments drop column surplus")
    build(lake)
    before, after = rebuilt(lake, "finance.fct_payments")
    assert before == after
