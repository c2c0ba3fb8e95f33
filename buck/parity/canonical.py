"""One text per value, whatever its type's width, time zone or precision: what equality means here.

`text_sql` gives that text, `image_sql` something cheaper to hash that is equal for two values
exactly where their texts are (but for a chance of 2⁻⁶³).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from buck.names import identifier
from buck.parity.relation import NUMERIC_TEXT

Family = Literal[
    "number", "float", "boolean", "timestamp", "date", "time", "interval", "blob", "text", "json"
]
_FAMILIES: Final[dict[str, Family]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "number"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "number"),
    **dict.fromkeys(("BIGNUM", "VARINT", NUMERIC_TEXT), "number"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "float"),
    "BOOLEAN": "boolean",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "timestamp"),
    **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "timestamp"),
    "DATE": "date",
    **dict.fromkeys(("TIME", "TIME_NS", "TIME WITH TIME ZONE"), "time"),
    "INTERVAL": "interval",
    "BLOB": "blob",
    "JSON": "json",
}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_NESTED: Final = re.compile(r"\]$|^(STRUCT|MAP|UNION|VARIANT)\b")
_SMALL: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_LONGEST: Final = 9_223_372_036_854_775_807


@dataclass(frozen=True, slots=True)
class Shape:
    """How one side's column is read: its name, its type, the family both sides agreed on."""

    name: str
    type: str
    family: Family
    digits: int | None = None
    """For floats: how many digits after the point count; None for all of them."""

    @property
    def sql(self) -> str:
        """The quoted name."""
        return identifier(self.name)

    @property
    def decimal(self) -> tuple[int, int] | None:
        """Width and scale of a decimal type."""
        found = _DECIMAL.fullmatch(self.type)
        return (int(found[1]), int(found[2])) if found else None


def family_of(type_: str) -> Family:
    """The family of a DuckDB type; enums, UUIDs and bit strings count as text."""
    if _DECIMAL.fullmatch(type_):
        return "number"
    if _NESTED.search(type_) and not type_.startswith("ENUM"):
        return "json"
    return _FAMILIES.get(type_, "text")


def common_family(left: str, right: str) -> Family | None:
    """The family in which two types can be compared, or None."""
    one, other = family_of(left), family_of(right)
    if {one, other} == {"json", "text"}:
        # Engines without a JSON type hold it as text.
        return "json"
    return one if one == other else None


def text_sql(shape: Shape) -> str:
    """SQL for the canonical text of a column; null stays null."""
    plain: Callable[[Shape], str] = _TEXTS.get(shape.family, _as_text)
    return plain(shape)


def image_sql(shape: Shape) -> str:
    """SQL for a value to hash in place of the text."""
    return {
        "number": _number_image,
        "float": _float_value,
        "boolean": _own,
        "timestamp": _timestamp_image,
        "date": _own,
        "blob": _own,
    }.get(shape.family, text_sql)(shape)


def _own(shape: Shape) -> str:
    return shape.sql


def _as_text(shape: Shape) -> str:
    return f"cast({shape.sql} as varchar)"


def _number_text(shape: Shape) -> str:
    text = _as_text(shape)
    if shape.type == NUMERIC_TEXT:
        return f"case when contains({text}, '.') then {_trimmed(text)} else {text} end"
    decimal = shape.decimal
    return _trimmed(text) if decimal and decimal[1] else text


def _trimmed(text: str) -> str:
    return f"rtrim(rtrim({text}, '0'), '.')"


def _number_image(shape: Shape) -> str:
    """A BIGINT: the number itself if it is a whole one that fits, else a hash."""
    decimal, x = shape.decimal, shape.sql
    if shape.type in _SMALL or (decimal and decimal[1] == 0 and decimal[0] <= 18):
        return f"cast({x} as bigint)"
    if decimal and decimal[1] <= 9 and decimal[0] - decimal[1] <= 18:
        # Not `trunc`, which goes the long way round. A null is not unequal, and stays null.
        whole = f"cast(cast({x} as bigint) as {shape.type})"
        return (
            f"case when {x} <> {whole} then {_hashed(f'cast({x} as decimal(38, 9))')} "
            f"else cast({x} as bigint) end"
        )
    text = _number_text(shape)
    nine = f"try_cast({text} as decimal(38, 9))"
    is_exact = f"{_trimmed(f'cast({nine} as varchar)')} = {text}"
    return (
        f"case when {x} is null then null else coalesce(try_cast(case when not "
        f"contains({text}, '.') then {text} end as bigint), case when {is_exact} "
        f"then {_hashed(nine)} else {_hashed(text)} end) end"
    )


def _hashed(sql: str) -> str:
    return f"cast(hash({sql}) >> 1 as bigint)"


def _float_value(shape: Shape) -> str:
    """A double with one zero and one NaN; a FLOAT is widened bit by bit."""
    x = shape.sql
    if shape.type == "FLOAT":
        x = f"cast({x} as double)"
    if shape.digits is not None:
        x = f"case when isfinite({x}) then round({x}, {shape.digits}) else {x} end"
    return f"case when isnan({x}) then 'nan'::double when {x} = 0 then 0::double else {x} end"


def _float_text(shape: Shape) -> str:
    x = _float_value(shape)
    return (
        f"case when isnan({x}) then 'NaN' when isinf({x}) then "
        f"case when {x} > 0 then 'Infinity' else '-Infinity' end else cast({x} as varchar) end"
    )


def _micros(shape: Shape) -> str:
    """Nanoseconds end here: not every engine has them."""
    narrow = shape.type in ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
    return f"cast({shape.sql} as timestamp)" if narrow else shape.sql


def _timestamp_image(shape: Shape) -> str:
    """Microseconds since 1970, UTC; a time without a zone is taken as UTC."""
    x = _micros(shape)
    return (
        f"coalesce(epoch_us({x}), case {x} when 'infinity' then {_LONGEST} "
        f"when '-infinity' then -{_LONGEST} end)"
    )


def _timestamp_text(shape: Shape) -> str:
    x = _micros(shape)
    return (
        f"coalesce(strftime(make_timestamp(epoch_us({x})), '%Y-%m-%dT%H:%M:%S.%fZ'), "
        f"cast({x} as varchar))"
    )


def _json_text(shape: Shape) -> str:
    """Every leaf with its path, in the order of the paths; what is no JSON stays as it is."""
    x = f"to_json({shape.sql})" if _NESTED.search(shape.type) else shape.sql
    x = f"cast({x} as varchar)"
    return (
        f"case when json_valid({x}) then (select string_agg(j.fullkey || '=' || case "
        "when j.type = 'DOUBLE' then rtrim(rtrim(cast(j.atom as varchar), '0'), '.') "
        "else coalesce(cast(j.atom as varchar), cast(j.value as varchar)) end, ', ' "
        f"order by j.fullkey) from json_tree(case when json_valid({x}) then {x} end) j "
        "where j.atom is not null or j.type = 'NULL' "
        "or cast(j.value as varchar) in ('{}', '[]')) "
        f"else {x} end"
    )


def _blob_text(shape: Shape) -> str:
    return f"lower(hex({shape.sql}))"


_TEXTS: Final[dict[Family, Callable[[Shape], str]]] = {
    "number": _number_text,
    "float": _float_text,
    "timestamp": _timestamp_text,
    "json": _json_text,
    "blob": _blob_text,
}
