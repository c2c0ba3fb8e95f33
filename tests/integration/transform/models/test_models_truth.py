"""Revenue, refunds, the balance and MRR equal the company's own facts, at three moments.

The lake sees what a connector sees: a list of everything at first, then only the newest state of what
changed, a month or two at a time, and Stripe's events. What happened in between is known by those alone.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import pytest

from buck.sandbox.company import Company, day_start, truth
from buck.sandbox.stripe.store import StripeStore

START = 27
MOMENTS = {"at first": START, "30 days later": START + 30, "90 days later": START + 90}
SEEN = ("+finance_revenue", "+agg_monthly_revenue", "+fct_mrr_movements", "+fct_subscriptions_daily")
# Views are made once; later builds are about what is stored.
AGAIN = tuple(f"{s},config.materialized:{m}" for s in SEEN for m in ("table", "incremental"))
MOVEMENTS = ("new", "expansion", "contraction", "churn", "reactivation")
QUERIES = {
    "month": (
        "select strftime(revenue_month, '%Y-%m'), currency, gross_amount_minor as gross,"
        " refunds_minor as refunds, net_amount_minor as net, refunds_cash_minor as refunds_cash,"
        " net_cash_minor as net_cash from finance.agg_monthly_revenue"
    ),
    "day": (
        "select revenue_date::text, currency, sum(gross_amount) as gross, sum(refunds) as refunds,"
        " sum(net_amount) as net, sum(refunds_cash) as refunds_cash, sum(net_cash) as net_cash,"
        " sum(fees) as fees, sum(disputes_lost) as disputes_lost_cash,"
        " sum(dispute_fees) as dispute_fees from finance.finance_revenue group by all"
    ),
    "refund": (
        "select refund_date::text, currency, sum(amount_refunded_minor)::bigint as refunds_cash"
        " from finance.fct_refunds group by all"
    ),
    "mrr": (
        "select subscription_date::text, currency, sum(mrr_minor)::bigint as mrr"
        " from finance.fct_subscriptions_daily group by all"
    ),
    "movement": (
        "pivot (select movement_date::text as period, currency, movement_type, mrr_change_minor"
        " from finance.fct_mrr_movements) on movement_type"
        f" in {MOVEMENTS} using coalesce(sum(mrr_change_minor), 0)::bigint"
    ),
    "balance": (
        "select 'all', currency, sum(amount_minor) filter (transaction_type in ('charge', 'payment'))"
        "::bigint as charges, sum(net_amount_minor)::bigint as remaining,"
        " -sum(fee_minor)::bigint as fees from finance.fct_balance_transactions group by all"
    ),
}


def land_list(lake, changes, *, as_of):
    """The newest state of each record that is there, as a first reading of a list lands it."""
    newest = {(c.system, c.table, c.key): c for c in changes}
    lake.land([c for c in newest.values() if c.op != "delete"], as_of=as_of)
    with lake.connect() as con:
        for table in ("subscriptions", "subscription_items"):
            con.execute(
                f"update raw.raw_stripe_{table} set _buck_op = 'r',"
                " _buck_source_ts = to_timestamp(created)"
            )


@pytest.fixture(scope="module")
def moments(build_lake):
    """moment → (truth, {query: {(period, currency): figures}})"""
    lake, company, store = build_lake(), Company(seed=8, customers=9), StripeStore()
    changes, seen, found = company.changes(max(MOMENTS.values())), 0, {}
    for moment, day in MOMENTS.items():
        as_of = day_start(day)
        until = sum(1 for c in changes if c.at < as_of)
        land = lake.land_state if seen else partial(land_list, lake)
        land(changes[seen:until], as_of=as_of)
        told = len(store.shelf("events", live=True).entries)
        store.apply(changes[seen:until])
        events = [e.record for e in store.shelf("events", live=True).entries[told:]]
        lake.append(("stripe", "events"), [("c", e, as_of) for e in events], as_of=as_of)
        if not seen:
            lake.build(as_of=as_of, command="seed")
        lake.build(as_of=as_of, command="run", select=AGAIN if seen else SEEN)
        with lake.connect() as con:
            rows = {name: con.sql(sql) for name, sql in QUERIES.items()}
            found[moment] = (
                truth(company, as_of_day=day),
                {n: (r.columns[2:], {t[:2]: t[2:] for t in r.fetchall()}) for n, r in rows.items()},
            )
        seen = until
    return found


def figures(told, *, scale=None):
    """{(period, currency): {name: amount}} without what is zero; in minor units."""
    columns, rows = told
    exponent = (scale or {}).get
    named = {
        key: {n: int(v.scaleb(exponent(key[1])) if scale else v) for n, v in zip(columns, row) if v}
        for key, row in rows.items()
    }
    return {key: row for key, row in named.items() if row}


def true_figures(rows, names):
    wanted = {
        (r.period, r.currency): {n: v for n, v in asdict(r).items() if n in names and v}
        for r in rows
    }
    return {key: row for key, row in wanted.items() if row}


@pytest.mark.parametrize("moment", MOMENTS)
def test_revenue_and_refunds_are_the_companys_own(moments, moment):
    real, found = moments[moment]
    exponents = real.to_dict()["exponents"]
    month, day, refund = found["month"], found["day"], found["refund"]
    assert figures(month) == true_figures(real.by_month, month[0])
    assert figures(day, scale=exponents) == true_figures(real.by_day, day[0])
    assert figures(refund) == true_figures(real.by_day, refund[0])
    assert figures(refund)


@pytest.mark.parametrize("moment", MOMENTS)
def test_mrr_of_every_day_and_its_movements_are_the_companys_own(moments, moment):
    real, found = moments[moment]
    assert figures(found["mrr"]) == true_figures(real.mrr_by_day, {"mrr"})
    movements = figures(found["movement"])
    assert movements == true_figures(real.mrr_by_day, set(MOVEMENTS))
    wanted = {"new"} if moment == "at first" else {"new", "contraction"}
    wanted = set(MOVEMENTS) if moment == "90 days later" else wanted
    assert {name for row in movements.values() for name in row} >= wanted


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_balance_is_the_companys_own(moments, moment):
    real, found = moments[moment]
    balance = figures(found["balance"])
    for currency, book in real.balance.items():
        assert balance.get(("all", currency), {}) == {
            n: v for n, v in book.items() if n in {"charges", "remaining", "fees"} and v
        }


def test_the_company_lived_through_what_is_counted(moments):
    real, _ = moments["90 days later"]
    for name in ("new", "expansion", "churn"):
        assert any(getattr(row, name) for row in real.mrr_by_day), name
    assert len({row.currency for row in real.mrr_by_day}) >= 4
