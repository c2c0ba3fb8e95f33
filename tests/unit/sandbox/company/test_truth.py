"""Truth against an independent recount from the records of the three systems."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from buck.sandbox.company import Change, Company, Record, day_start, truth, truth_at
from buck.sandbox.company.tally import Figures

Latest = dict[tuple[str, str], dict[str, Record]]


def day(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).date().isoformat()


@pytest.fixture(scope="module")
def by_day(company: Company) -> dict[tuple[str, str], Figures]:
    return {(r.period, r.currency): r for r in truth(company, as_of_day=45).by_day}


def column(rows: dict[tuple[str, str], Figures], name: str) -> dict[tuple[str, str], int]:
    return {key: value for key, row in rows.items() if (value := getattr(row, name))}


def test_payments_are_counted_on_the_day_they_were_made(
    by_day: dict[tuple[str, str], Figures], latest: Latest
) -> None:
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    movements = latest["stripe", "balance_transactions"]
    for charge in latest["stripe", "charges"].values():
        if not charge["livemode"]:
            continue
        key = day(charge["created"]), charge["currency"]
        found["payments"][key] += 1
        if charge["status"] != "succeeded":
            found[f"payments_{charge['status']}"][key] += 1
            continue
        partly = "partially_" if charge["amount_refunded"] else ""
        outcome = (
            "refunded" if charge["refunded"] else f"{partly}refunded" if partly else "completed"
        )
        found[f"payments_{outcome}"][key] += 1
        found["gross"][key] += charge["amount"]
        found["refunds"][key] += charge["amount_refunded"]
        found["net"][key] += charge["amount"] - charge["amount_refunded"]
        found["fees"][key] += movements[charge["balance_transaction"]]["fee"]
    for name, counted in found.items():
        assert column(by_day, name) == {k: n for k, n in counted.items() if n}, name
    assert len(found) == 10


def test_cash_figures_count_on_the_day_the_money_moved(
    by_day: dict[tuple[str, str], Figures], latest: Latest, live_ids: set[str]
) -> None:
    movements = latest["stripe", "balance_transactions"]
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for key, refund in latest["stripe", "refunds"].items():
        if key in live_ids and refund["status"] == "succeeded":
            moved = movements[refund["balance_transaction"]]["created"]
            found["refunds_cash"][day(moved), refund["currency"]] += refund["amount"]
    for dispute in latest["stripe", "disputes"].values():
        where = day(dispute["created"]), dispute["currency"]
        found["dispute_fees"][where] += sum(m["fee"] for m in dispute["balance_transactions"])
        if dispute["status"] == "lost":
            found["disputes_lost_cash"][where] += dispute["amount"]
            charge = latest["stripe", "charges"][dispute["charge"]]
            found["disputes_lost"][day(charge["created"]), dispute["currency"]] += dispute["amount"]
    for name, counted in found.items():
        assert column(by_day, name) == dict(counted), name
    assert len(found) == 4
    assert all(row.net_cash == row.gross - row.refunds_cash for row in by_day.values())


def test_orders_are_those_that_exist_and_are_not_cancelled(
    by_day: dict[tuple[str, str], Figures], latest: Latest
) -> None:
    exponents = {"jpy": 0, "kwd": 3}
    orders, lines, revenue = (Counter[tuple[str, str]]() for _ in range(3))
    for order in latest["app", "orders"].values():
        if order["status"] != "cancelled":
            orders[order["placed_at"].date().isoformat(), order["currency"]] += 1
    for item in latest["app", "order_items"].values():
        order = latest["app", "orders"][str(item["order_id"])]
        key = order["placed_at"].date().isoformat(), order["currency"]
        if order["status"] != "cancelled":
            total = item["unit_price"] * item["quantity"] - item["discount"]
            lines[key] += 1
            revenue[key] += int(total * 10 ** exponents.get(order["currency"], 2))
    assert column(by_day, "orders") == dict(orders)
    assert column(by_day, "order_lines") == dict(lines)
    assert column(by_day, "order_revenue") == dict(revenue)


def test_deals_are_in_the_stage_that_salesforce_shows_and_each_day_in_its_own(
    company: Company, latest: Latest
) -> None:
    figures = truth(company, as_of_day=45)
    now: Counter[str] = Counter()
    worth: Counter[str] = Counter()
    for deal in latest["salesforce", "Opportunity"].values():
        now[deal["StageName"]] += 1
        worth[deal["StageName"]] += int(deal["Amount"] * 100)
    assert {row.stage: row.deals for row in figures.deals} == now
    assert {row.stage: row.amount for row in figures.deals} == worth
    assert {"Closed Won", "Closed Lost"} <= now.keys()

    entries = sorted(
        latest["salesforce", "OpportunityHistory"].values(), key=lambda entry: entry["CreatedDate"]
    )
    for number in (0, 13, 44):
        end = day_start(number + 1).isoformat()
        stages = {e["OpportunityId"]: e for e in entries if e["CreatedDate"] < end}
        still_open: Counter[str] = Counter()
        for entry in stages.values():
            if not entry["StageName"].startswith("Closed"):
                still_open[entry["StageName"]] += int(entry["Amount"] * 100)
        period = day_start(number).date().isoformat()
        rows = [row for row in figures.pipeline_by_day if row.period == period]
        assert {row.stage: row.amount for row in rows} == still_open
    assert max(row.period for row in figures.pipeline_by_day) == "2026-02-14"


def test_usage_is_counted_on_its_day(company: Company, latest: Latest) -> None:
    days: dict[str, list[int]] = defaultdict(list)
    for event in latest["app", "usage_events"].values():
        days[event["occurred_at"].date().isoformat()].append(event["user_id"])
    rows = truth(company, as_of_day=45).usage_by_day
    assert {row.period: (row.events, row.users) for row in rows} == {
        period: (len(users), len(set(users))) for period, users in days.items()
    }


def test_months_and_totals_are_the_sum_of_the_days(company: Company) -> None:
    figures = truth(company, as_of_day=45)
    for rows, length in ((figures.by_month, 7), (figures.by_currency, 0)):
        summed: Counter[tuple[str, str, str]] = Counter()
        for row in figures.by_day:
            for name in Figures.__slots__[2:]:
                summed[row.period[:length] or "all", row.currency, name] += getattr(row, name)
        expected = Counter(
            {
                (row.period, row.currency, name): getattr(row, name)
                for row in rows
                for name in Figures.__slots__[2:]
            }
        )
        assert summed == expected
    assert {row.period for row in figures.by_month} == {"2026-01", "2026-02"}


def test_customers_are_counted_as_records_and_as_people(
    company: Company, latest: Latest, changes: list[Change]
) -> None:
    counted = truth(company, as_of_day=45).customers
    live = [c for c in latest["stripe", "customers"].values() if c["livemode"]]
    users = latest["app", "users"]
    contacts = latest["salesforce", "Contact"].values()
    assert counted["stripe_customers"] == len(live)
    assert counted["app_users"] == len(users)
    assert counted["salesforce_contacts"] == len(contacts)
    assert counted["salesforce_leads"] == len(latest["salesforce", "Lead"])
    people = {u["email"].lower() for u in users.values()}
    people |= {c["Email"].lower() for c in contacts}
    people |= {(c["email"] or users[c["metadata"]["user_id"]]["email"]).lower() for c in live}
    assert counted["persons"] == len(people)
    ever = {c.key for c in changes if c.table == "customers" and c.livemode}
    assert counted["stripe_customers_ever"] == len(ever) > counted["stripe_customers"]


def test_subscriptions_and_segments_are_the_present_ones(company: Company, latest: Latest) -> None:
    figures = truth(company, as_of_day=45)
    live = [s for s in latest["stripe", "subscriptions"].values() if s["livemode"]]
    assert figures.subscriptions == Counter(s["status"] for s in live)
    accounts = latest["salesforce", "Account"].values()
    assert figures.accounts_by_segment == Counter(a["Segment__c"] for a in accounts)
    assert figures.usage_events == len(latest["app", "usage_events"])


def test_late_refunds_change_the_month_of_the_payment(company: Company) -> None:
    def january(days: int) -> dict[str, int]:
        rows = truth(company, as_of_day=days).by_month
        return {r.currency: r.refunds for r in rows if r.period == "2026-01"}

    before, after = january(32), january(45)
    assert any(after[code] > before[code] for code in before)


def test_a_day_later_never_takes_gross_away(company: Company) -> None:
    def gross(days: int) -> dict[str, int]:
        return {r.currency: r.gross for r in truth(company, as_of_day=days).by_currency}

    assert all(gross(44)[code] <= total for code, total in gross(45).items())


def test_truth_is_plain_json_and_knows_its_moment(company: Company) -> None:
    figures: dict[str, Any] = json.loads(json.dumps(truth(company, as_of_day=3).to_dict()))
    assert figures["as_of"] == "2026-01-04T00:00:00+00:00"
    assert figures["exponents"]["kwd"] == 3
    assert {row["period"] for row in figures["by_day"]} == {
        "2026-01-01", "2026-01-02", "2026-01-03",
    }  # fmt: skip


def test_any_moment_can_be_asked_for(company: Company) -> None:
    noon = truth_at(company.facts(4), as_of=day_start(3).replace(hour=12))
    full = truth(company, as_of_day=4)
    assert sum(r.payments for r in noon.by_currency) < sum(r.payments for r in full.by_currency)
    assert truth_at(company.facts(9), as_of=day_start(4)) == full
