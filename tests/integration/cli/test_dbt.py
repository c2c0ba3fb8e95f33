"""`buck dbt …` and `buck quality check`: by hand on the candidates, published marts untouched."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def project(published: Any, copy_of: Any) -> Any:
    return copy_of(published)


def test_dbt_builds_tests_and_documents_the_candidates(project: Any) -> None:
    before = project.published_bytes()
    built = project.buck("dbt", "run", "--select", "stg_stripe__charges").expect(0)
    assert "stg_stripe__charges" in built.out
    tested = project.buck("dbt", "test", "--select", "stg_stripe__charges").expect(0)
    assert "PASS" in tested.out
    project.buck("dbt", "docs", "generate").expect(0)
    assert (project.work / "dbt" / "target" / "catalog.json").is_file()
    assert not (project.root / "transform" / "target").exists()
    assert project.published_bytes() == before
    done = project.buck("run", "--json").expect(0)
    assert done.json["status"] == "unchanged"


def test_dbt_failures_are_failures(project: Any) -> None:
    (model,) = (project.root / "transform").rglob("stg_stripe__charges.sql")
    model.write_text("select no_such_column from (select 1 as one)")
    done = project.buck("dbt", "run", "--select", "stg_stripe__charges").expect(1)
    assert "no_such_column" in done.out + done.err
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize("args", [("dbt",), ("dbt", "--help"), ("dbt", "run", "--help")])
def test_dbt_help_needs_no_lake(project: Any, args: tuple[str, ...]) -> None:
    done = project.buck(*args).expect(0)
    assert "Usage" in done.out


def test_a_wrong_dbt_word_is_refused(project: Any) -> None:
    done = project.buck("dbt", "frobnicate")
    assert done.code in (1, 2)
    assert "frobnicate" in done.out + done.err
    assert "Traceback" not in done.out + done.err


def test_quality_check_judges_one_model_or_all(project: Any) -> None:
    one = project.buck("quality", "check", "fct_payments", "--json").expect(0).json
    assert one["passed"] is True
    # What ties other marts to the payments is asked as well, and nothing else.
    asked = {r["table"] for r in one["results"]}
    assert {"fct_payments", "agg_monthly_revenue", "customer_360"} <= asked
    assert asked & {"dim_date", "fct_opportunities", "fct_usage_daily"} == set()
    every = project.buck("quality", "check", "--json").expect(0).json
    assert len(every["results"]) > len(one["results"])
    told = project.buck("quality", "check", "fct_payments").expect(0)
    assert "gate open" in told.out
    wrong = project.buck("quality", "check", "fct_payment").expect(2)
    assert "did you mean fct_payments?" in wrong.err


def test_quality_check_refuses_what_a_run_would_refuse(project: Any) -> None:
    import duckdb

    with duckdb.connect(project.work / "build.duckdb") as con:
        con.execute("insert into finance.fct_payments from finance.fct_payments limit 3")
    done = project.buck("quality", "check", "fct_payments").expect(3)
    assert "gate closed" in done.out
    found = project.buck("quality", "check", "fct_payments", "--json").expect(3).json
    assert found["passed"] is False
    assert "failed" in {r["outcome"] for r in found["results"]}
