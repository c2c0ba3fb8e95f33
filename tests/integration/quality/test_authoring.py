"""Checks that a project gets for nothing, is offered, or writes in files of their own."""

from __future__ import annotations

import yaml

from buck.names import TableRef
from buck.quality import (
    list_custom_checks,
    profile,
    run_checks,
    run_custom_checks,
    suggest_checks,
    write_default_checks,
)

PAYMENTS = TableRef("finance", "fct_payments")
MANY = """
create or replace table finance.fct_payments as select
    'ch_' || i as payment_id,
    case when i = 7 then null else 'c' || i % 3 end as customer_id,
    (['paid', 'it''s failed'])[1 + i % 2] as status,
    cast(i as decimal(38, 3)) as amount,
    'ann' || i || '@shop.example' as email,
    timestamptz '2026-02-28 22:00:00Z' as created_at,
    cast(null as varchar) as note
from range(60) as t(i)
"""


def test_suggested_checks_hold_today_and_say_what_they_are(con, tmp_path, as_of):
    con.execute(MANY)
    columns = profile(con, PAYMENTS)
    text = suggest_checks(columns, PAYMENTS, owner="finance", personal={"email"})
    (tmp_path / "checks" / "finance").mkdir(parents=True)
    (tmp_path / "checks" / "finance" / "fct_payments.yml").write_text(text)
    results = {r.check.name: r for r in run_checks(con, tmp_path / "checks", as_of=as_of)}
    assert {r.outcome for r in results.values()} == {"passed"}, results
    assert {(r.check.severity, r.check.owner) for r in results.values()} == {("warn", "finance")}
    rules = {r.check.expected for r in results.values()}
    assert {
        "row_count > 0",
        "duplicate_count(payment_id) = 0",
        "missing_percent(customer_id) < 2",
        "invalid_count(amount) = 0, valid min: 0",
        "freshness(created_at), warn: when > 3d",
    } <= rules
    assert "valid values: ['it''s failed', 'paid']" in text
    assert "valid regex: '^[a-z]{2,6}_[a-zA-Z0-9]+$'" in text
    assert "ann" not in text
    assert "note" not in text
    assert len(yaml.safe_load(text)["checks for fct_payments"]) == len(results)


def test_suggested_checks_warn_of_other_data(con, tmp_path, as_of):
    con.execute(MANY)
    text = suggest_checks(profile(con, PAYMENTS), PAYMENTS)
    (tmp_path / "checks" / "finance").mkdir(parents=True)
    (tmp_path / "checks" / "finance" / "fct_payments.yml").write_text(text)
    con.execute("update finance.fct_payments set status = 'lost', amount = -1, payment_id = 'x'")
    found = {r.check.name for r in run_checks(con, tmp_path / "checks", as_of=as_of) if r.failures}
    assert {"status is known", "amount is not negative", "payment_id tells rows apart"} <= found


def test_default_checks_look_after_declared_keys(con, tmp_path, as_of):
    keys = {PAYMENTS: ("payment_id", "customer_id")}
    owners = {"finance.fct_payments": "finance"}
    write_default_checks(tmp_path / "d", keys, kinds=["not_null", "unique"], owners=owners)
    green = run_checks(con, tmp_path / "d", as_of=as_of)
    assert [r.outcome for r in green] == ["passed"] * 3
    assert {r.check.owner for r in green} == {"finance"}
    con.execute("insert into finance.fct_payments from finance.fct_payments where amount = 10")
    con.execute("update finance.fct_payments set customer_id = null where amount = 20")
    red = {r.check.dimension for r in run_checks(con, tmp_path / "d", as_of=as_of) if r.failures}
    assert red == {"completeness", "uniqueness"}
    write_default_checks(tmp_path / "e", keys, kinds=["unique"])
    assert len(run_checks(con, tmp_path / "e", as_of=as_of)) == 1


def test_a_sql_file_is_a_check(con, tmp_path, as_of):
    folder = tmp_path / "checks" / "finance" / "fct_payments"
    folder.mkdir(parents=True)
    (folder / "no_small_change.sql").write_text(
        "-- name: Nobody pays less than fifteen\n-- dimension: validity\n-- severity: warn\n"
        "-- owner: finance\nselect * from fct_payments\n"
        "where amount < 15 and created_at < timestamptz '${NOW}';\n"
    )
    (folder / "broken.sql").write_text("select * from nowhere")
    paths = list_custom_checks(tmp_path / "checks")
    broken, small = run_custom_checks(con, paths, as_of=as_of, personal={"full_name"})
    assert (broken.outcome, broken.check.severity) == ("errored", "fail")
    assert "nowhere" in broken.message
    assert (small.outcome, small.failures) == ("warned", 1)
    assert small.check.id == "soda:finance.fct_payments:Nobody pays less than fifteen"
    assert (small.check.dimension, small.check.owner) == ("validity", "finance")
    row = dict(zip(small.failing_rows.columns, small.failing_rows.rows[0], strict=True))
    assert (row["payment_id"], row["full_name"]) == ("ch_1", "•••")
    assert len(con.execute(f"use finance; {small.sql}").fetchall()) == 1


def test_a_python_file_is_a_check_and_its_faults_are_results(con, tmp_path, as_of):
    folder = tmp_path / "checks" / "finance" / "fct_payments"
    folder.mkdir(parents=True)
    (folder / "gaps.py").write_text(
        "# name: Amounts have no gap\n# dimension: consistency\n\n\n"
        "def check(connection, as_of):\n"
        "    held = [r[0] for r in connection.execute(\n"
        "        'select amount from fct_payments order by amount').fetchall()]\n"
        "    pairs = zip(held, held[1:])\n"
        "    return [{'after': str(a)} for a, b in pairs if b - a > 10]\n"
    )
    (folder / "raises.py").write_text("def check(connection, as_of):\n    return 1 / 0\n")
    (folder / "empty.py").write_text("x = 1\n")
    paths = list_custom_checks(tmp_path / "checks")
    con.execute("update finance.fct_payments set amount = 99 where amount = 30")
    empty, gaps, raises = run_custom_checks(con, paths, as_of=as_of)
    assert (gaps.outcome, gaps.failures, gaps.check.dimension) == ("failed", 1, "consistency")
    assert gaps.failing_rows.rows == (("20.000000000",),)
    assert (empty.outcome, raises.outcome) == ("errored", "errored")
    assert "ZeroDivisionError" in raises.message
