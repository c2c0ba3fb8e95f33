"""Watermarks that can't be trusted are not: tables put back, rows that slip in, builds missed."""

from __future__ import annotations

import random

import pytest

from tests.integration.transform.models.incrementals.histories import make_history
from tests.integration.transform.models.incrementals.proof import SELECT, as_of, prove

FCT = "finance.fct_payments"
# What the marts would hold if they were built from nothing now.
STALE = f"""
with computed as (
    select charge_id, amount_refunded_minor, payment_status, customer_key, is_paid
    from intermediate.int_payments_enriched
),
built as (
    select charge_id, amount_refunded_minor, payment_status, customer_key, is_paid from {FCT}
)
select 'missing or old' as finding, * from (from computed except all from built)
union all
select 'left over' as finding, * from (from built except all from computed)
union all
select 'not in finance_payments', charge_id, null, payment_status, null, is_paid from (
    select charge_id, net_amount, payment_status, is_paid from {FCT}
    except all
    select charge_id, net_amount, payment_status, is_paid from finance.finance_payments
)
"""


def charge(key, amount, **other):
    record = {
        "id": key, "created": 1_767_225_600, "livemode": True, "customer": "cus_h0x",
        "currency": "usd", "amount": amount, "payment_intent": f"pi_{key}",
        "status": "succeeded", "disputed": False, **other,
    }  # fmt: skip
    return ("u", record, as_of(0))


@pytest.fixture(scope="module")
def lake(build_lake):
    """Built once with a few histories; each test changes it and leaves it right."""
    made = build_lake()
    chance = random.Random(9)
    assert prove(made, [make_history(chance) for _ in range(5)], batches=2) == []
    return made


def build(lake, *select):
    lake.build(as_of=as_of(9), command="run", select=select or SELECT)


def touched(lake):
    ((rows,),) = lake.query(f"select count(*) from {FCT}__affected")
    return rows


def count(lake):
    ((rows,),) = lake.query(f"select count(*) from {FCT}")
    return rows


def test_nothing_new_touches_no_row(lake):
    build(lake)
    # A row that a build computes again would lose this mark.
    with lake.connect() as con:
        con.execute(f"update {FCT} set failure_code = 'mark'")
    build(lake)
    assert touched(lake) == 0
    ((marked,),) = lake.query(f"select count(*) from {FCT} where failure_code = 'mark'")
    assert marked == count(lake) > 0
    with lake.connect() as con:
        con.execute(f"update {FCT} set failure_code = null")


def test_only_the_affected_key_is_computed_again(lake):
    lake.append(("stripe", "charges"), [charge("ch_h0x_new", 500)], as_of=as_of(9))
    before = count(lake)
    build(lake)
    assert touched(lake) == 1
    assert count(lake) == before + 1
    assert lake.query(STALE) == []


def test_a_table_put_back_from_an_old_copy_is_built_anew(lake):
    with lake.connect() as con:
        con.execute(f"create or replace table old as from {FCT}")
    lake.append(("stripe", "charges"), [charge("ch_h0x_1", 700)], as_of=as_of(9))
    build(lake)
    with lake.connect() as con:
        con.execute(f"delete from {FCT}")
        con.execute(f"insert into {FCT} from old")
    build(lake)
    assert touched(lake) == count(lake)
    assert lake.query(STALE) == []
    build(lake)
    assert touched(lake) == 0


def test_rows_below_the_mark_are_not_missed(lake):
    with lake.connect() as con:
        con.execute(
            "insert into raw.raw_stripe_charges by name select * replace ("
            "'ch_h0x_below' as id, 0 as _buck_seq) from raw.raw_stripe_charges limit 1"
        )
    build(lake)
    assert lake.query(f"select 1 from {FCT} where charge_id = 'ch_h0x_below'")
    assert lake.query(STALE) == []


def test_a_raw_table_of_another_lake_is_read_from_its_beginning(lake):
    """As many rows, the same sequence; only what they say and who landed them differs."""
    with lake.connect() as con:
        con.execute(
            "update raw.raw_stripe_charges set amount = amount + 1, "
            "_buck_load_id = 'another-' || _buck_load_id"
        )
    build(lake)
    assert touched(lake) >= count(lake)
    assert lake.query(STALE) == []


def test_a_build_of_another_model_that_was_missed_is_made_up_for(lake):
    for number in (1, 2):
        lake.append(("stripe", "charges"), [charge(f"ch_h0x_m{number}", 10)], as_of=as_of(9))
        build(lake, "stg_stripe__charges", "fct_payments")
    assert lake.query(STALE) != []
    build(lake, "finance_payments")
    assert lake.query(STALE) == []
