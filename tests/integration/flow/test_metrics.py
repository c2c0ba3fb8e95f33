"""Metrics of the project: equal to the marts, to the truth, and to what models add up."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.measuring import query_metrics
from buck.flow.reading import run_query
from buck.project import open_project


@pytest.fixture(scope="module")
def opened(published: Any) -> Any:
    return open_project(Path(published.root))


@pytest.fixture(scope="module")
def ask(opened: Any) -> Any:
    def query(*names: str, **how: Any) -> list[dict[str, Any]]:
        columns, rows = query_metrics(opened, names, **how)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    return query


def test_revenue_metrics_are_the_companys_own_to_the_minor_unit(
    ask: Any, steady_truth: dict[str, Any]
) -> None:
    exponents = steady_truth["exponents"]
    real = {
        (e["period"], e["currency"]): tuple(
            Decimal(e[name]).scaleb(-exponents[e["currency"]])
            for name in ("gross", "refunds", "net")
        )
        for e in steady_truth["by_month"]
    }
    found = {
        (f"{row['period']:%Y-%m}", row["currency"]): (
            row["gross_revenue"],
            row["refunds"],
            row["net_revenue"],
        )
        for row in ask("gross_revenue", "refunds", "net_revenue", grain="month")
    }
    nothing = (Decimal(0),) * 3
    keys = real.keys() | found.keys()
    assert {k: found.get(k, nothing) for k in keys} == {k: real.get(k, nothing) for k in keys}
    assert {"usd", "jpy", "kwd"} <= {currency for _, currency in found}


def test_counted_payments_are_the_truths(ask: Any, steady_truth: dict[str, Any]) -> None:
    made: dict[str, int] = defaultdict(int)
    completed: dict[str, int] = defaultdict(int)
    for entry in steady_truth["by_month"]:
        made[entry["period"]] += entry["payments"]
        completed[entry["period"]] += (
            entry["payments"] - entry["payments_pending"] - entry["payments_failed"]
        )
    rows = ask("payments_attempted", "payments_succeeded", "payment_conversion", grain="month")
    assert {f"{r['period']:%Y-%m}": r["payments_attempted"] for r in rows} == {
        month: count for month, count in made.items() if count
    }
    for row in rows:
        month = f"{row['period']:%Y-%m}"
        assert row["payments_succeeded"] == completed[month]
        assert row["payment_conversion"] == pytest.approx(completed[month] / made[month])


def test_recurring_revenue_and_its_movements_are_the_truths(
    ask: Any, steady_truth: dict[str, Any]
) -> None:
    exponents = steady_truth["exponents"]
    kinds = ("new", "expansion", "contraction", "churn", "reactivation")
    levels: dict[tuple[str, str], Decimal] = {}
    moved: dict[tuple[str, str, str], Decimal] = {}
    for entry in steady_truth["mrr_by_month"]:
        period, currency = entry["period"], entry["currency"]
        levels[period, currency] = Decimal(entry["mrr"]).scaleb(-exponents[currency])
        for kind in kinds:
            if entry[kind]:
                moved[period, kind, currency] = Decimal(entry[kind]).scaleb(-exponents[currency])
    found = {
        (f"{row['period']:%Y-%m}", row["currency"]): row["mrr"] for row in ask("mrr", grain="month")
    }
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in levels.items() if v}
    assert any(levels.values())
    rows = ask("mrr_change", by=["movement_type"], grain="month")
    assert {
        (f"{r['period']:%Y-%m}", r["movement_type"], r["currency"]): r["mrr_change"] for r in rows
    } == moved
    churned = {f"{r['period']:%Y-%m}": r for r in ask("mrr_churn_rate", grain="month")}
    assert set(churned) <= {period for period, _ in levels}


def test_orders_are_the_truths(ask: Any, steady_truth: dict[str, Any]) -> None:
    exponents = steady_truth["exponents"]
    real = {
        (e["period"], e["currency"]): (
            e["orders"],
            Decimal(e["order_revenue"]).scaleb(-exponents[e["currency"]]),
        )
        for e in steady_truth["by_month"]
        if e["orders"]
    }
    rows = ask("orders", "order_revenue", by=["currency"], grain="month")
    assert {
        (f"{r['period']:%Y-%m}", r["currency"]): (r["orders"], r["order_revenue"])
        for r in rows
        if r["orders"]
    } == real


def test_every_metric_of_the_project_has_an_owner_a_unit_and_an_answer(
    ask: Any, opened: Any
) -> None:
    from buck.flow.measuring import read_project_semantics

    metrics = read_project_semantics(opened).metrics
    assert len(metrics) >= 20
    for name, metric in metrics.items():
        assert metric.meta.get("owner"), name
        assert metric.meta.get("unit"), name
        assert metric.description, name
        rows = ask(name, grain="month")
        assert any(row[name] is not None for row in rows), name


@pytest.mark.parametrize("grain", ["day", "week", "quarter", "year"])
def test_every_grain_adds_up_to_the_same(ask: Any, grain: str) -> None:
    def total(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            sums[row["currency"]] += row["net_revenue"]
        return dict(sums)

    assert total(ask("net_revenue", grain=grain)) == total(ask("net_revenue"))


def test_a_dimension_of_the_customer_splits_and_loses_nothing(ask: Any) -> None:
    split = ask("net_revenue", by=["customer_version__industry"])
    whole = {row["currency"]: row["net_revenue"] for row in ask("net_revenue")}
    assert len({row["customer_version__industry"] for row in split}) > 1
    for currency, amount in whole.items():
        assert sum(r["net_revenue"] for r in split if r["currency"] == currency) == amount


def test_active_customers_are_people_not_payments(ask: Any, opened: Any) -> None:
    sql = "select count(distinct customer_id) from finance.fct_payments where is_paid"
    _, ((people,),) = run_query(opened, sql, "published")
    assert ask("active_customers") == [{"active_customers": people}]
    by_month = ask("active_customers", grain="month")
    assert sum(row["active_customers"] for row in by_month) > people


def test_models_and_analyses_add_up_the_same_definition(ask: Any, opened: Any) -> None:
    """The macro in dbt and the query outside it give the same figures."""
    from buck.transform import build

    compiled = build(
        workspace(opened, opened.as_of()), command="compile", select=["monthly_revenue_analysis"]
    )
    (node,) = [n for n in compiled.nodes if n.name == "monthly_revenue_analysis"]
    columns, rows = run_query(opened, node.sql, "candidate")
    analysed = {
        (row["revenue_month"], row["currency"]): row
        for row in (dict(zip(columns, values, strict=True)) for values in rows)
    }
    names = ("gross_revenue", "refunds", "net_revenue", "refund_rate")
    asked = ask(*names, grain="month", zone="candidate")
    assert len(asked) == len(analysed)
    for row in asked:
        same = analysed[row["period"], row["currency"]]
        assert {n: row[n] for n in names} == {n: same[n] for n in names}
    people = ask("active_customers", by=["currency"], grain="month", zone="candidate")
    assert {(r["period"], r["currency"]): r["active_customers"] for r in people} == {
        key: row["active_customers"] for key, row in analysed.items() if row["active_customers"]
    } | {(r["period"], r["currency"]): 0 for r in people if not r["active_customers"]}


def test_wrong_names_are_told_the_nearest(ask: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        ask("net_revenu")
    assert caught.value.hint == "did you mean net_revenue?"
    with pytest.raises(ConfigError) as caught:
        ask("net_revenue", by=["segmnt"])
    assert caught.value.hint == "did you mean segment?"


def test_the_command_asks_for_metrics(published: Any) -> None:
    words = ("query", "--metric", "net_revenue", "--by", "segment", "--grain", "quarter", "--json")
    rows = published.buck(*words).expect(0).json
    assert set(rows[0]) == {"period", "segment", "currency", "net_revenue"}
    from typer.testing import CliRunner

    from buck.cli import commands  # noqa: F401  importing registers every command
    from buck.cli.app import app

    def call(*given: str) -> Any:
        return CliRunner().invoke(app, ["--project", str(published.root), "query", *given])

    assert call("--metric", "active_customers").output.split()[0] == "active_customers"
    assert call("select 1", "--metric", "active_customers").exit_code == 2
    assert call("--by", "segment").exit_code == 2
    assert call("--metric", "active_customers", "--raw").exit_code == 2
