"""A record's values: as stored, as typed, and as the REST and Bulk APIs write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from buck.sandbox.salesforce.fields import SObjectField

Record = Mapping[str, Any]
Typed = str | int | bool | Decimal | date | datetime | None


def typed_value(field: SObjectField, record: Record) -> Typed:
    """The record's value with the field's own type; a checkbox is never null, '' always is."""
    value = record.get(field.name, field.default)
    if field.type == "boolean":
        return bool(value)
    if value is None or value == "":
        return None
    read = _READERS.get(field.type, str)
    return read(value)


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else parse_instant(str(value))


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


_READERS: dict[str, Callable[[Any], Typed]] = {
    "datetime": _instant,
    "date": _day,
    "int": int,
    "double": _decimal,
    "currency": _decimal,
    "percent": _decimal,
}


def parse_instant(text: str) -> datetime:
    """An ISO time with its offset as an aware UTC datetime; without an offset it is UTC."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def format_instant(at: datetime, *, suffix: str = "+0000") -> str:
    """Milliseconds and an offset: REST writes `+0000`, Bulk CSV writes `Z`."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}{suffix}"


def json_value(value: Typed) -> Any:
    """The value as REST JSON has it; a decimal keeps every digit it was stored with."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def csv_value(value: Typed) -> str:
    """The value as Bulk CSV has it; null and '' are the same there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return format_instant(value, suffix="Z")
    return value.isoformat() if isinstance(value, date) else str(value)
