"""Records of a source as Arrow rows of its raw table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import orjson

from buck.errors import SourceChanged
from buck.records.table import SYSTEM_COLUMNS, Column, ColumnType, TableSpec

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type a raw column is written with."""
    import pyarrow as pa

    if column.type == "decimal":
        return pa.decimal128(*(column.precision or (38, 9)))
    return {
        "text": pa.string(),
        "json": pa.string(),
        "bigint": pa.int64(),
        "boolean": pa.bool_(),
        "double": pa.float64(),
        "timestamptz": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "bytes": pa.binary(),
    }[column.type]


SYSTEM_PREFIX = "_buck_"


def own_names(names: Iterable[str]) -> list[str]:
    """A raw table's columns without the system columns."""
    return [name for name in names if not name.startswith(SYSTEM_PREFIX)]


def spec_schema(spec: TableSpec) -> pa.Schema:
    """The Arrow schema of a raw table: its own columns, then the system columns."""
    import pyarrow as pa

    own = [pa.field(c.name, arrow_type(c)) for c in spec.columns]
    system = [pa.field(name, arrow_type(Column(name, type_))) for name, type_ in SYSTEM_COLUMNS]
    return pa.schema(own + system)


def rows_to_arrow(
    spec: TableSpec,
    records: Sequence[Mapping[str, Any]],
    *,
    op: str | Sequence[str],
    source_at: Sequence[datetime | None] | None,
    load_id: str,
    as_of: datetime,
    first_seq: int = 0,
    numbers: Sequence[int] | None = None,
) -> pa.Table:
    """Records that all fit as Arrow rows; see `TableLoad.arrow`, which fills in the load's part.

    `numbers` are the rows' `_buck_seq` where they do not simply count from `first_seq`.

    Raises:
        SourceChanged: a value does not fit its column's declared type.
    """
    import pyarrow as pa

    declared = {c.name for c in spec.columns}
    extra = sorted({name for record in records for name in record} - declared)
    if clash := next((n for n in extra if n.lower().startswith(SYSTEM_PREFIX)), None):
        raise SourceChanged(
            f"{spec.source}.{spec.name} got a field {clash!r}, which is a name of the lake's own",
            hint="rename it in the pipeline's file",
        )
    columns = [*spec.columns, *(Column(name, "text") for name in extra)]
    count = len(records)
    own = {column.name: _values(spec, column, records) for column in columns}
    # Before the hashes: what Arrow cannot hold is refused by its column's name.
    arrays = {column.name: _array(spec, column, own[column.name]) for column in columns}
    known = len(spec.columns)
    hashes = [
        row_hash(row[:known], extra=dict(zip(extra, row[known:], strict=True)) if extra else {})
        for row in (zip(*own.values(), strict=True) if own else [()] * count)
    ]
    system: dict[str, list[Any]] = {
        "_buck_load_id": [load_id] * count,
        "_buck_observed_at": [as_of] * count,
        "_buck_op": [op] * count if isinstance(op, str) else list(op),
        "_buck_source_ts": [None] * count if source_at is None else list(source_at),
        "_buck_seq": list(range(first_seq, first_seq + count) if numbers is None else numbers),
        "_buck_row_hash": hashes,
    }
    for name, type_ in SYSTEM_COLUMNS:
        arrays[name] = _array(spec, Column(name, type_), system[name])
    return pa.table(arrays)


def _array(spec: TableSpec, column: Column, values: list[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values, type=arrow_type(column))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError) as exc:
        raise SourceChanged(
            f"{spec.source}.{spec.name}.{column.name} no longer fits {column.type}: {exc}",
            hint="declare the column's new type in the table's spec",
        ) from exc


def fit_column(spec: TableSpec, column: Column, values: list[Any]) -> bool:
    """Whether all values fit the column's type."""
    try:
        _array(spec, column, _convert(spec, column, list(values)))
    except SourceChanged:
        return False
    return True


def row_hash(values: Sequence[Any], *, extra: Mapping[str, Any]) -> int:
    """64 bits over a record's own values, so that a re-read record is known for what it is.

    Columns that are null count as absent where they may come and go: at the end of the declared
    ones (a later version of the spec may add some), and among the undeclared `extra` ones, whose
    order does not matter.
    """
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    present = sorted((name, value) for name, value in extra.items() if value is not None)
    payload = orjson.dumps([values[:end], present], default=canonical)
    digest = hashlib.blake2b(payload, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


WRITTEN_OUT = 100
"""Decimal exponents up to here are written out as digits; no raw decimal reaches them."""


def canonical(value: Any) -> Any:
    """Text for what JSON does not know."""
    if isinstance(value, Decimal):
        # Written out, a few characters such as 1e999999999 would be a gigabyte of digits.
        return format(value, "f") if -WRITTEN_OUT < value.adjusted() < WRITTEN_OUT else str(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _values(spec: TableSpec, column: Column, records: Sequence[Mapping[str, Any]]) -> list[Any]:
    """One column's values, converted to what Arrow takes."""
    return _convert(spec, column, [record.get(column.name) for record in records])


def _convert(spec: TableSpec, column: Column, found: list[Any]) -> list[Any]:
    name, convert = column.name, CONVERSIONS.get(column.type)
    if convert is None:
        return found
    # Most values have the right class already; asking costs less than a call.
    plain = {"text": str, "bigint": int}.get(column.type)
    value: Any = None
    try:
        for index, value in enumerate(found):
            if value is not None and value.__class__ is not plain:
                found[index] = convert(value, column)
    except (ValueError, TypeError, OverflowError, OSError, InvalidOperation) as exc:
        raise SourceChanged(
            f"{spec.source}.{spec.name}.{name} got {str(value)[:80]!r}, not a {column.type}",
            hint="declare the column's new type in the table's spec",
        ) from exc
    return found


def _json(value: Any, _: Column) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _text(value: Any, _: Column) -> str:
    return to_text(value)


def to_text(value: Any) -> str:
    """A value as a text column holds it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list | bool):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)


EXACT = Context(prec=76)
"""Python's own context keeps 28 digits; a raw decimal may have 38."""


def _decimal(value: Any, column: Column) -> Decimal:
    scale = (column.precision or (38, 9))[1]
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), context=EXACT)


def _instant(value: Any, _: Column) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, tz=UTC)
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _whole(value: Any, _: Column) -> Any:
    """Arrow would cut the fraction off without a word; other classes it refuses itself."""
    if isinstance(value, float | Decimal):
        if isinstance(value, Decimal) and value.adjusted() > WRITTEN_OUT:
            raise OverflowError(value)
        if value != int(value):
            raise ValueError(value)
        return int(value)
    return value


def _day(value: Any, _: Column) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


CONVERSIONS: Mapping[ColumnType, Callable[[Any, Column], Any]] = {
    "text": _text,
    "json": _json,
    "bigint": _whole,
    "decimal": _decimal,
    "timestamptz": _instant,
    "date": _day,
    "double": lambda value, _: float(value),
}
"""What turns a record's value into one Arrow takes; the other types are taken as they are."""
