"""Known faults in a small table: which are made, which are seen, and that nothing stays behind."""

from __future__ import annotations

import pytest

from buck.errors import GateClosed
from buck.names import TableRef
from buck.quality import Question, prove

PAYMENTS = TableRef("finance", "fct_payments")
SHAPE = """
create or replace table finance.fct_payments as
select
    'ch_' || i as payment_id,
    case i % 2 when 0 then 'usd' else 'eur' end as currency,
    cast(100 + i as decimal(38, 3)) as amount,
    date '2026-01-01' + cast(i as integer) as paid_on,
    timestamptz '2026-01-01 00:00:00Z' + to_hours(i) as created_at,
    i % 3 = 0 as is_refunded,
    cast(null as varchar) as note
from range(60) as t(i)
"""
KEY = """
select payment_id from fct_payments group by payment_id having count(*) > 1 or payment_id is null
"""


def ask(id_, failing, **settings):
    sql = f"select case when exists({failing}) then 'failed' else 'passed' end"
    return Question(id_, sql, frozenset({PAYMENTS}), "finance", **settings)


@pytest.fixture
def shop(con):
    con.execute(SHAPE)
    return con


def run(con, as_of, *questions, **settings):
    return prove(con, [PAYMENTS], questions, as_of=as_of, **settings)


def outcomes(proof):
    return {(f.column, f.operator, f.share): f.outcome for f in proof.faults}


def test_every_kind_of_damage_is_made_to_the_columns_it_fits(shop, as_of):
    proof = run(shop, as_of, ask("keys", KEY))
    made = {}
    for fault in proof.faults:
        made.setdefault(fault.column, set()).add(fault.operator)
        if fault.outcome != "equivalent":
            assert fault.rows == (1 if fault.share == 0.001 else 3)
    assert made == {
        "": {"drop", "duplicate"},
        "payment_id": {"null", "shift", "truncate", "orphan"},
        "currency": {"null", "shift", "truncate", "wrong currency"},
        "amount": {"null", "shift", "swap sign", "times 100"},
        "paid_on": {"null", "shift", "stale"},
        "created_at": {"null", "shift", "stale", "wrong time zone"},
        "is_refunded": {"null", "shift"},
        "note": {"null", "shift", "truncate"},
    }


def test_what_a_check_sees_is_caught_and_the_rest_survives_by_name(shop, as_of):
    proof = run(shop, as_of, ask("keys", KEY))
    found = outcomes(proof)
    assert found["", "duplicate", 0.05] == "caught"
    assert found["payment_id", "null", 0.001] == "caught"
    assert found["", "drop", 0.05] == found["amount", "times 100", 0.001] == "survived"
    survivors = {(f.column, f.operator) for f in proof.survivors}
    assert ("amount", "swap sign") in survivors
    assert ("", "duplicate") not in survivors
    score = proof.score
    assert score.made == len(proof.faults) - score.equivalent
    assert score.caught + score.survived == score.made
    assert 0 < score.share < 0.2
    assert proof.by_table()["finance.fct_payments"] == score


def test_damage_that_changes_nothing_counts_apart(shop, as_of):
    found = outcomes(run(shop, as_of, ask("keys", KEY)))
    assert {o for (column, _, _), o in found.items() if column == "note"} == {"equivalent"}
    shop.execute("delete from finance.fct_payments")
    assert run(shop, as_of, ask("keys", KEY)).score.made == 0


def test_a_warning_is_not_a_catch_and_is_named(shop, as_of):
    proof = run(shop, as_of, ask("keys", KEY, can_block=False))
    doubled = [f for f in proof.faults if f.operator == "duplicate"]
    assert {f.outcome for f in doubled} == {"warned"}
    assert {f.caught_by for f in doubled} == {("keys",)}
    assert proof.score.caught == 0


def test_a_check_that_notices_nothing_is_idle(shop, as_of):
    dead = ask("dead", "select 1 from fct_payments where amount > 1e30")
    proof = run(shop, as_of, ask("keys", KEY), dead)
    assert proof.idle == ("dead",)


def test_a_check_that_breaks_on_a_fault_closes_the_gate_and_hides_no_other(shop, as_of):
    broken = ask("casts", "select 1 from fct_payments where cast(payment_id[4:] as bigint) < 0")
    proof = run(shop, as_of, broken, ask("never", "select 1 where false"))
    assert outcomes(proof)["payment_id", "orphan", 0.05] == "caught"
    assert proof.idle == ("never",)


def test_the_same_rows_are_damaged_whatever_their_order_in_the_file(shop, as_of):
    seen = []
    for order in ("payment_id", "amount desc"):
        shop.execute(
            f"create or replace table sorted as from finance.fct_payments order by {order}"
        )
        shop.execute("create or replace table finance.fct_payments as from sorted")
        odd = ask("odd", "select 1 from fct_payments having sum(amount) % 7 = 3")
        seen.append(run(shop, as_of, ask("keys", KEY), odd).faults)
    assert seen[0] == seen[1]


def test_nothing_of_the_damage_stays(shop, as_of):
    before = shop.execute("from finance.fct_payments order by all").fetchall()
    run(shop, as_of, ask("keys", KEY))
    assert shop.execute("from finance.fct_payments order by all").fetchall() == before


def test_a_sample_is_drawn_by_the_seed(shop, as_of):
    first = run(shop, as_of, ask("keys", KEY), sample=9)
    again = run(shop, as_of, ask("keys", KEY), sample=9)
    other = run(shop, as_of, ask("keys", KEY), sample=9, seed=8)
    assert len(first.faults) == len(other.faults) == 9
    assert first.faults == again.faults
    assert first.faults != other.faults
    assert first.idle == ()


def test_a_red_build_proves_nothing(shop, as_of):
    shop.execute("insert into finance.fct_payments from finance.fct_payments limit 1")
    with pytest.raises(GateClosed, match="green build; not so keys"):
        run(shop, as_of, ask("keys", KEY))
