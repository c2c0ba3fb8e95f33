"""Bulk CSV and REST JSON as records keyed by raw column name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from buck.records.table import ColumnType, TableSpec
from buck.sources.http import AnswerUnusable

Row = dict[str, Any]


def parse_csv(body: bytes, *, fields: Sequence[str]) -> list[list[str]]:
    """The rows of a page of Bulk results, strictly.

    Every value is text as sent: "NA" and "null" are words like any other, and newlines, quotes
    and delimiters inside quotes are kept. A byte order mark and NUL characters are left out.

    Raises:
        AnswerUnusable: the page is not CSV in UTF-8, its header is not what was asked for, a row
            has another number of values, or the last line does not end, as when the page was cut.
    """
    if not body.strip():
        return []
    # Salesforce ends every line, the last one too. Without its end a line that was cut behind a
    # comma, or within a doubled quote, looks like a whole row.
    if not body.endswith(b"\n"):
        raise AnswerUnusable("a page that ends within a line")
    try:
        text = body.decode("utf-8-sig").replace("\x00", "")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise AnswerUnusable(f"a page that is not CSV ({exc})") from exc
    header = rows.pop(0)
    if [name.lower() for name in header] != [name.lower() for name in fields]:
        raise AnswerUnusable(f"a page with the columns {', '.join(header)[:200]}")
    if any(len(row) != len(fields) for row in rows):
        raise AnswerUnusable("a page with rows of different lengths")
    return rows


def rows_from_csv(
    rows: Sequence[Sequence[str]], *, spec: TableSpec, fields: Sequence[str]
) -> list[Row]:
    """CSV rows as records; an empty value is null, since Bulk CSV writes both the same way.

    A value that is not of its column's type stays the text it came as.
    """
    readers = [_reader(spec, name) for name in fields]
    names = [name.lower() for name in fields]
    return [
        {
            name: None if text == "" else read(text)
            for name, read, text in zip(names, readers, row, strict=True)
        }
        for row in rows
    ]


def rows_from_json(
    records: Sequence[Mapping[str, Any]], *, spec: TableSpec, fields: Sequence[str]
) -> list[Row]:
    """REST records as records; a field that the answer leaves out is null."""
    readers = [(name, name.lower(), _reader(spec, name)) for name in fields]
    rows: list[Row] = []
    for record in records:
        row: Row = {}
        for name, column, read in readers:
            value = record.get(name)
            if isinstance(value, str):
                value = value.replace("\x00", "")
                # REST gives null for what is empty; so does CSV.
                row[column] = read(value) if value else None
            else:
                row[column] = value
        rows.append(row)
    return rows


def read_instant(text: str) -> datetime:
    """A time as the org writes it, aware and in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _reader(spec: TableSpec, field: str) -> Callable[[str], Any]:
    column = spec.column(field.lower())
    kind: ColumnType = column.type if column else "text"
    convert = _CONVERTERS.get(kind)
    if convert is None:
        return _as_is

    def read(text: str) -> Any:
        try:
            return convert(text)
        except (ValueError, InvalidOperation, KeyError):
            # What becomes of a value that is not of its type is the table's contract to say.
            return text

    return read


def _as_is(text: str) -> str:
    return text


def _whole(text: str) -> int:
    number = Decimal(text)
    # A few characters may name a number with a billion digits: no column is that wide.
    if not number.is_finite() or number.adjusted() > 18 or number != number.to_integral_value():
        raise ValueError(text)
    return int(number)


_CONVERTERS: dict[ColumnType, Callable[[str], Any]] = {
    "boolean": {"true": True, "false": False}.__getitem__,
    "bigint": _whole,
    "decimal": Decimal,
}
"""Dates and times are read by the load itself."""
