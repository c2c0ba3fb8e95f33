"""Which cause is named for which traces, and none where there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from buck.quality.causes import Evidence, find_cause
from buck.quality.impact import difference, over_count, unbooked
from buck.records.check_card import Changes

SEEN = datetime(2026, 3, 1, tzinfo=UTC)


def version(
    key: str, *, op: str = "c", told: datetime = SEEN, row_hash: int = 1, **own: Any
) -> Any:
    content = {"currency": "eur", "customer": "cus_1", "payment_intent": "pi_1", "amount": 500}
    return {
        "id": key,
        "created": int(told.timestamp()),
        **content,
        **own,
        "_buck_op": op,
        "_buck_load_id": "l1",
        "_buck_source_ts": told,
        "_buck_observed_at": SEEN,
        "_buck_row_hash": row_hash,
    }


def test_equal_records_under_other_ids_are_a_repeated_webhook() -> None:
    first, again = version("ch_1"), version("ch_2", told=SEEN + timedelta(minutes=5))
    evidence = Evidence(
        "uniqueness",
        versions={"ch_1": [first], "ch_2": [again]},
        groups=[["ch_1", "ch_2"]],
        culprits=["ch_2"],
        table="charges",
    )
    cause = find_cause(evidence)
    assert cause.rule == "repeated_webhook"
    assert "made 1 charges again" in cause.text
    assert cause.evidence == (
        "only created, id differ from the originals",
        "made 5m after the originals",
    )


def test_two_different_records_are_no_repetition() -> None:
    other = version("ch_2", customer="cus_9", amount=1, currency="usd")
    evidence = Evidence(
        "uniqueness",
        versions={"ch_1": [version("ch_1")], "ch_2": [other]},
        groups=[["ch_1", "ch_2"]],
        culprits=["ch_2"],
    )
    assert find_cause(evidence).rule == "source_sent"


def test_one_version_that_arrived_twice_is_a_page_sent_again() -> None:
    twice = [version("ch_1"), version("ch_1")]
    evidence = Evidence(
        "uniqueness", versions={"ch_1": twice}, groups=[["ch_1", "ch_1"]], culprits=["ch_1"]
    )
    cause = find_cause(evidence)
    assert cause.rule == "resent_page"
    assert "within one load" in cause.text


def test_a_changed_sign_is_told_with_its_value_but_no_personal_one() -> None:
    before = version("ch_1", email="ann@shop.example", age=30)
    after = version("ch_1", op="u", amount=-500, email="bob@shop.example", age=-30, row_hash=2)
    evidence = Evidence(
        "validity",
        versions={"ch_1": [before, after]},
        culprits=["ch_1"],
        hidden=frozenset({"email", "age"}),
    )
    cause = find_cause(evidence)
    assert cause.rule == "source_changed"
    assert "negated amount, age of 1 records" in cause.text
    assert cause.evidence == ("amount: 500 → -500",)


def test_events_from_before_the_lookback_are_late_unless_a_first_load_brought_them() -> None:
    old = SEEN - timedelta(days=9)
    late = Evidence("accuracy", versions={"a": [version("a", told=old)]}, culprits=["a"])
    assert find_cause(late).rule == "late_event"
    assert "9d after" in find_cause(late).text
    first = Evidence("accuracy", versions={"a": [version("a", op="r", told=old)]}, culprits=["a"])
    assert find_cause(first).rule == "source_sent"


@pytest.mark.parametrize(
    ("evidence", "rule"),
    [
        (Evidence("validity", changes=Changes(schema=("stripe.charges: type",))), "drift"),
        (Evidence("validity", changes=Changes(code=("model x changed",))), "code_change"),
        (Evidence("validity", changes=Changes(code=("model x changed",)), landed=3), "unknown"),
        (Evidence("timeliness"), "source_stopped"),
        (Evidence("consistency", culprits=["c"]), "missing_parent"),
        (Evidence("accuracy"), "unknown"),
    ],
)
def test_what_changed_since_the_last_green_run_is_a_cause(evidence: Evidence, rule: str) -> None:
    assert find_cause(evidence).rule == rule


def test_amounts_are_exact_and_per_currency() -> None:
    digits = {"eur": 2, "jpy": 0, "kwd": 3}
    amounts = {
        "a": ("eur", Decimal("10.100")),
        "b": ("eur", Decimal("10.100")),
        "c": ("jpy", Decimal("5000.000")),
        "d": ("kwd", Decimal("0.001")),
    }
    found = over_count([["x", "a"], ["y", "c"], ["z", "d"]], amounts, digits, measure="revenue")
    assert [i.text for i in found] == [
        "revenue over-counted by EUR 10.10 (1 row)",
        "revenue over-counted by JPY 5,000 (1 row)",
        "revenue over-counted by KWD 0.001 (1 row)",
    ]
    before = {"a": ("eur", Decimal(20))}
    (less, more) = difference(["a", "d", "gone"], amounts, before, digits, measure="revenue")
    # What a row was before is not what it should be: of a sign that was turned, it is half of that.
    assert less.text == "revenue lower than published by EUR 9.90 (1 row)"
    assert more.text == "revenue higher than published by KWD 0.001 (1 row)"
    rows = [{"currency": "jpy", "gross_minor": 900, "booked_minor": 1000}]
    assert [i.amount for i in unbooked(rows, digits, measure="revenue")] == ["-100"]
    assert unbooked([{"currency": "jpy", "amount": 1}], digits, measure="revenue") == []
