"""What a scan brings back, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from buck.errors import ConfigError
from buck.names import TableRef
from buck.quality import list_checked_tables, read_custom_check, read_titles, run_checks

ROOT = Path(__file__).parents[3]


def test_failing_rows_come_with_their_query_and_without_personal_data(con, write_checks, as_of):
    con.execute("update finance.fct_payments set amount = -1, customer_id = 'ann@shop.example'")
    checks = write_checks("- invalid_count(amount) = 0:\n    valid min: 0")
    (red,) = run_checks(con, checks, as_of=as_of, personal={"FULL_NAME"})
    assert red.failures == 3
    assert red.value == 3
    rows = [dict(zip(red.failing_rows.columns, row, strict=True)) for row in red.failing_rows.rows]
    assert len(rows) == 3
    assert {row["full_name"] for row in rows} == {"•••"}
    assert {row["customer_id"] for row in rows} == {"•••"}
    assert rows[0]["created_at"].startswith("2026-02-28T22:00:00")
    assert len(con.execute(red.sql).fetchall()) == 3


def test_at_most_twenty_failing_rows_are_kept_and_all_are_counted(con, write_checks, as_of):
    con.execute(
        "insert into finance.fct_payments (payment_id) select 'x' || i from range(500) t(i)"
    )
    text = """- missing_count(amount) = 0
- failed rows:
    name: no amount
    fail query: select * from fct_payments where amount is null
- failed rows:
    name: no amount either
    fail condition: amount is null"""
    results = run_checks(con, write_checks(text), as_of=as_of)
    assert [r.failures for r in results] == [500, 500, 500]
    assert [len(r.failing_rows) for r in results] == [20, 20, 20]


def test_duplicates_and_orphans_show_the_rows_concerned(con, write_checks, as_of):
    con.execute("insert into finance.fct_payments from finance.fct_payments limit 1")
    con.execute("update finance.fct_payments set customer_id = 'nobody' where payment_id = 'ch_2'")
    text = """- duplicate_count(payment_id) = 0
- values in (customer_id) must exist in core.dim_customers (customer_id)"""
    twice, orphan = run_checks(con, write_checks(text), as_of=as_of)
    assert [row[0] for row in twice.failing_rows.rows] == ["ch_1", "ch_1"]
    assert [row[0] for row in orphan.failing_rows.rows] == ["ch_2"]


def test_freshness_is_judged_at_as_of_and_not_by_the_clock(con, write_checks, as_of, monkeypatch):
    monkeypatch.setenv("NOW", "2020-01-01T00:00:00+00:00")
    checks = write_checks("- freshness(created_at) < 2h")
    (fresh,) = run_checks(con, checks, as_of=as_of)
    assert (fresh.outcome, fresh.value) == ("passed", "1:00:00")
    assert fresh.check.dimension == "timeliness"
    (stale,) = run_checks(con, checks, as_of=as_of + timedelta(days=1))
    assert (stale.outcome, stale.value) == ("failed", "1 day, 1:00:00")
    assert "2026-02-28 23:00:00" in stale.message


def test_queries_can_ask_for_as_of(con, write_checks, as_of):
    text = """- failed rows:
    name: from the future
    fail query: |
      select * from fct_payments where created_at > timestamptz '${NOW}' - interval '90 minutes'"""
    (red,) = run_checks(con, write_checks(text), as_of=as_of)
    assert (red.outcome, red.failures) == ("failed", 1)


def test_warn_and_fail_thresholds_give_their_own_outcomes(con, write_checks, as_of):
    text = """- row_count:
    warn: when < 10
    fail: when < 2
- missing_count(status):
    warn: when > 0
- schema:
    name: columns that should be there
    warn:
      when required column missing: [currency]"""
    rows, status, columns = run_checks(con, write_checks(text), as_of=as_of)
    assert (rows.outcome, rows.check.severity) == ("warned", "fail")
    assert (status.outcome, status.check.severity) == ("passed", "warn")
    assert (columns.outcome, columns.check.severity) == ("warned", "warn")
    assert "currency" in columns.message
    con.execute("delete from finance.fct_payments")
    rows = run_checks(con, write_checks(text), as_of=as_of)[0]
    assert rows.outcome == "failed"


def test_dimension_and_owner_come_from_the_check_or_its_table(con, write_checks, as_of):
    text = """- row_count > 0
