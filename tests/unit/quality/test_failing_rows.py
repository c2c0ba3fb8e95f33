"""Rows that break a rule are kept as plain values, few, and without personal data."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from buck.records.rows import MASK, FailingRows, mask_text


def test_values_become_what_json_can_hold():
    row = (
        Decimal("1.500"),
        datetime(2026, 1, 2, tzinfo=UTC),
        date(2026, 1, 2),
        timedelta(hours=2),
        float("nan"),
        b"\x00",
        {"a": [1]},
        None,
        True,
    )
    kept = FailingRows.of([str(i) for i in range(len(row))], [row])
    assert kept.rows[0] == (
        "1.500",
        "2026-01-02T00:00:00+00:00",
        "2026-01-02",
        "2:00:00",
        "nan",
        "b'\\x00'",
        "{'a': [1]}",
        None,
        True,
    )
    assert FailingRows.from_dict(json.loads(json.dumps(kept.to_dict()))) == kept


def test_personal_columns_are_masked_in_any_letter_case_and_nulls_stay_visible():
    kept = FailingRows.of(["ID", "Email"], [(1, "x"), (2, None)], personal={"email"})
    assert kept.rows == ((1, MASK), (2, None))


def test_long_texts_are_cut():
    assert len(str(FailingRows.of(["a"], [("x" * 5000,)]).rows[0][0])) == 300


@given(st.text("ab ,;:\"'<>()", max_size=9), st.emails(), st.text("ab ,;:\"'<>()", max_size=9))
def test_no_email_address_survives_wherever_it_stands(before, email, after):
    shown = mask_text(before + email + after)
    assert "@" not in shown
    assert MASK in shown


@given(st.lists(st.tuples(st.integers()), max_size=60))
def test_at_most_twenty_rows_in_their_order(rows):
    assert FailingRows.of(["a"], rows).rows == tuple(rows[:20])
