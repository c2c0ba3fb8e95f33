"""`buck trace` follows one record from its raw versions to the marts."""

from __future__ import annotations

from typing import Any


def test_a_refunded_charge_is_followed_to_the_marts(published: Any) -> None:
    sql = (
        "select id from raw.raw_stripe_charges group by id "
        "having count(*) > 1 and max(amount_refunded) > 0 order by id limit 1"
    )
    (row,) = published.buck("query", "--raw", sql, "--json").expect(0).json
    found = published.buck("trace", "stripe.charges", row["id"], "--json").expect(0).json
    first, *later = found["versions"]
    assert len(first["changes"]) > 10
    assert any("amount_refunded" in version["changes"] for version in later)
    assert [v["seq"] for v in found["versions"]] == sorted(v["seq"] for v in found["versions"])
    runs = {run["run_id"] for run in published.runs()}
    assert {version["run_id"] for version in found["versions"]} <= runs
    places = {(a["relation"], a["zone"]) for a in found["appearances"]}
    assert ("staging.stg_stripe__charges", "candidate") in places
    assert ("finance.fct_payments", "published") in places
    (payment,) = [
        a["rows"]
        for a in found["appearances"]
        if (a["relation"], a["zone"]) == ("finance.fct_payments", "published")
    ]
    assert len(payment) == 1
    assert "finance.agg_monthly_revenue" in " ".join(found["feeds"])
    shown = published.buck("trace", "raw_stripe_charges", row["id"]).expect(0).out
    assert f"stripe.charges {row['id']}: {len(found['versions'])} raw versions" in shown


def test_a_number_is_only_followed_where_it_names_the_record(published: Any) -> None:
    found = published.buck("trace", "app.users", "7", "--json").expect(0).json
    columns = {a["relation"]: a["column"] for a in found["appearances"]}
    assert columns["staging.stg_app__users"] == "user_id"
    assert set(columns.values()) == {"user_id"}


def test_what_is_not_there_is_said(published: Any) -> None:
    assert "there is no raw table 'stripe.chargez'" in (
        published.buck("trace", "stripe.chargez", "x").expect(2).err
    )
    assert "has no record 'ch_none'" in (
        published.buck("trace", "stripe.charges", "ch_none").expect(2).err
    )
