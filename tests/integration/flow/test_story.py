"""The whole run by command, from the first load to the ninetieth day."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

HEALTHY = ("first", "nothing new", "incremental", "rebuilt", "healed", "day 90")
MARTS = {
    "core.customer_360",
    "core.dim_channel",
    "core.dim_country",
    "core.dim_currency",
    "core.dim_customers",
    "core.dim_date",
    "core.dim_products",
    "finance.agg_monthly_revenue",
    "finance.fct_balance_transactions",
    "finance.fct_disputes",
    "finance.fct_invoice_lines",
    "finance.fct_invoices",
    "finance.fct_mrr_movements",
    "finance.fct_payments",
    "finance.fct_payouts",
    "finance.fct_refunds",
    "finance.fct_subscriptions_daily",
    "finance.finance_payments",
    "finance.finance_revenue",
    "marketing.agg_monthly_acquisition",
    "marketing.fct_attribution",
    "marketing.marketing_campaigns",
    "product.agg_retention_cohorts",
    "product.fct_usage_daily",
    "product.product_activation",
    "sales.fct_opportunities",
    "sales.fct_opportunity_stages",
    "sales.fct_orders",
    "sales.fct_pipeline_daily",
    "sales.sales_orders",
}


@pytest.mark.parametrize("chapter", HEALTHY)
def test_every_currency_of_every_month_ties_to_truth(story: Any, chapter: str) -> None:
    assert story[chapter].differences == []


@pytest.mark.parametrize(
    ("chapter", "status"),
    [
        ("first", "ok"),
        ("nothing new", "unchanged"),
        ("incremental", "ok"),
        ("rebuilt", "ok"),
        ("spoilt", "gate_closed"),
        ("approved", "ok"),
        ("healed", "ok"),
        ("day 90", "ok"),
    ],
)
def test_a_run_says_how_it_ended_and_leaves_nothing(story: Any, chapter: str, status: str) -> None:
    report = story[chapter].report
    assert report["status"] == status
    assert report["published"] is (status == "ok")
    assert report["snapshot"] == f"{story[chapter].snapshot['number']:06d}"
    assert story[chapter].leftovers == []
    assert story[chapter].done.err == "", "with --json there is no talk"


def test_the_first_load_lands_every_table_of_three_sources(story: Any) -> None:
    loads = story["first"].report["loads"]
    assert [load["source"] for load in loads] == ["stripe", "salesforce", "app"]
    assert {t["table"] for load in loads for t in load["tables"]} >= {
        "stripe.charges",
        "salesforce.account",
        "app.users",
    }
    assert story["first"].report["rows_landed"] > 3_000
    assert set(story["first"].content) == MARTS


def test_a_run_without_news_writes_nothing_that_readers_see(story: Any) -> None:
    report = story["nothing new"].report
    assert report["rows_landed"] == 0
    assert all(load["rows_landed"] == 0 for load in report["loads"])
    assert report["models_built"] == 0
    assert story["nothing new"].files == story["first"].files


def test_an_incremental_run_lands_less_than_a_first_one_and_changes_the_marts(story: Any) -> None:
    first, later = story["first"].report, story["incremental"].report
    assert 0 < later["rows_landed"] < first["rows_landed"]
    assert story["incremental"].content != story["first"].content
    assert story["incremental"].snapshot["number"] == story["first"].snapshot["number"] + 1


def test_bad_data_leaves_every_published_byte_as_it_was(story: Any) -> None:
    assert story["spoilt"].report["blocking"]
    assert story["spoilt"].files == story["rebuilt"].files


def test_the_report_names_the_checks_that_said_no(story: Any) -> None:
    blocking = story["spoilt"].report["blocking"]
    checks = {(b["table"], b["engine"]) for b in blocking}
    assert any("charges" in table or "payments" in table for table, _ in checks)
    assert {b["outcome"] for b in blocking} <= {"failed", "errored"}
    assert story["spoilt"].report["checks"]["failed"] >= len(blocking)


def test_an_approval_publishes_and_stays_in_the_ledger(story: Any) -> None:
    project, chapter = story.project, story["approved"]
    approval = chapter.snapshot["approval"]
    assert approval["approved_by"] == "Ann"
    assert approval["reason"] == "month end, known duplicates"
    assert chapter.differences, "bad data was published on purpose"
    events = project.buck("pipeline", "logs", "all", "--json").expect(0).json
    told = [e for e in events if e["kind"] == "published" and e["status"] == "override"]
    assert [e["run_id"] for e in told] == [chapter.report["run_id"]]
    assert told[0]["facts"]["approval"]["approved_by"] == "Ann"
    assert told[0]["facts"]["approval"]["reason"] == "month end, known duplicates"


def test_healed_data_is_published_without_a_person(story: Any) -> None:
    assert story["healed"].snapshot["approval"]["approved_by"] == "gate"
    assert story["healed"].snapshot["number"] == story["approved"].snapshot["number"] + 1


def test_a_full_refresh_gives_the_marts_that_increments_gave(story: Any) -> None:
    assert story["rebuilt"].report["models_built"] > 0
    assert story["rebuilt"].report["rows_landed"] == 0, "what was read again is not landed again"
    assert story["rebuilt"].content == story["incremental"].content
    assert set(story["rebuilt"].content) == MARTS


def test_what_the_source_no_longer_tells_is_never_passed_over(story: Any) -> None:
    done = story["too late"].done
    assert "33 days" in done.err or "32 days" in done.err
    assert "hint: buck run --full-refresh" in done.err
    assert story["too late"].files == story["healed"].files
    assert story["day 90"].day == 90


def test_every_read_in_the_meantime_was_complete(story: Any) -> None:
    assert len(story.reads) > 50
    assert [r for r in story.reads if r["error"]] == []
    manifests = {c.snapshot["number"]: c.snapshot for c in story.chapters.values()}
    expected = {
        f"{number:06d}": {f"{t['schema']}.{t['name']}": t["rows"] for t in manifest["tables"]}
        | {"core.buck_snapshot": 1}
        for number, manifest in manifests.items()
    }
    for read in story.reads:
        assert read["snapshot"] == read["again"]
        assert read["rows"] == expected[read["snapshot"]]
    seen = [r["snapshot"] for r in story.reads]
    assert seen == sorted(seen), "a reader never goes back"
    assert len(set(seen)) >= 4, "the reader was there while runs published"


def test_the_ledger_tells_every_run_in_order(story: Any) -> None:
    told = {r["run_id"]: (r["status"], r["rows_landed"]) for r in story.project.runs()}
    assert len(told) == len(story.chapters)
    for name, chapter in story.chapters.items():
        if name != "too late":
            report = chapter.report
            assert told[report["run_id"]] == (report["status"], report["rows_landed"])
    assert [status for status, _ in told.values()].count("failed") == 1


def test_status_names_the_published_snapshot(story: Any) -> None:
    status = story.project.buck("pipeline", "status", "--json").expect(0).json
    assert status["snapshot"] == story["day 90"].report["snapshot"]
    assert set(status) == {"snapshot", "as_of", "published_at", "runs"}


def test_plain_duckdb_reads_the_marts_attached_from_anywhere(story: Any) -> None:
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"attach '{story.project.marts}' as marts (read_only)")
        (held,) = con.execute("select count(*) from marts.finance.fct_payments").fetchall()
        (stamp,) = con.execute("select snapshot_id from marts.core.buck_snapshot").fetchall()
    rows = {t["name"]: t["rows"] for t in story["day 90"].snapshot["tables"]}
    assert held[0] == rows["fct_payments"]
    assert stamp[0] == story["day 90"].report["snapshot"]


def test_delta_readers_see_the_same_rows(story: Any) -> None:
    from deltalake import DeltaTable

    for table in story["day 90"].snapshot["tables"]:
        log = DeltaTable(story.project.lake / "marts" / table["schema"] / table["name"])
        assert log.to_pyarrow_table().num_rows == table["rows"]


def over_counts(card: Any) -> dict[str, Decimal]:
    return {i["currency"]: Decimal(i["amount"]) for i in card["impact"]}


ADDRESS_RULE = "^[^@ ]+@[^@ ]+$"
"""What a check of the project demands of an address: the rule is told, addresses are not."""


@pytest.fixture(scope="module")
def cards(story: Any) -> dict[str, Any]:
    """The cards of the spoilt run's two findings, by what they are called here."""
    from buck.flow.investigation import explain_check
    from buck.project import open_project

    project = open_project(story.spoilt.root)
    asked = {
        "twice": "No payment is charged twice",
        "negative": "Nobody is charged less than nothing",
        "staging": "Nobody is charged nothing or less",
        "total": "Collected money ties to the balance",
    }
    return {name: explain_check(project, text).to_dict() for name, text in asked.items()}