- sum(amount) > 0:
    name: money came in
    attributes:
      dimension: accuracy
      owner: ann"""
    plain, told = run_checks(
        con, write_checks(text), as_of=as_of, owners={"finance.fct_payments": "finance team"}
    )
    assert (plain.check.dimension, plain.check.owner) == ("completeness", "finance team")
    assert (told.check.name, told.check.dimension, told.check.owner) == (
        "money came in",
        "accuracy",
        "ann",
    )


def test_a_check_that_cannot_run_is_errored_and_says_why(con, write_checks, as_of):
    checks = write_checks("- missing_count(no_such_column) = 0\n- row_count > 0")
    results = run_checks(con, checks, as_of=as_of)
    broken = next(r for r in results if "no_such_column" in r.check.name)
    assert broken.outcome == "errored"
    assert "no_such_column" in broken.message


def test_a_column_that_is_not_there_is_told_apart_from_the_checks_it_takes_along(
    con, write_checks, as_of
):
    """Soda asks all measures of a table at once; what it makes of no answer is no verdict."""
    checks = write_checks(
        "- row_count > 0\n"
        "- missing_count(custmer_id) = 0:\n"
        "    name: Everybody is known\n"
        "- invalid_percent(amount) < 5:\n"
        "    valid min: 0"
    )
    rows, known, share = run_checks(con, checks, as_of=as_of)
    assert [(r.outcome, r.value) for r in (rows, known, share)] == [("errored", None)] * 3
    assert "there is no column custmer_id" in known.message
    for other in (rows, share):
        assert other.message == "not answered: another check asks for the column custmer_id"


@pytest.mark.parametrize(
    "rule",
    [
        "change for row_count < 5",
        "anomaly detection for row_count",
        "anomaly score for row_count < default",
    ],
)
def test_a_check_that_needs_a_history_is_sent_to_the_ledgers(con, write_checks, as_of, rule):
    [result] = run_checks(con, write_checks(f"- {rule}"), as_of=as_of)
    assert result.outcome == "errored"
    assert "a history, which is not kept here" in result.message
    assert "As many rows as usual" in result.message


def test_a_missing_table_and_a_missing_schema_are_errored(con, write_checks, as_of):
    write_checks(
        "- row_count > 0\n- schema:\n    fail:\n      when required column missing: [a]",
        table="gone",
    )
    checks = write_checks("- row_count > 0", schema="nowhere", table="thing")
    results = run_checks(con, checks, as_of=as_of)
    [gone] = [r for r in results if r.check.table == "gone"]
    assert gone.outcome == "errored"
    assert gone.message.startswith("there is no table finance.gone")
    assert [r.outcome for r in results if r.check.schema == "nowhere"] == ["errored"]


def test_a_misspelt_table_is_told_once_and_spares_the_other_files(
    con, write_checks, as_of, tmp_path
):
    write_checks("- row_count > 0", table="fct_payments")
    checks = write_checks("- row_count > 0", table="FCT_PAYMENTS_too")
    other = tmp_path / "checks" / "finance" / "FCT_PAYMENTS_too.yml"
    other.write_text("checks for FCT_PAYMENTS:\n  - row_count > 0\n")
    assert {r.outcome for r in run_checks(con, checks, as_of=as_of)} == {"passed"}
    other.write_text("checks for fct_paymentz:\n  - row_count > 0\n  - missing_count(a) = 0\n")
    results = run_checks(con, checks, as_of=as_of)
    assert sorted(r.outcome for r in results) == ["errored", "passed"]
    [told] = [r.message for r in results if r.outcome == "errored"]
    assert "finance.fct_paymentz: did you mean fct_payments?" in told

    named = tmp_path / "checks" / "finance" / "fct_payments.yml"
    named.write_text("checks for fct_paymentz:\n  - row_count > 0\n")
    asked = run_checks(con, checks, as_of=as_of, tables={"fct_payments"})
    assert [r.outcome for r in asked] == ["errored"], "its checks are not silently gone"


def test_a_value_that_does_not_exist_is_errored_and_not_green(con, write_checks, as_of):
    con.execute("delete from finance.fct_payments")
    (result,) = run_checks(con, write_checks("- min(amount) >= 0"), as_of=as_of)
    assert result.outcome == "errored"


def test_sodacl_that_cannot_be_read_is_errored_with_its_place(con, write_checks, as_of, tmp_path):
    checks = write_checks("- row_count > 0\n- row_cuont of things is > 0")
    results = run_checks(con, checks, as_of=as_of)
    assert "errored" in {r.outcome for r in results}
    (tmp_path / "checks" / "finance" / "fct_payments.yml").write_text("checks for: [\n")
    (broken,) = run_checks(con, checks, as_of=as_of)
    assert (broken.outcome, broken.check.table) == ("errored", "fct_payments")


def test_only_the_selected_tables_and_schemas_are_checked(con, write_checks, as_of):
    write_checks("- row_count > 0")
    checks = write_checks("- row_count > 0", schema="core", table="dim_customers")
    assert list_checked_tables(checks) == (
        TableRef("core", "dim_customers"),
        TableRef("finance", "fct_payments"),
    )

    def seen(**selection):
        return [r.check.table for r in run_checks(con, checks, as_of=as_of, **selection)]

    assert seen() == ["dim_customers", "fct_payments"]
    assert seen(schemas={"finance"}) == ["fct_payments"]
    assert seen(tables={"dim_customers"}) == ["dim_customers"]
    assert seen(tables={"finance.fct_payments"}) == ["fct_payments"]
    assert seen(tables={"other"}) == []


def test_a_table_is_checked_by_every_file_that_names_it(con, write_checks, as_of, tmp_path):
    checks = write_checks("- row_count > 0")
    (tmp_path / "checks" / "finance" / "extra.yml").write_text(
        "checks for fct_payments:\n  - row_count > 99\n"
        "checks for core.dim_customers:\n  - missing_count(customer_id) = 0\n"
    )

    def seen(*tables):
        found = run_checks(con, checks, as_of=as_of, tables=tables)
        return [(r.check.table, r.outcome) for r in found]

    assert sorted(seen("fct_payments")) == [("fct_payments", "failed"), ("fct_payments", "passed")]
    assert seen("core.dim_customers") == [("dim_customers", "passed")]
    assert read_titles(checks, "finance", "fct_payments") == ("row_count > 99", "row_count > 0")
    assert read_titles(checks, "core", "dim_customers") == ("missing_count(customer_id) = 0",)
    assert read_titles(checks, "finance", "extra") == ()


def test_a_metric_that_there_is_not_is_said_to_be_none(con, write_checks, as_of):
    (wrong,) = run_checks(con, write_checks("- missing_cnt(amount) = 0"), as_of=as_of)
    assert wrong.outcome == "errored"
    assert wrong.message == "there is no metric missing_cnt: did you mean missing_count?"


def test_failed_rows_are_told_as_rows_and_not_as_what_is_wanted(con, write_checks, as_of):
    con.execute("update finance.fct_payments set amount = -1 where payment_id <> 'ch_1'")
    text = """- failed rows:
    name: negative
    fail condition: amount < 0
