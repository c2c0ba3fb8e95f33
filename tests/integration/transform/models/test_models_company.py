"""The marts against what the simulated company knows of itself."""

from __future__ import annotations

from collections import defaultdict

import pytest

from buck.quality import run_checks
from buck.sandbox.company import Company, day_start

FIRST, LATER = 38, 62


@pytest.fixture(scope="module")
def company():
    return Company(seed=11, customers=30)


@pytest.fixture(scope="module")
def built(build_lake, company):
    """Landed and built twice: the state after some days, then every change until later."""
    lake = build_lake()
    changes = company.changes(LATER)
    early = [c for c in changes if c.at < day_start(FIRST)]
    lake.land_state(early, as_of=day_start(FIRST))
    lake.build(as_of=day_start(FIRST))
    first = revenue(lake)
    lake.land(changes[len(early) :], as_of=day_start(LATER))
    result = lake.build(as_of=day_start(LATER))
    return lake, first, result


def revenue(lake):
    """(month, currency) → gross, refunds by month of charge, refunds by month of refund."""
    rows = lake.query(
        "select strftime(revenue_month, '%Y-%m'), currency, gross_amount_minor, refunds_minor,"
        " refunds_cash_minor from finance.agg_monthly_revenue"
    )
    return {(month, currency): tuple(amounts) for month, currency, *amounts in rows}


def true_revenue(company, until_day):
    facts = [f for f in company.facts(until_day) if f.live]
    made = {f.id: f"{f.at:%Y-%m}" for f in facts if f.kind == "payment"}
    sums = defaultdict(lambda: [0, 0, 0])
    for fact in facts:
        if fact.kind == "payment_succeeded":
            sums[made[fact.id], fact.currency][0] += fact.amount
        elif fact.kind == "refund_succeeded":
            sums[made[fact.of], fact.currency][1] += fact.amount
            sums[f"{fact.at:%Y-%m}", fact.currency][2] += fact.amount
    return {key: tuple(amounts) for key, amounts in sums.items()}


def test_revenue_is_the_companys_own_to_the_minor_unit(built, company):
    lake, first, _ = built
    assert first == true_revenue(company, FIRST)
    assert revenue(lake) == true_revenue(company, LATER)
    assert {"jpy", "kwd", "usd"} <= {currency for _, currency in first}


def test_refunds_weeks_later_changed_earlier_months(built, company):
    lake, first, _ = built
    now = revenue(lake)
    assert any(now[key][1] > first[key][1] for key in first)
    late = lake.query(
        "select count(*) from finance.fct_payments"
        " where last_refunded_at > created_at + interval 15 day and is_refunded"
    )
    assert late[0][0] > 0


def test_amounts_are_exact_decimals_by_the_currency(built):
    lake, _, _ = built
    rows = lake.query(
        "select currency, sum(amount), sum(amount_minor) from finance.fct_payments group by all"
    )
    exponents = {"jpy": 0, "kwd": 3}
    for currency, amount, minor in rows:
        assert amount.scaleb(exponents.get(currency, 2)) == minor


def test_a_person_is_one_customer_in_all_systems(built, company):
    lake, _, _ = built
    names = {
        "app_user": "app",
        "stripe_customer": "stripe",
        "salesforce_contact": "salesforce",
        "salesforce_lead": "salesforce_lead",
    }
    person = {
        (names[f.status], f.id): f.of
        for f in company.facts(LATER)
        if f.kind == "identity" and f.live
    }
    customer = {
        (source, key): customer_id
        for source, key, customer_id in lake.query(
            "select source, source_id, customer_id from intermediate.int_identities_linked"
        )
    }
    known = [key for key in person if key in customer]
    # A lead that no other system knows is nobody's customer; all else is linked.
    assert {source for source, _ in person.keys() - customer.keys()} <= {"salesforce_lead"}
    pairs = {(person[key], customer[key]) for key in known}
    assert len(pairs) == len({p for p, _ in pairs}) == len({c for _, c in pairs})
    assert len(known) > len(pairs)
    people = {who for (source, _), who in person.items() if source != "salesforce_lead"}
    ((customers,),) = lake.query("select count(distinct customer_id) from core.dim_customers")
    assert customers == len(people)


def test_segment_changes_of_the_company_are_versions(built, company):
    lake, _, _ = built
    ((twice_a_day,),) = lake.query(
        "select count(*) from (select customer_id from core.dim_customers"
        " group by customer_id, valid_from::date having count(*) > 1)"
    )
    assert twice_a_day > 0
    ((wrong,),) = lake.query(
        "select count(*) from finance.fct_payments p left join core.dim_customers d"
        " on p.customer_id = d.customer_id and p.created_at >= d.valid_from"
        " and p.created_at < d.valid_to where d.customer_key is distinct from p.customer_key"
        " and p.created_at >= (select min(valid_from) from core.dim_customers f"
        " where f.customer_id = p.customer_id)"
    )
    assert wrong == 0


def test_a_payment_of_a_deleted_customer_keeps_its_customer(built):
    lake, _, _ = built
    ((orphans, deleted),) = lake.query(
        "select count(*) filter (d.customer_key is null), count(*) filter (d.is_deleted)"
        " from finance.fct_payments p left join core.dim_customers d"
        " on p.customer_id = d.customer_id and d.is_current"
    )
    assert orphans == 0
    assert deleted >= 0


def test_test_mode_reaches_no_mart(built, company):
    lake, _, _ = built
    test_charges = {
        c.key for c in company.changes(LATER) if c.table == "charges" and not c.livemode
    }
    assert test_charges
    paid = {row[0] for row in lake.query("select charge_id from finance.fct_payments")}
    assert not test_charges & paid


def test_incremental_marts_equal_a_full_refresh(built):
    lake, _, _ = built
    tables = [
        "core.dim_customers",
        "finance.fct_payments",
        "finance.finance_payments",
        "finance.agg_monthly_revenue",
    ]
    before = {table: lake.rows(table) for table in tables}
    lake.build(as_of=day_start(LATER), full_refresh=True)
    for table in tables:
        assert lake.rows(table) == before[table], table
        assert before[table]


def test_no_model_compares_every_row_with_every_other(built):
    """A join that DuckDB can't hash takes minutes for a million rows, and nobody sees it here."""
    lake, _, _ = built
    # Incremental models read tables of their own build, which a full one has none of.
    lake.build(as_of=day_start(LATER), full_refresh=True, select=["config.materialized:incremental"])
    result = lake.build(as_of=day_start(LATER))
    models = {node.name: node.sql for node in result.models if node.sql}
    assert "sales_orders__affected" in models["sales_orders"]
    with lake.connect() as con:
        plans = {n: str(con.execute(f"explain {sql}").fetchall()) for n, sql in models.items()}
    assert [name for name, plan in plans.items() if "BLOCKWISE_NL_JOIN" in plan] == []


def test_all_checks_are_green_on_good_data(built, checks_dir):
    lake, _, _ = built
    with lake.connect() as con:
        results = run_checks(con, checks_dir, as_of=day_start(LATER))
    assert [(r.check.name, r.outcome, r.message) for r in results if r.outcome != "passed"] == []
    assert all(r.check.owner for r in results)
