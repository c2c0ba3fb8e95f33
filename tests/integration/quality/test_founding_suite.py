"""Every expectation of the founding document's suite for fct_payments, turned red by bad data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from buck.engine import connect
from buck.quality import run_checks

CHECKS = Path(__file__).parents[3] / "transform" / "checks"
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = """
create schema finance;
create table finance.good as select
    'ch_' || i as charge_id,
    'customer ' || i as customer_id,
    'key ' || i as customer_key,
    'pi_' || i as payment_intent_id,
    (['usd', 'eur', 'gbp', 'cad', 'aud', 'jpy', 'kwd'])[1 + i % 7] as currency,
    cast(500 + i as decimal(38, 3)) as amount,
    cast(500 + i as decimal(38, 3)) as gross_amount,
    cast(0 as decimal(38, 3)) as amount_refunded,
    cast(500 + i as decimal(38, 3)) as net_amount,
    (['completed', 'pending', 'refunded'])[1 + i % 3] as payment_status,
    true as is_paid,
    date '2026-01-01' + cast(i as integer) as payment_date,
    timestamptz '2026-02-28 12:00:00Z' as created_at
from range(30) as t(i);
create table finance.fct_payments as from finance.good;
create schema core; create schema staging; create schema raw;
create table core.dim_customers as select customer_key from finance.good;
create table staging.stg_stripe__refunds (refund_id varchar, charge_id varchar);
create table staging.stg_stripe__balance_transactions
    (source_id varchar, transaction_type varchar, currency varchar, amount_minor bigint);
create table raw.raw_stripe_charges (id varchar, livemode boolean);
"""
EXPECTATIONS = {
    "ExpectTableRowCountToBeGreaterThan": ("There are payments", "delete from {t}"),
    "charge_id ToNotBeNull": (
        "Every payment names its charge",
        "update {t} set charge_id = null where charge_id = 'ch_3'",
    ),
    "customer_id ToNotBeNull": (
        "Every payment has a customer",
        "update {t} set customer_id = null where charge_id = 'ch_3'",
    ),
    "payment_date ToNotBeNull": (
        "Every payment has a date",
        "update {t} set payment_date = null where charge_id = 'ch_3'",
    ),
    "charge_id ToBeUnique": (
        "A charge is one payment",
        "insert into {t} from {t} where charge_id = 'ch_3'",
    ),
    "gross_amount ToBeBetween, low": (
        "Nobody is charged less than nothing",
        "update {t} set gross_amount = -0.01 where charge_id = 'ch_3'",
    ),
    "gross_amount ToBeBetween, high": (
        "No payment is above a million",
        "update {t} set gross_amount = 1000000.01 where charge_id = 'ch_3'",
    ),
    "gross_amount ToBeBetween, high in yen": (
        "No payment is above a million",
        "update {t} set gross_amount = 100000001 where currency = 'jpy'",
    ),
    "payment_status ToBeInSet": (
        "Payment status is known",
        "update {t} set payment_status = 'lost' where charge_id = 'ch_3'",
    ),
    "currency ToBeInSet": (
        "Currency is one the company sells in",
        "update {t} set currency = 'xxx' where charge_id = 'ch_3'",
    ),
    "payment_date ToBeBetween, low": (
        "Payment date is plausible",
        "update {t} set payment_date = date '2019-12-31' where charge_id = 'ch_3'",
    ),
    "payment_date ToBeBetween, high": (
        "Payment date is plausible",
        "update {t} set payment_date = date '2031-01-01' where charge_id = 'ch_3'",
    ),
    "ColumnPairValuesAToBeGreaterThanOrEqualToB": (
        "Net is not above gross",
        "update {t} set net_amount = gross_amount + 0.001 where charge_id = 'ch_3'",
    ),
    "charge_id ToMatchRegex": (
        "Charge ids look like Stripe's",
        "update {t} set charge_id = 'ch-3' where charge_id = 'ch_3'",
    ),
}


@pytest.fixture(scope="module")
def payments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("founding")
    con = connect(folder / "build.duckdb", work=folder / "work")
    con.execute(GOOD)
    yield con
    con.close()


def outcomes(con):
    results = run_checks(con, CHECKS, as_of=AS_OF, tables={"finance.fct_payments"})
    return {r.check.name: r for r in results}


def test_good_data_meets_every_expectation(payments):
    found = outcomes(payments)
    for name, _ in EXPECTATIONS.values():
        assert found[name].outcome == "passed", name
        assert found[name].check.severity == "fail"
        assert found[name].check.owner == "finance"


@pytest.mark.parametrize("expectation", EXPECTATIONS)
def test_bad_data_turns_the_check_of_an_expectation_red(payments, expectation):
    name, damage = EXPECTATIONS[expectation]
    payments.execute(damage.format(t="finance.fct_payments"))
    try:
        red = outcomes(payments)[name]
    finally:
        payments.execute("create or replace table finance.fct_payments as from finance.good")
    assert red.outcome == "failed"
    assert red.sql
