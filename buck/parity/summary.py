"""The first pass: one scan that says all there is to say about a table without showing a row.

Everything is counted per bucket of the key's hash, so that where two tables differ is known too.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from buck.names import identifier
from buck.parity.canonical import Shape, text_sql
from buck.parity.plan import Side
from buck.parity.relation import NUMERIC_TEXT
from buck.records.comparison import ColumnSummary, SideSummary

if TYPE_CHECKING:
    from buck.engine.types import Connection

BUCKET_BITS: Final = 12
"""4,096 buckets: states of all of them stay in the processor's cache, and each is a small table."""
# Names that no table has, beside all of its own columns.
_BUCKET: Final = identifier("bucket of the comparison")
_HASH: Final = identifier("hash of the comparison")
_HALF: Final = 10**18
_FLOAT_DIGITS: Final = 9
"""Digits up to which a float is summed exactly; further ones are not declared by anybody."""


def bucket_sql(side: Side) -> str:
    """The bucket that a row lies in."""
    return f"cast({side.key_hash} >> {64 - BUCKET_BITS} as usmallint)"


def summarize(con: Connection, side: Side, into: str, *, figures: bool) -> SideSummary:
    """What the side holds; `into` names a temporary table that gets a row per bucket.

    Without `figures` its rows and content hash only; `distinct_keys` is left open. The table's
    columns are the bucket `b`, the number of rows `n`, and two mixtures of their hashes, `x` and
    `s`.
    """
    shapes = list(side.shapes.items()) if figures else []
    inner = [f"{_BUCKET} as b", "count(*) as n", f"bit_xor({_HASH}) as x", f"sum({_HASH}) as s"]
    outer = _TOTALS.copy()
    spans: list[tuple[str, int]] = []
    for number, (name, shape) in enumerate(shapes):
        parts = _partials(shape, number)
        inner += [f"{sql} as {alias}" for alias, sql, _ in parts]
        outer += [total for _, _, total in parts]
        spans.append((name, len(parts)))
    con.execute(
        f"create or replace temp table {identifier(into)} as select {', '.join(inner)} from "
        f"(select *, {bucket_sql(side)} as {_BUCKET}, {side.row_hash} as {_HASH} "
        f"from {side.relation.sql}) group by {_BUCKET}"
    )
    row = con.execute(f"select {', '.join(outer)} from {identifier(into)}").fetchone()
    assert row is not None
    rows, mixed, total, *values = row
    columns: dict[str, ColumnSummary] = {}
    for (name, width), (_, shape) in zip(spans, shapes, strict=True):
        columns[shape.name] = _column(shape, int(rows), values[:width])
        del values[:width], name
    digest = f"{int(mixed):016x}{int(total) % 2**64:016x}"
    return SideSummary(int(rows), digest, None, columns)


_TOTALS: Final = ["coalesce(sum(n), 0)", "coalesce(bit_xor(x), 0)", "coalesce(sum(s), 0)"]


def _partials(shape: Shape, number: int) -> list[tuple[str, str, str]]:
    """Per figure of a column: its name, SQL within a bucket, SQL over all buckets."""

    def figure(name: str, sql: str, total: str) -> tuple[str, str, str]:
        alias = f"f{number}_{name}"
        return alias, sql, total.format(alias)

    found = [figure("values", f"count({shape.sql})", "coalesce(sum({}), 0)")]
    x = _ordered(shape)
    if x is not None:
        found.append(figure("min", f"min({x})", _as_text("min", shape)))
        found.append(figure("max", f"max({x})", _as_text("max", shape)))
    for place, part in enumerate(_summands(shape)):
        found.append(figure(f"sum{place}", f"sum({part})", "cast(sum({}) as varchar)"))
    if shape.type == NUMERIC_TEXT:
        found.append(figure("fit", f"count({_fitted(shape)})", "coalesce(sum({}), 0)"))
    return found


def _column(shape: Shape, rows: int, figures: Sequence[Any]) -> ColumnSummary:
    held = list(figures)
    values = int(held.pop(0))
    fits = int(held.pop()) == values if shape.type == NUMERIC_TEXT else True
    low, high = (held.pop(0), held.pop(0)) if _ordered(shape) is not None else (None, None)
    sum_ = _exact_sum(held) if held and values and fits else None
    if not fits:
        low = high = None
    return ColumnSummary(rows - values, sum_, low, high)


def _exact_sum(parts: Sequence[Any]) -> str | None:
    if any(part is None for part in parts):
        return None
    numbers = [Decimal(str(part)) for part in parts]
    if len(numbers) == 1:
        return _plain(str(parts[0]))
    # High and low half of the whole part, and what stands after the point: see `_summands`.
    high, low, fraction = (int(numbers[0]), int(numbers[1]), str(parts[2]))
    scale = len(fraction.partition(".")[2])
    unscaled = (high * _HALF + low) * 10**scale + int(fraction.replace(".", ""))
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    point = len(digits) - scale
    text = digits[:point] + ("." + digits[point:] if scale else "")
    return _plain(("-" if unscaled < 0 else "") + text)


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ordered(shape: Shape) -> str | None:
    """SQL for what is compared for the least and the greatest value; None without an order."""
    if shape.family == "json" or shape.type == "UHUGEINT":
        return None
    if shape.type == NUMERIC_TEXT:
        return _fitted(shape)
    # An enum's own order is that of its declaration.
    return text_sql(shape) if shape.family in ("text", "float", "time") else shape.sql


def _as_text(function: str, shape: Shape) -> str:
    """SQL over the buckets' least or greatest values, to be formatted with their column's name."""
    if shape.family in ("text", "float", "time"):
        return f"{function}({{0}})"
    type_ = "DECIMAL(38,9)" if shape.type == NUMERIC_TEXT else shape.type
    inner = text_sql(Shape("·", type_, shape.family, shape.digits))
    return inner.replace(identifier("·"), f"{function}({{0}})")


def _fitted(shape: Shape) -> str:
    """A number that came as text, as the decimal it is; null if that does not hold it."""
    text = text_sql(shape)
    cast = f"try_cast({text} as decimal(38, 9))"
    return f"case when rtrim(rtrim(cast({cast} as varchar), '0'), '.') = {text} then {cast} end"


def _summands(shape: Shape) -> list[str]:
    """What is added up: one term, or three where the sum of the numbers might not fit."""
    x, decimal = shape.sql, shape.decimal
    if shape.family == "float" and shape.digits is not None and shape.digits <= _FLOAT_DIGITS:
        return [f"try_cast(round({x}, {shape.digits}) as decimal(38, {shape.digits}))"]
    if shape.family != "number" or shape.type in ("UHUGEINT", "BIGNUM", "VARINT"):
        return []
    is_wide = shape.type in ("HUGEINT", NUMERIC_TEXT) or (decimal and decimal[0] > 29)
    if not is_wide:
        return [x]
    if shape.type == NUMERIC_TEXT:
        x = _fitted(shape)
    whole = x if shape.type == "HUGEINT" else f"cast(trunc({x}) as hugeint)"
    rest = "0" if shape.type == "HUGEINT" else f"({x} - trunc({x}))"
    return [
        f"{whole} // {_HALF}",
        f"{whole} % {_HALF}",
        f"case when {x} is not null then {rest} end",
    ]
