"""`buck explain`: the card of a model, a raw table, a pipeline and an error says what is so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from buck.errors import ConfigError
from buck.flow.explain import explain, explain_failure, failure_names
from buck.flow.lock import hold_lock
from buck.project import open_project
from buck.records.card import Tree
from tests.scratch import Scratch


@pytest.fixture(scope="module")
def card(published: Any):
    """Makes cards of the published project, in this process."""
    project = open_project(Path(published.root))
    return lambda name: explain(project, name)


def lines(card: Any, title: str) -> list[str]:
    section = card.section(title)
    assert section is not None, title
    return list(section.lines)


def names(tree: Any) -> set[str]:
    return {tree.name}.union(*(names(below) for below in tree.below))


def test_a_models_card_says_what_it_is_and_what_it_is_made_of(card: Any) -> None:
    found = card("fct_payments")
    assert found.summary.startswith("One row per live Stripe charge")
    assert lines(found, "table") == ["marts.finance.fct_payments"]
    assert lines(found, "grain") == ["charge_id"]
    keys = lines(found, "keys")
    assert keys[0] == "charge_id (unique, never null)"
    assert "customer_key → dim_customers.customer_key" in keys
    assert any(line.startswith("net_amount: ") for line in lines(found, "measures"))
    assert "customer_email" in lines(found, "personal data")
    assert lines(found, "materialisation")[0].startswith("incremental, delete+insert, by charge_id")
    assert lines(found, "partitioning") == [
        "payment_date by month",
        "clustered by customer_id, created_at",
        "published as one file per month from 1,000,000 rows on",
    ]
    checks = lines(found, "checks")
    assert "dbt: assert_refund_totals_agree (only warns)" in checks
    assert "soda: A charge is one payment" in checks
    fresh = lines(found, "freshness")
    assert "stripe: stale after 2h, critical after 4h, by load time" in fresh
    assert "salesforce: stale after 1d 2h, critical after 2d 2h, by load time" in fresh, (
        "what .buck.yml says, by which it is judged"
    )
    assert any(
        line.startswith("stripe_daily: cron `0 * * * *`") for line in lines(found, "built by")
    )
    assert any(line.startswith("finance_payments ") for line in lines(found, "consumers"))
    tree = found.section("lineage").content
    assert isinstance(tree, Tree)
    assert {"fct_payments", "int_payments_settled", "stripe.charges", "app.users"} <= names(tree)
    again = [line for line in tree.lines() if "↑ above" in line]
    assert any("int_identities_linked" in line for line in again)


def test_names_may_carry_their_schema_and_raw_tables_their_source(card: Any) -> None:
    assert card("finance.fct_payments") == card("fct_payments")
    raw = card("stripe.charges")
    assert raw == card("raw_stripe_charges")
    assert raw.kind == "raw table"
    assert "stg_stripe__charges (incremental)" in lines(raw, "consumers")
    assert lines(raw, "freshness")


def test_unit_tests_are_among_the_checks(card: Any) -> None:
    assert "unit test: money_follows_the_currency_of_the_payment" in lines(
        card("int_payments_settled"), "checks"
    )


def test_a_pipelines_card_draws_its_flow(card: Any) -> None:
    found = card("sales_pipeline")
    drawn = lines(found, "flow")
    assert len(drawn) == 2
    assert drawn[0].startswith("salesforce ")
    assert drawn[1].startswith("app ")
    assert "lake/raw ─▶ staging (" in drawn[1]
    assert "publish: all marts or none" in drawn[1]
    assert lines(found, "owner") == ["data-engineering"]
    assert any(
        line.startswith("app (pipelines/app_pipeline.py)") for line in lines(found, "sources")
    )
    assert len(lines(card("all"), "flow")) == 3
    assert lines(card("daily_marts"), "schedule")[0].startswith("cron `0 6 * * *` (UTC)")


def test_a_selection_decides_what_a_pipeline_transforms(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    project.edit(
        ".buck.yml",
        "  stripe_daily:\n    sources: [stripe]\n",
        "  stripe_daily:\n    sources: [stripe]\n    select: +agg_monthly_revenue\n",
    )
    opened = open_project(Path(project.root))
    whole, part = explain(opened, "all"), explain(opened, "stripe_daily")
    assert "the models of `+agg_monthly_revenue`" in part.summary
    assert "marts (2)" not in lines(whole, "flow")[-1]
    marts = [line for line in lines(part, "transformations") if line.startswith("marts: ")]
    assert marts == ["marts: 1 incremental, 3 tables"]
    built_by = lines(explain(opened, "dim_date"), "built by")
    assert not any(line.startswith("stripe_daily") for line in built_by)


def test_codes_and_errors_have_cards_without_a_dbt_project(project: Any) -> None:
    opened = open_project(Path(project.root))
    assert lines(explain(opened, "3"), "errors") == ["GateClosed"]
    card = explain(opened, "LoadFenced")
    assert lines(card, "worth trying again")[0].startswith("yes")
    assert [line.split()[-1] for line in lines(card, "in the tree")] == [
        "BuckError",
        "LakeError",
        "◀",
    ]
    for code in ("0", "1", "2", "4", "70", "130"):
        assert explain(opened, code).summary
    assert not (project.work / "dbt").exists()


def test_every_code_and_error_leads_to_a_page_that_is_there() -> None:
    for name in failure_names():
        found = explain_failure(name)
        if name != "0":
            [page] = lines(found, "runbook")
            assert Path(page).read_text().startswith("# Exit code")


def test_an_error_names_what_explains_it_and_that_needs_no_project(
    tmp_path: Path, project: Scratch
) -> None:
    with hold_lock(project.work, "a test"):
        failed = project.buck("run").expect(1)
    *_, hint, more = failed.err.splitlines()
    assert hint.startswith("hint: ")
    assert more.startswith("more: buck explain ")
    name = more.rpartition(" ")[2]
    assert name == "LakeLocked"
    outside = Scratch(tmp_path, project.home)
    assert name in outside.buck("explain", name).expect(0).out
    assert "exit-3.md" in outside.buck("explain", "3").expect(0).out
    assert "more:" not in outside.buck("pipeline", "status").expect(2).err


def test_an_unknown_name_is_told_the_nearest_one(card: Any) -> None:
    for wrong, right in (
        ("fct_payment", "fct_payments"),
        ("stripe.charge", "stripe.charges"),
        ("stripe_dayly", "stripe_daily"),
        ("GateClosd", "GateClosed"),
    ):
        with pytest.raises(ConfigError) as caught:
            card(wrong)
        assert caught.value.hint == f"did you mean {right}?"


def test_the_command_speaks_text_markdown_and_json(published: Any) -> None:
    held = published.buck("explain", "dim_customers", "--format", "json").expect(0).json
    assert held["grain"] == "customer_id, valid_from"
    assert held["lineage"]["name"] == "dim_customers"
    assert json.dumps(held)
    from typer.testing import CliRunner

    from buck.cli import commands  # noqa: F401  importing registers every command
    from buck.cli.app import app

    words = ["--project", str(published.root), "explain", "dim_customers"]
    text = CliRunner().invoke(app, words).output
    assert "lineage" in text
    assert "└─ " in text
    markdown = CliRunner().invoke(app, [*words, "--format", "markdown"]).output
    assert markdown.startswith("# dim_customers\n")
    assert "## Lineage\n\n```text\ndim_customers" in markdown