def test_a_card_names_the_true_cause_of_each_spoil(cards: Any) -> None:
    assert cards["twice"]["cause"]["rule"] == "repeated_webhook"
    assert "12 charges again under new ids" in cards["twice"]["cause"]["text"]
    assert cards["negative"]["cause"]["rule"] == "source_changed"
    assert "negated amount" in cards["negative"]["cause"]["text"]
    assert cards["staging"]["cause"] == cards["negative"]["cause"]
    both = cards["total"]["cause"]["text"]
    assert "again under new ids" in both
    assert "negated amount" in both


def test_what_cards_say_is_counted_wrongly_is_what_the_truth_lacks(story: Any, cards: Any) -> None:
    """Candidates less truth, currency by currency, is both spoils' impact together."""
    import duckdb

    truth = story["spoilt"].truth
    real: dict[str, int] = {}
    for month in truth["by_month"]:
        real[month["currency"]] = real.get(month["currency"], 0) + int(month["gross"])
    with duckdb.connect(story.spoilt.work / "build.duckdb", read_only=True) as con:
        built = con.execute(
            "select currency, sum(gross_amount_minor) from finance.fct_payments group by currency"
        ).fetchall()
    wrong = {
        currency: Decimal(int(minor) - real[currency]).scaleb(-int(truth["exponents"][currency]))
        for currency, minor in built
        if int(minor) != real[currency]
    }
    twice, negative = over_counts(cards["twice"]), over_counts(cards["negative"])
    assert all(amount > 0 for amount in twice.values())
    assert {c: -2 * amount for c, amount in twice.items()} == negative
    assert {c: twice[c] + negative[c] for c in twice} == wrong
    assert over_counts(cards["total"]) == wrong
    assert over_counts(cards["staging"]) == negative
    assert sum(i["rows"] for i in cards["twice"]["impact"]) == 12
    assert all(i["measure"] == "revenue" for i in cards["twice"]["impact"])


