"""The history itself: the same each time, in order, quiet at a day's end, consistent."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, time
from hashlib import sha256

import pytest

from buck.errors import SandboxError
from buck.sandbox.company import EPOCH, Change, Company, day_start
from buck.sandbox.company.calendar import add_month, to_at, wake
from buck.sandbox.company.dice import salesforce_checked


def test_same_seed_gives_same_history() -> None:
    first, second = Company(seed=3, customers=30), Company(seed=3, customers=30)
    assert first.changes(12) == second.changes(12)
    assert first.facts(12) == second.facts(12)


def test_other_seed_gives_other_history() -> None:
    assert Company(seed=3, customers=30).changes(3) != Company(seed=4, customers=30).changes(3)


def test_fewer_days_are_a_prefix_of_more_days() -> None:
    company, fresh = Company(customers=30), Company(customers=30)
    longer = company.changes(20)
    for days in (0, 1, 2, 9, 19):
        shorter = fresh.changes(days)
        assert longer[: len(shorter)] == shorter
        assert all(change.at >= day_start(days) for change in longer[len(shorter) :])
        assert company.changes(days) == shorter


def test_more_days_never_modify_earlier_records() -> None:
    company = Company(customers=30)
    early = company.changes(10)
    before = sha256(pickle.dumps(early)).hexdigest()
    company.changes(60)
    assert sha256(pickle.dumps(early)).hexdigest() == before


def test_changes_and_facts_are_ordered_by_time(changes: list[Change], company: Company) -> None:
    times = [change.at for change in changes]
    assert times == sorted(times)
    told = [fact.at for fact in company.facts(45)]
    assert told == sorted(told)
    assert times[0] >= EPOCH
    assert times[0].tzinfo is UTC


def test_nothing_happens_in_the_last_twenty_minutes_of_a_day(changes: list[Change]) -> None:
    assert max(change.at.time() for change in changes) < time(23, 40)
    assert all(change.at.microsecond == 0 for change in changes)


def test_inserts_updates_and_deletes_follow_each_other(changes: list[Change]) -> None:
    alive: set[tuple[str, str, str]] = set()
    for change in changes:
        record = (change.system, change.table, change.key)
        assert (record in alive) == (change.op != "insert"), change
        if change.op == "delete":
            alive.discard(record)
        else:
            alive.add(record)


def test_size_is_that_of_a_small_company(changes: list[Change]) -> None:
    charges = {c.key for c in changes if c.table == "charges"}
    users = {c.key for c in changes if c.table == "users"}
    assert 1_500 <= len(charges) <= 3_000
    assert 110 <= len(users) <= 170


def test_app_rows_never_refer_to_missing_rows(changes: list[Change]) -> None:
    parents = {
        "users": [("organisation_id", "organisations")],
        "orders": [("user_id", "users")],
        "order_items": [("order_id", "orders"), ("product_id", "products")],
        "usage_events": [("user_id", "users")],
    }
    alive: dict[str, set[str]] = {}
    children: dict[tuple[str, str], int] = {}
    for change in (c for c in changes if c.system == "app"):
        links = [
            (table, str(change.record[column]))
            for column, table in parents.get(change.table, [])
            if change.record[column] is not None
        ]
        if change.op == "delete":
            assert not children.get((change.table, change.key)), change
            alive[change.table].discard(change.key)
        elif change.op == "insert":
            assert all(key in alive[table] for table, key in links), change
            alive.setdefault(change.table, set()).add(change.key)
        step = {"insert": 1, "update": 0, "delete": -1}[change.op]
        for link in links:
            children[link] = children.get(link, 0) + step


def test_modification_stamps_are_the_time_of_the_change(changes: list[Change]) -> None:
    for change in changes:
        if change.op == "delete":
            continue
        if change.system == "salesforce":
            stamp = change.record["SystemModstamp"]
            assert datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.000%z") == change.at
        elif change.system == "app" and change.table != "usage_events":
            assert change.record["updated_at"] == change.at


def test_no_customers_are_refused() -> None:
    with pytest.raises(SandboxError, match="not 0"):
        Company(customers=0)


def test_salesforce_ids_carry_their_checksum() -> None:
    # Each third of the 15 characters gives one more: its upper-case letters as bits, A–Z and 0–5.
    assert salesforce_checked("001000000000000") == "001000000000000AAA"
    assert salesforce_checked("001A0000006Vm9u") == "001A0000006Vm9uIAC"
    assert salesforce_checked("00QAB00000ABCDE") == "00QAB00000ABCDE2A5"


def test_a_month_after_the_31st_is_the_months_last_day() -> None:
    january = int(datetime(2026, 1, 31, 10, tzinfo=UTC).timestamp())
    february = add_month(january, anchor_day=31)
    assert to_at(february) == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert to_at(add_month(february, anchor_day=31)) == datetime(2026, 3, 31, 10, tzinfo=UTC)


def test_plans_for_the_quiet_time_wait_for_the_next_day() -> None:
    late = int(datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC).timestamp())
    assert to_at(wake(late)) == datetime(2026, 1, 2, 0, 29, 59, tzinfo=UTC)
    assert wake(late - 1200) == late - 1200
