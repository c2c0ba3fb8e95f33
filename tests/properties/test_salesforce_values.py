"""Salesforce's values survive both wires: what the org holds is what a raw table gets."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buck.sandbox.salesforce.fields import SObjectField
from buck.sandbox.salesforce.values import csv_value, json_value, typed_value
from buck.sources.http import Answer, AnswerUnusable
from buck.sources.load import TableLoad
from buck.sources.salesforce.fields import read_shape
from buck.sources.salesforce.session import read_json
from buck.sources.salesforce.values import parse_csv, rows_from_csv, rows_from_json

NAMES = ("Id", "Name", "Note__c")
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["NA", "null", "NaN", "", '"', ",", "\n", "\r\n", "\ufeff", "\x00", "\\", "🧾", "'; --"]
)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=6)


def write_csv(rows: list[tuple[str, ...]], *, quoting: int, line_ending: str) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=quoting, lineterminator=line_ending)
    writer.writerow(NAMES)
    writer.writerows(rows)
    return buffer.getvalue().encode()


@given(rows=ROWS, line_ending=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_what_was_written_as_csv_is_read(rows, line_ending, mark):
    body = write_csv(rows, quoting=csv.QUOTE_ALL, line_ending=line_ending)
    body = b"\xef\xbb\xbf" * mark + body
    expected = [[text.replace("\x00", "") for text in row] for row in rows]
    assert parse_csv(body, fields=NAMES) == expected


@example(rows=[("x", "y", "0")], share=0.9)
@example(rows=[("x", "y", 'b"c')], share=0.905)
@given(rows=ROWS.filter(bool), share=st.floats(0, 1, exclude_max=True))
def test_a_page_that_was_cut_never_gives_other_rows(rows, share):
    body = write_csv(rows, quoting=csv.QUOTE_ALL, line_ending="\n")
    cut = body[: int(share * len(body))]
    whole = [[text.replace("\x00", "") for text in row] for row in rows]
    try:
        got = parse_csv(cut, fields=NAMES)
    except AnswerUnusable:
        return
    # Fewer rows are caught by the page's count.
    assert got == whole[: len(got)]


FIELDS: dict[str, tuple[SObjectField, st.SearchStrategy[Any]]] = {
    "decimal": (
        SObjectField("V__c", "currency", precision=18, scale=4),
        st.decimals(Decimal("-1e13"), Decimal("1e13"), places=4),
    ),
    "wide": (
        SObjectField("V__c", "double", precision=38, scale=10),
        st.decimals(Decimal("-1e27"), Decimal("1e27"), places=10),
    ),
    "int": (SObjectField("V__c", "int", precision=9), st.integers(-(2**31), 2**31 - 1)),
    "boolean": (SObjectField("V__c", "boolean"), st.booleans()),
    "date": (SObjectField("V__c", "date"), st.dates(date(1700, 1, 1), date(4000, 12, 31))),
    "datetime": (
        SObjectField("V__c", "datetime"),
        st.integers(-8_520_336_000_000, 64_092_211_200_000).map(
            lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
        ),
    ),
    "text": (
        SObjectField("V__c", "string"),
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1),
    ),
    "multipicklist": (SObjectField("V__c", "multipicklist"), st.just("b;a;c")),
    "time": (SObjectField("V__c", "time"), st.just("13:05:00.000Z")),
}


@pytest.mark.parametrize("kind", FIELDS)
@given(data=st.data())
def test_a_value_of_every_type_arrives_by_both_wires(kind, data):
    field, values = FIELDS[kind]
    value = data.draw(values | st.none())
    described = [SObjectField("Id", "id").describe(), field.describe()]
    shape = read_shape({"name": "Thing__c", "fields": described})
    held = typed_value(field, {"V__c": value})
    # As the org's servers write it, as the source reads it.
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([("Id", "V__c"), ("1", csv_value(held))])
    pages = parse_csv(buffer.getvalue().encode(), fields=shape.fields)
    by_csv = rows_from_csv(pages, spec=shape.spec, fields=shape.fields)
    body = _dump({"Id": "1", "V__c": json_value(held)})
    record = read_json(Answer(200, {}, body))
    by_rest = rows_from_json([record], spec=shape.spec, fields=shape.fields)
    for rows in (by_csv, by_rest):
        at = datetime(2026, 1, 1, tzinfo=UTC)
        table = TableLoad(shape.spec, "1", at, 1, {}).arrow(rows)
        expected = False if kind == "boolean" and value is None else value
        assert table.column("v__c").to_pylist() == [expected]
        assert table.column("_buck_row_hash").to_pylist() != [0]


@given(data=st.data(), kind=st.sampled_from(sorted(FIELDS)))
def test_a_record_has_one_hash_whichever_way_it_came(data, kind):
    field, values = FIELDS[kind]
    held = typed_value(field, {"V__c": data.draw(values)})
    described = [SObjectField("Id", "id").describe(), field.describe()]
    shape = read_shape({"name": "Thing__c", "fields": described})
    by_csv = rows_from_csv([["1", csv_value(held)]], spec=shape.spec, fields=shape.fields)
    record = read_json(Answer(200, {}, _dump({"Id": "1", "V__c": json_value(held)})))
    by_rest = rows_from_json([record], spec=shape.spec, fields=shape.fields)
    hashes = [
        TableLoad(shape.spec, "1", datetime(2026, 1, 1, tzinfo=UTC), 1, {})
        .arrow(rows)
        .column("_buck_row_hash")
        .to_pylist()
        for rows in (by_csv, by_rest)
    ]
    assert hashes[0] == hashes[1]


def _dump(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record)