def test_a_card_tells_since_when_from_where_and_what_next(story: Any, cards: Any) -> None:
    card, run = cards["twice"], story["spoilt"].report["run_id"]
    assert (card["truth"], card["state"], card["runs_failing"]) == ("wrong", "held", 1)
    assert card["first_seen"].startswith(run)
    (origin,) = card["origins"]
    assert (origin["table"], origin["run_id"], origin["rows"]) == ("stripe.charges", run, 12)
    assert all((story.spoilt.lake / file).is_file() for file in origin["files"])
    assert origin["files"]
    assert card["changes"]["snapshot"] == story["rebuilt"].report["snapshot"]
    assert any(row.startswith("finance.fct_payments: ") for row in card["changes"]["rows"])
    assert not card["changes"]["code"]
    assert card["upstream"][0] == "stripe.charges"
    assert "finance.agg_monthly_revenue" in card["downstream"]
    assert card["sample"]["columns"][:2] == ["payment_intent_id", "count"]
    assert {row[1] for row in card["sample"]["rows"]} == {2}
    assert card["next_run"] == "", "no scheduler runs that would start one"
    assert "the next run judges again" in card["state_text"]
    assert "have stripe correct the 12 records" in card["next_steps"][0]
    assert "snapshot" in card["readers"]


def test_a_card_shows_no_personal_data(story: Any, cards: Any) -> None:
    import duckdb

    with duckdb.connect(story.spoilt.work / "build.duckdb", read_only=True) as con:
        known = con.execute(
            "select distinct billing_name from staging.stg_stripe__charges "
            "where billing_name is not null and amount_minor <= 0"
        ).fetchall()
    assert known
    kept = "".join(f.read_text() for f in (story.spoilt.work / "quality").glob("*.json"))
    for told in (json.dumps(cards, ensure_ascii=False), kept):
        assert "@" not in told.replace("@@", "").replace(ADDRESS_RULE, "")
        assert [name for (name,) in known if name in told] == []