- failed rows:
    name: negative, too
    fail query: select * from finance.fct_payments where amount < 0"""
    found = run_checks(con, write_checks(text), as_of=as_of)
    assert [(r.message, r.check.expected) for r in found] == [
        ("2 rows where amount < 0", "no rows where amount < 0"),
        ("2 rows of its query", "no rows of its query"),
    ]


def test_the_callers_connection_keeps_its_search_path_and_stays_open(con, write_checks, as_of):
    before = con.execute("select current_schema()").fetchone()
    run_checks(con, write_checks("- row_count > 0"), as_of=as_of)
    assert con.execute("select current_schema()").fetchone() == before


def test_nothing_is_printed(con, write_checks, as_of, capfd):
    run_checks(con, write_checks("- row_count > 99\n- min(nothing) > 0\n- gibberish"), as_of=as_of)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_written_to_home_and_an_installed_soda_duckdb_stays_as_it_is(tmp_path):
    """In a process of its own, because soda-core reads its settings once."""
    home = tmp_path / "home"
    home.mkdir()
    program = f"""
import sys, types
from datetime import datetime, UTC
from pathlib import Path
theirs = types.ModuleType("soda.data_sources.duckdb_data_source")
if sys.argv[1] == "theirs":
    sys.modules[theirs.__name__] = theirs
from buck.engine import connect
from buck.quality import run_checks
root = Path({str(tmp_path)!r})
con = connect(root / "b.duckdb", work=root / "work")
con.execute("create or replace table main.t as select 1 as a")
(root / "checks/main").mkdir(parents=True, exist_ok=True)
(root / "checks/main/t.yml").write_text("checks for t:\\n  - row_count = 1\\n")
(result,) = run_checks(con, root / "checks", as_of=datetime(2026, 1, 1, tzinfo=UTC))
assert result.outcome == "passed", result
held = sys.modules["soda.data_sources.duckdb_data_source"]
assert (held is theirs) == (sys.argv[1] == "theirs")
"""
    for mode in ("ours", "theirs"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, mode],
            cwd=home,
            env={**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.iterdir()) == []


def test_a_severity_or_dimension_that_is_none_is_refused(con, write_checks, as_of):
    said = "- row_count > 0:\n    attributes:\n      {}: {}"
    checks = write_checks(said.format("severity", "fial"))
    with pytest.raises(ConfigError, match="severity: fial") as refused:
        run_checks(con, checks, as_of=as_of)
    assert "warn" in refused.value.hint
    write_checks(said.format("dimension", "unicorns"))
    with pytest.raises(ConfigError, match="dimension: unicorns"):
        run_checks(con, checks, as_of=as_of)
    own = checks / "finance" / "fct_payments" / "own.sql"
    own.parent.mkdir()
    own.write_text("-- severity: wran\nselect 1")
    with pytest.raises(ConfigError, match="severity: wran"):
        read_custom_check(own)
