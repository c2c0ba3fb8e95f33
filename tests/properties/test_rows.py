"""Records of every type come back from Arrow as they were; equal records have equal hashes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buck.records.table import Column, TableSpec
from buck.sources.arrow import EXACT, row_hash
from buck.sources.load import SEQUENCE_SHIFT, TableLoad

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
YEARS = [datetime.fromisoformat(f"{year}-01-01") for year in (1900, 2200)]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "double": st.floats(allow_nan=False),
    "decimal": st.decimals(
        min_value=Decimal("-1e28"), max_value=Decimal("1e28"), places=9, allow_nan=False
    ),
    "timestamptz": st.datetimes(timezones=st.just(UTC)),
    "date": st.dates(),
    "bytes": st.binary(max_size=40),
}


def load(type_: Any, **options: Any) -> TableLoad:
    spec = TableSpec("s", "t", ("id",), (Column("id", "bigint"), Column("v", type_, **options)))
    return TableLoad(spec, "load", AS_OF, 1, {})


@pytest.mark.parametrize("type_", VALUES)
@settings(max_examples=60, deadline=None)
@given(draw=st.data())
def test_values_round_trip(type_: str, draw: st.DataObject) -> None:
    values = draw.draw(st.lists(st.none() | VALUES[type_], max_size=5))
    table = load(type_).arrow([{"id": n, "v": v} for n, v in enumerate(values)])
    assert table.column("v").to_pylist() == values


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_json_is_text_holding_the_value(value: Any) -> None:
    held = load("json").arrow([{"id": 1, "v": value}]).column("v").to_pylist()[0]
    assert (None if held is None else orjson.loads(held)) == value


@settings(max_examples=60, deadline=None)
@given(st.datetimes(*YEARS), st.integers(-14 * 60, 14 * 60))
def test_times_of_any_zone_are_the_same_moment(at: datetime, offset_min: int) -> None:
    there = at.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    for written in (there, there.isoformat()):
        held = load("timestamptz").arrow([{"id": 1, "v": written}]).column("v").to_pylist()[0]
        assert held == there
        assert held.utcoffset() == timedelta(0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 38), st.data())
def test_decimals_fit_their_precision_or_are_refused(precision: int, draw: st.DataObject) -> None:
    scale = draw.draw(st.integers(0, precision))
    digits = draw.draw(st.integers(0, 10**precision - 1))
    value = Decimal(digits).scaleb(-scale, EXACT)
    fits = load("decimal", precision=(precision, scale))
    assert fits.arrow([{"id": 1, "v": value}]).column("v").to_pylist() == [value]
    too_great = Decimal(10) ** (precision - scale)
    kept = fits.arrow([{"id": 1, "v": too_great}]).to_pylist()[0]
    assert (kept["v"], kept["v__text"]) == (None, str(too_great))


RECORD = st.dictionaries(
    st.sampled_from("abcdefg"), st.none() | TEXT | st.integers(0, 99), max_size=7
)


@settings(max_examples=100, deadline=None)
@given(RECORD, st.randoms(use_true_random=False))
def test_hash_does_not_depend_on_the_order_or_presence_of_empty_columns(
    record: dict[str, Any], random: Any
) -> None:
    shuffled = list(record.items())
    random.shuffle(shuffled)
    present = {k: v for k, v in shuffled if v is not None}
    assert row_hash([1, "x"], extra=record) == row_hash([1, "x"], extra=dict(shuffled))
    assert row_hash([1, "x"], extra=record) == row_hash([1, "x", None], extra=present)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | TEXT, max_size=4), st.lists(st.none() | TEXT, max_size=4))
def test_hash_tells_different_records_apart(one: list[Any], two: list[Any]) -> None:
    def trimmed(values: list[Any]) -> list[Any]:
        return values[: max((n + 1 for n, v in enumerate(values) if v is not None), default=0)]

    same = trimmed(one) == trimmed(two)
    assert (row_hash(one, extra={}) == row_hash(two, extra={})) is same


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=8), st.integers(1, 2**30))
def test_sequence_numbers_are_unique_and_in_order(batches: list[int], sequence: int) -> None:
    table = load("text")
    table.sequence = sequence
    firsts = [(table.next_seq(count), count) for count in batches]
    numbers = [n for first, count in firsts for n in range(first, first + count)]
    assert numbers == sorted(set(numbers))
    assert all(n >> SEQUENCE_SHIFT == sequence for n in numbers)


@settings(max_examples=40, deadline=None)
@given(st.dates(), st.dates())
def test_days_keep_their_order(one: date, two: date) -> None:
    held = load("date").arrow([{"id": 1, "v": one}, {"id": 2, "v": two.isoformat()}])
    first, second = held.column("v").to_pylist()
    assert (first < second) is (one < two)