def test_a_healed_source_resolves_the_card(story: Any) -> None:
    from buck.flow.investigation import explain_check
    from buck.project import open_project

    project = open_project(story.project.root)
    run = story["spoilt"].report["run_id"]
    card = explain_check(project, "No payment is charged twice", run_id=run)
    assert card.state == "resolved"
    assert card.runs_failing == 2, "the run that a person approved failed it too"
    assert card.impact == ()
    assert "no longer here" in card.notes[0]
    assert card.cause.rule == "repeated_webhook", "raw versions never go away"


def test_explain_is_a_command(story: Any) -> None:
    done = story.spoilt.buck("quality", "explain", "charged twice").expect(0)
    assert "likely cause a repeated webhook" in done.out
    assert "next: have stripe correct" in done.err
    fine = story.spoilt.buck("quality", "explain", "assert_positive_revenue").expect(0)
    assert "the check passes" in fine.out
    unsure = story.spoilt.buck("quality", "explain", "nothing").expect(2)
    assert "names 3 checks" in unsure.err
    many = story.spoilt.buck("quality", "explain", "payments").expect(2)
    offered = re.findall(r"'([^']+)'", many.err.partition("hint: one of: ")[2])
    assert len(offered) == 5
    assert not [name for name in offered if name.startswith("ledger:")], "names, not ids"
    for name in offered:
        story.spoilt.buck("quality", "explain", name).expect(0)
    unknown = story.spoilt.buck("quality", "explain", "No paymnt is charged twice").expect(2)
    assert "did you mean 'No payment is charged twice'" in unknown.err


def test_the_report_of_a_refused_run_comes_in_four_formats(story: Any, tmp_path: Any) -> None:
    from xml.etree import ElementTree

    from buck.flow.quality_page import make_report
    from buck.project import open_project

    project = open_project(story.spoilt.root)
    html = make_report(project, "html")
    assert "<h1>The gate is closed</h1>" in html
    assert "Revenue over-counted by <b>" in html
    assert "@" not in html.replace("@media", "").replace(ADDRESS_RULE, "")
    held = json.loads(make_report(project, "json"))
    blocking = story["spoilt"].report["blocking"]
    told = {c["check"] for c in held["cards"] if c["outcome"] != "warned"}
    assert told == {b["id"] for b in blocking}
    suites = ElementTree.fromstring(make_report(project, "junit"))
    assert int(suites.get("failures") or 0) == len(blocking)
    assert "Gate closed" in make_report(project, "markdown")
    first = story["first"].report["run_id"]
    assert "The gate is open" in make_report(project, "html", run_id=first)
    file = tmp_path / "quality.html"
    done = story.spoilt.buck(
        "quality", "report", "--output", str(file), "--open", env={"BROWSER": "echo %s"}
    ).expect(0)
    assert file.read_text() == html
    assert file.as_uri() in done.out
