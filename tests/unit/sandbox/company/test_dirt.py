"""The dirt of real life is there, in the amounts that the default size promises."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

from buck.sandbox.company import Change, Company, Record

Latest = dict[tuple[str, str], dict[str, Record]]
DAY_S = 86_400


def test_refunds_come_weeks_later_and_at_once(latest: Latest) -> None:
    charges = latest["stripe", "charges"]
    waits = Counter(
        (r["created"] - charges[r["charge"]]["created"]) // DAY_S // 10
        for r in latest["stripe", "refunds"].values()
    )
    assert waits[0] > 5
    assert waits[2] > 10
    assert waits[3] > 3


def test_partial_multiple_pending_and_failed_refunds_occur(
    latest: Latest, company: Company
) -> None:
    refunds = list(latest["stripe", "refunds"].values())
    per_charge = Counter(r["charge"] for r in refunds if r["status"] == "succeeded")
    charges = latest["stripe", "charges"]
    partly = [c for c in charges.values() if 0 < c["amount_refunded"] < c["amount"]]
    assert len(partly) >= 15
    assert any(n >= 2 for n in per_charge.values())
    assert any(n >= 2 and charges[c]["refunded"] for c, n in per_charge.items())
    later = {f.kind for f in company.facts(60)}
    assert {"refund_failed", "refund_succeeded"} <= later


def test_disputes_are_won_and_lost(latest: Latest) -> None:
    statuses = Counter(d["status"] for d in latest["stripe", "disputes"].values())
    assert statuses["won"] >= 2
    assert statuses["lost"] >= 2
    assert statuses["needs_response"] + statuses["under_review"] >= 1


def test_every_currency_has_payments_of_each_outcome(latest: Latest) -> None:
    charges = [c for c in latest["stripe", "charges"].values() if c["livemode"]]
    assert {c["currency"] for c in charges if c["status"] == "succeeded"} == {
        "usd", "eur", "gbp", "cad", "jpy", "kwd",
    }  # fmt: skip
    assert {c["currency"] for c in charges if c["refunded"]} >= {"usd", "jpy", "kwd"}
    assert Counter(c["status"] for c in charges)["failed"] > 50
    assert all(c["amount"] % 10 == 0 for c in charges if c["currency"] == "kwd")


def test_pending_charges_succeed_or_fail_days_later(changes: list[Change]) -> None:
    waiting, ends = {}, Counter[str]()
    for change in changes:
        if change.table != "charges":
            continue
        if change.record["status"] == "pending":
            waiting[change.key] = change.at
        elif change.key in waiting:
            assert (change.at - waiting.pop(change.key)).days >= 1
            ends[change.record["status"]] += 1
    assert ends["succeeded"] > 5
    assert ends["failed"] > 1
    assert waiting


def test_failed_renewals_are_tried_again(latest: Latest) -> None:
    tries = Counter(
        i["status"] for i in latest["stripe", "invoices"].values() if i["attempt_count"] > 1
    )
    assert tries["paid"] >= 1
    reasons = {i["billing_reason"] for i in latest["stripe", "invoices"].values()}
    assert reasons == {"subscription_create", "subscription_cycle"}
    assert any(len(i["lines"]["data"]) > 10 for i in latest["stripe", "invoices"].values())


def test_test_mode_exists_and_stays_apart(changes: list[Change], live_ids: set[str]) -> None:
    test = [c for c in changes if not c.livemode]
    assert {c.table for c in test} >= {"charges", "customers", "invoices", "balance_transactions"}
    assert all(c.record["livemode"] is False for c in test if "livemode" in c.record)
    assert not {c.key for c in test} & live_ids


def test_one_person_has_several_stripe_customers_with_other_case(latest: Latest) -> None:
    people = defaultdict(set)
    for customer in latest["stripe", "customers"].values():
        if customer["livemode"] and customer["email"]:
            people[customer["email"].lower()].add(customer["email"])
    several = Counter(
        c["email"].lower()
        for c in latest["stripe", "customers"].values()
        if c["livemode"] and c["email"]
    )
    assert sum(n > 1 for n in several.values()) >= 5
    assert any(len(spellings) > 1 for spellings in people.values())


def test_customers_without_address_name_their_user(latest: Latest) -> None:
    users = latest["app", "users"]
    nameless = [c for c in latest["stripe", "customers"].values() if c["email"] is None]
    assert nameless
    assert all(c["metadata"]["user_id"] in users for c in nameless)


def test_the_same_people_are_in_all_three_systems(latest: Latest) -> None:
    app = {u["email"].lower() for u in latest["app", "users"].values()}
    sales = {c["Email"].lower() for c in latest["salesforce", "Contact"].values()}
    stripe = {c["email"].lower() for c in latest["stripe", "customers"].values() if c["email"]}
    assert len(app & sales & stripe) > 30
    assert len(app - sales) > 20
    accounts = latest["salesforce", "Account"].values()
    linked = {a["App_Organisation_Id__c"] for a in accounts} - {None}
    assert linked <= set(latest["app", "organisations"])
    assert len(linked) < len(accounts)


def test_an_account_changes_segment_twice_in_a_day(changes: list[Change]) -> None:
    days: dict[tuple[str, date], list[str]] = defaultdict(list)
    for change in changes:
        if change.table == "Account" and change.op == "update":
            days[change.key, change.at.date()].append(change.record["Segment__c"])
    twice = [segments for segments in days.values() if len(segments) > 1]
    assert len(twice) >= 3
    assert all(a != b for segments in twice for a, b in pairwise(segments))


def test_leads_convert_into_existing_records(latest: Latest) -> None:
    converted = [r for r in latest["salesforce", "Lead"].values() if r["IsConverted"]]
    assert len(converted) >= 5
    for lead in converted:
        contact = latest["salesforce", "Contact"][lead["ConvertedContactId"]]
        assert contact["Email"].lower() == lead["Email"].lower()
        if lead["ConvertedOpportunityId"]:
            deal = latest["salesforce", "Opportunity"][lead["ConvertedOpportunityId"]]
            assert deal["AccountId"] == lead["ConvertedAccountId"]


def test_each_system_deletes_something(changes: list[Change]) -> None:
    deleted = {(c.system, c.table) for c in changes if c.op == "delete"}
    assert deleted >= {
        ("app", "users"), ("app", "orders"), ("app", "order_items"), ("stripe", "customers"),
        ("stripe", "products"), ("salesforce", "Lead"), ("salesforce", "CampaignMember"),
    }  # fmt: skip


def test_nulls_and_other_scripts_occur_in_each_system(latest: Latest) -> None:
    names = " ".join(u["full_name"] for u in latest["app", "users"].values())
    assert any("\u3040" <= letter <= "\u9fff" for letter in names)
    assert any("\u0600" <= letter <= "\u06ff" for letter in names)
    assert {u["locale"] for u in latest["app", "users"].values()} >= {None, "ja"}
    notes = {o["note"] for o in latest["app", "orders"].values()}
    assert {None, "", "NA", "null"} <= notes
    accounts = latest["salesforce", "Account"].values()
    assert {a["AnnualRevenue"] is None for a in accounts} == {True, False}
