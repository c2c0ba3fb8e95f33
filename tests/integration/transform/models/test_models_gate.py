"""Bad data in the sources is refused by the tests and checks of the models."""

from __future__ import annotations

import pytest

from buck.quality import run_checks
from buck.sandbox.company import Company, day_start

DAYS = 12
AS_OF = day_start(DAYS)
TABLES = ("config.materialized:table", "config.materialized:incremental")


@pytest.fixture(scope="module")
def company():
    return Company(seed=5, customers=12)


@pytest.fixture(scope="module")
def lake(build_lake, company):
    made = build_lake()
    made.land(company.changes(DAYS), as_of=AS_OF)
    made.build(as_of=AS_OF)
    return made


def red_checks(lake, checks_dir, con=None):
    con = con or lake.connect()
    try:
        results = run_checks(con, checks_dir, as_of=AS_OF, schemas={"core", "finance"})
    finally:
        con.close()
    return {r.check.name for r in results if r.outcome != "passed"}


def red_tests(lake):
    lake.try_build(as_of=AS_OF, command="run", select=TABLES)
    result = lake.try_build(as_of=AS_OF, command="test", select=["marts"])
    return {n.name for n in result.nodes if n.status not in ("ok", "passed")}


def test_spoiled_charges_are_refused_and_healed_ones_pass(lake, checks_dir, company):
    for kind, checks, tests in (
        (
            "duplicates",
            {"No payment is charged twice", "Collected money ties to the balance"},
            {"assert_payments_tie_to_balance_transactions"},
        ),
        (
            "negative_amounts",
            {"Nobody is charged less than nothing", "Nobody is asked for nothing"},
            {"fct_payments_rules"},
        ),
    ):
        lake.land(company.spoil(kind, AS_OF, count=3), as_of=AS_OF)
        assert tests <= red_tests(lake)
        assert checks <= red_checks(lake, checks_dir)
        lake.land(company.heal(kind, AS_OF, count=3), as_of=AS_OF)
        assert red_tests(lake) == set()
    assert red_checks(lake, checks_dir) == set()


DAMAGES = {
    "nothing is left": (
        """
        delete from finance.fct_payments;
        delete from finance.finance_payments;
        delete from finance.agg_monthly_revenue;
        delete from core.dim_customers;
        delete from core.dim_date where month = 3;
        """,
        {
            "There are payments",
            "There are customers",
            "Payments keep coming",
            "Every refund has its payment",
            "Every invoice has a version of its customer",
            "Every customer has a version that is current",
            "Days add up to the months",
            "Collected money ties to the balance",
            "Refunded money ties to the balance",
            "No day is missing",
        },
    ),
    "columns hold what they must not": (
        """
        update finance.fct_payments set payment_status = 'paid', currency = 'xau',
            charge_id = 'x' || row_number, amount_refunded = -1, customer_key = 'x',
            customer_id = null, payment_date = '2031-01-01',
            net_amount = gross_amount + 0.001, amount = 0
            from (select charge_id as id, row_number() over () as row_number
                  from finance.fct_payments) where id = charge_id;
        update core.dim_customers set segment = 'Tiny' where segment is not null;
        update core.dim_customers set email = 'a@b.c';
        update core.dim_customers set is_current = true;
        update core.dim_customers set valid_to = valid_to + interval 1 second
            where valid_to < '9999-01-01';
        """,
        {
            "Payment status is known",
            "Currency is one the company sells in",
            "Charge ids look like Stripe's",
            "Refunds are not negative",
            "Every payment has a version of its customer",
            "Every payment has a customer",
            "Payment date is plausible",
            "Net is not above gross",
            "Nobody is asked for nothing",
            "Collected money ties to the balance",
            "Refunded money ties to the balance",
            "It holds the payments of fct_payments, each once",
            "Months add up to the payments",
            "Segment is known",
            "One e-mail address is one customer",
            "One current version per customer",
            "Versions follow without gap or overlap",
        },
    ),
    "rows are there twice, or hold nothing": (
        """
        insert into finance.fct_payments
            from finance.fct_payments where is_paid and amount_refunded_minor = 0 limit 1;
        update finance.fct_payments
            set payment_date = null, created_at = created_at - interval 9 day;
        insert into finance.finance_payments from finance.finance_payments where is_paid limit 1;
        update finance.finance_payments set net_amount_reporting = null,
            gross_amount_reporting = 1000001;
        insert into finance.agg_monthly_revenue from finance.agg_monthly_revenue;
        insert into core.dim_customers from core.dim_customers where is_current limit 1;
        insert into core.dim_date from core.dim_date where date_key = 20260101;
        """,
        {
            "A charge is one payment",
            "No payment is charged twice",
            "Every payment has a date",
            "Payments keep coming",
            "Collected money ties to the balance",
            "A charge is one row",
            "Every currency has a planning rate",
            "No single payment above a million in the reporting currency",
            "One row per month and currency",
            "Months add up to the payments",
            "A key is one version",
            "One current version per customer",
            "Versions follow without gap or overlap",
            "A day is one row",
            "No day is missing",
        },
    ),
    "money is wrong": (
        """
        update finance.fct_payments set amount_refunded_minor = amount_refunded_minor + 1;
        update finance.agg_monthly_revenue set gross_amount = -1, net_amount = -1;
        update core.dim_customers set valid_to = valid_from where is_current;
        """,
        {
            "Refunded money ties to the balance",
            "No month collects less than nothing",
            "No month's charges give back more than they brought",
            "Net is gross less refunds",
            "Months add up to the payments",
            "Days add up to the months",
            "Validity is not empty",
        },
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_checks_name_the_damage_and_nothing_else(lake, checks_dir, tmp_path, damage):
    sql, expected = DAMAGES[damage]
    con = lake.copy(tmp_path / "build.duckdb")
    con.execute(sql)
    assert red_checks(lake, checks_dir, con) == expected


def test_unit_tests_of_the_models_pass(lake):
    result = lake.build(as_of=AS_OF, command="test", select=["test_type:unit"], exclude=[])
    assert {n.name for n in result.nodes} >= {
        "money_follows_the_currency_of_the_payment",
        "two_changes_in_one_batch_are_two_versions",
        "records_that_hang_together_are_one_person",
        "newest_arrival_of_a_charge_counts",
    }
