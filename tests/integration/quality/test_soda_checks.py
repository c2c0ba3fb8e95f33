"""Every kind of SodaCL check, green on good data and red on bad."""

from __future__ import annotations

import pytest

from buck.engine import sql_errors
from buck.errors import QueryRefused
from buck.quality import DIALECTS, read_rules, render, run_checks

CHECKS = {
    "row_count between 1 and 1000": "delete from finance.fct_payments",
    "missing_count(customer_id) = 0": "update finance.fct_payments set customer_id = null",
    "missing_percent(customer_id) < 5": "update finance.fct_payments set customer_id = null",
    "duplicate_count(payment_id) = 0": "update finance.fct_payments set payment_id = 'ch_1'",
    "min(amount) >= 0": "update finance.fct_payments set amount = -amount",
    "sum(amount) = 60": "update finance.fct_payments set amount = amount * 100",
    "percentile(amount, 0.5) < 25": "update finance.fct_payments set amount = amount + 100",
    "stddev(amount) < 100": "update finance.fct_payments set amount = 9999 where amount = 30",
    "freshness(created_at) < 2h": (
        "update finance.fct_payments set created_at = created_at - interval 3 hour"
    ),
    "values in (customer_id) must exist in core.dim_customers (customer_id)": (
        "update finance.fct_payments set customer_id = 'nobody'"
    ),
    "row_count same as core.dim_customers": "select 1",
    "invalid_count(status) = 0:\n    valid values: [succeeded, failed]": (
        "update finance.fct_payments set status = 'O''Brien'"
    ),
    "invalid_count(payment_id) = 0:\n    valid regex: ^ch_[a-zA-Z0-9]+$": (
        "update finance.fct_payments set payment_id = 'py_1' where payment_id = 'ch_1'"
    ),
    "invalid_count(amount) = 0:\n    valid min: 0\n    valid max: 100": (
        "update finance.fct_payments set amount = -0.01 where amount = 10"
    ),
    "invalid_percent(status) = 0:\n    valid max length: 9\n    valid min length: 6": (
        "update finance.fct_payments set status = 'x'"
    ),
    "schema:\n    fail:\n      when required column missing: [payment_id, amount]": (
        "alter table finance.fct_payments drop column amount"
    ),
    "schema:\n    fail:\n      when wrong column type: {amount: decimal, status: text}": (
        "alter table finance.fct_payments alter amount type varchar"
    ),
    "schema:\n    fail:\n      when forbidden column present: [card_number]": (
        "alter table finance.fct_payments add column card_number varchar"
    ),
    "failed rows:\n    name: no refund without payment\n    fail condition: amount < 0": (
        "update finance.fct_payments set amount = -1"
    ),
    "failed rows:\n    name: known customers\n    fail query: |\n      select * from fct_payments"
    " anti join core.dim_customers using (customer_id)": (
        "update finance.fct_payments set customer_id = 'nobody'"
    ),
    "net_total = 60:\n    net_total query: |\n      select sum(amount) from fct_payments": (
        "delete from finance.fct_payments where payment_id = 'ch_1'"
    ),
    "net_mean < 21:\n    net_mean expression: avg(amount)": (
        "update finance.fct_payments set amount = amount * 2"
    ),
}
ALWAYS_RED = {"row_count same as core.dim_customers"}


@pytest.mark.parametrize(("check", "damage"), CHECKS.items(), ids=[c[:40] for c in CHECKS])
def test_each_kind_of_check_is_green_on_good_data_and_red_on_bad(
    con, write_checks, as_of, check, damage
):
    checks = write_checks(f"- {check}")
    if check not in ALWAYS_RED:
        (green,) = run_checks(con, checks, as_of=as_of)
        assert green.outcome == "passed", green.message
        assert green.message == ""
    con.execute(damage)
    (red,) = run_checks(con, checks, as_of=as_of)
    assert red.outcome == "failed", red.message
    assert red.message
    assert (red.check.schema, red.check.table) == ("finance", "fct_payments")


MORE = {
    "invalid_count(status) = 0:\n    valid values: [succeeded, failed]\n    filter: amount > 15": (
        "update finance.fct_payments set status = 'lost'"
    ),
    "missing_count(status) = 0:\n    missing values: [n/a, none]": (
        "update finance.fct_payments set status = 'n/a'"
    ),
    "invalid_percent(status) < 40%:\n    invalid values: [lost]": (
        "update finance.fct_payments set status = 'lost' where amount < 25"
    ),
    "duplicate_percent(payment_id) = 0": "update finance.fct_payments set payment_id = 'ch_1'",
    "row_count not between 0 and 2": "delete from finance.fct_payments where amount > 15",
    "row_count between (2 and 4)": "insert into finance.fct_payments from finance.fct_payments",
    "row_count:\n    fail: when > 5": "insert into finance.fct_payments from finance.fct_payments",
    "failed rows:\n    name: at most one\n    fail condition: amount > 25\n    fail: when > 1": (
        "update finance.fct_payments set amount = 99"
    ),
    "max_length(status) <= 9": "update finance.fct_payments set status = 'a long status'",
    "avg(amount) < 21:\n    valid max: 1000": "update finance.fct_payments set amount = 500",
    "invalid_count(full_name) = 0:\n    invalid regex: ^[a-z]": (
        "update finance.fct_payments set full_name = 'ann'"
    ),
    "values in (customer_id, status) must exist in fct_payments (customer_id, status)": (
        "update finance.fct_payments set status = null where amount = 10"
    ),
}


@pytest.mark.parametrize(
    ("check", "damage"), (CHECKS | MORE).items(), ids=[c[:40] for c in CHECKS | MORE]
)
def test_rendered_as_sql_the_verdict_is_the_same(con, write_checks, as_of, check, damage):
    checks = write_checks(f"- {check}")
    (rule,) = read_rules(checks / "finance" / "fct_payments.yml")
    for step in ("select 1", damage, "delete from finance.fct_payments"):
        con.execute(step)
        (by_soda,) = run_checks(con, checks, as_of=as_of)
        sql = render(rule, DIALECTS["duckdb"], as_of=as_of, qualify=lambda ref: ref.sql).sql
        try:
            with sql_errors():
                outcome = con.execute(sql).fetchone()[1]
        except QueryRefused:
            outcome = "errored"
        assert outcome == by_soda.outcome, (step, by_soda.message, sql)


def test_a_check_with_the_attribute_warn_never_blocks(con, write_checks, as_of):
    text = "- missing_count(customer_id) = 0:\n    attributes: { severity: warn }"
    con.execute("update finance.fct_payments set customer_id = null")
    (result,) = run_checks(con, write_checks(text), as_of=as_of)
    assert (result.outcome, result.check.severity, result.failures) == ("warned", "warn", 3)
    assert len(result.failing_rows) == 3
