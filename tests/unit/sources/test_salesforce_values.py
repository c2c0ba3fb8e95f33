"""Bulk CSV and REST JSON become exactly the values that Salesforce holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from buck.records.table import Column, TableSpec
from buck.sources.http import AnswerUnusable
from buck.sources.salesforce.values import parse_csv, rows_from_csv, rows_from_json

FIELDS = ("Id", "Name", "IsActive", "Size__c", "Amount", "CreatedDate")
SPEC = TableSpec(
    source="salesforce",
    name="thing__c",
    key=("id",),
    columns=(
        Column("id", "text"),
        Column("name", "text"),
        Column("isactive", "boolean"),
        Column("size__c", "bigint"),
        Column("amount", "decimal", precision=(18, 4)),
        Column("createddate", "timestamptz"),
    ),
)


def page(*rows: str) -> bytes:
    return "\n".join([",".join(f'"{name}"' for name in FIELDS), *rows, ""]).encode()


def read(row: str) -> dict[str, object]:
    return rows_from_csv(parse_csv(page(row), fields=FIELDS), spec=SPEC, fields=FIELDS)[0]


@pytest.mark.parametrize("word", ["NA", "null", "NULL", "NaN", "None", "n/a", "#N/A", "-", " "])
def test_words_that_look_like_nothing_stay_text(word):
    assert read(f'"1","{word}","","","",""')["name"] == word


def test_empty_values_are_null():
    assert read('"1","","","","",""') == {
        "id": "1",
        "name": None,
        "isactive": None,
        "size__c": None,
        "amount": None,
        "createddate": None,
    }


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('"two\nlines"', "two\nlines"),
        ('"a\r\nb"', "a\r\nb"),
        ('"say ""hi"""', 'say "hi"'),
        ('"a,b;c\td"', "a,b;c\td"),
        ('"🧾 é 漢字"', "🧾 é 漢字"),
        ('"a\x00b"', "ab"),
        ('"\\"', "\\"),
    ],
)
def test_text_survives(sent, kept):
    assert read(f'"1",{sent},"","","",""')["name"] == kept


def test_a_byte_order_mark_is_no_part_of_the_header():
    body = b"\xef\xbb\xbf" + page('"1","x","true","","",""')
    assert parse_csv(body, fields=FIELDS) == [["1", "x", "true", "", "", ""]]


def test_numbers_are_exact():
    row = read('"1","x","true","-42","12345678901234.5678",""')
    assert (row["isactive"], row["size__c"]) == (True, -42)
    assert row["amount"] == Decimal("12345678901234.5678")
    assert read('"1","x","false","5.0","1.2E3",""')["amount"] == Decimal(1200)


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        ('"1","x","yes","","",""', "isactive", "yes"),
        ('"1","x","","5.5","",""', "size__c", "5.5"),
        ('"1","x","","","many",""', "amount", "many"),
    ],
)
def test_a_value_of_another_type_stays_what_it_was(row, column, text):
    assert read(row)[column] == text


@pytest.mark.parametrize(
    "body",
    [
        page('"1","x"'),
        page('"1","x","true","1","1","2026-01-01","extra"'),
        page('"1","unfinished'),
        page('"1","x"y,"","","",""'),
        b'"Id","Name"\n"1","x"\n',
        b"<html>bad gateway</html>",
        b"\xff\xfe" + page(),
    ],
)
def test_a_damaged_page_is_unusable(body):
    with pytest.raises(AnswerUnusable):
        parse_csv(body, fields=FIELDS)


@pytest.mark.parametrize("text", ["1e999999999", "Infinity", "-sNaN", "1e19"])
def test_a_whole_number_that_no_column_holds_stays_its_text(text):
    assert read(f'"1","x","false","{text}","",""')["size__c"] == text


def test_no_rows_are_no_rows():
    assert parse_csv(page(), fields=FIELDS) == []
    assert parse_csv(b"", fields=FIELDS) == []


def test_json_and_csv_give_the_same_record():
    record = {
        "attributes": {"type": "Thing__c"},
        "Id": "1",
        "Name": "a\x00b",
        "IsActive": True,
        "Size__c": 7,
        "Amount": Decimal("0.1000"),
        "CreatedDate": "2026-01-01T10:00:00.000+0000",
    }
    from_json = rows_from_json([record], spec=SPEC, fields=FIELDS)[0]
    from_csv = read('"1","ab","true","7","0.1000","2026-01-01T10:00:00.000+0000"')
    assert from_json == from_csv
    assert rows_from_json([{"Id": "1", "Name": ""}], spec=SPEC, fields=FIELDS)[0]["name"] is None
