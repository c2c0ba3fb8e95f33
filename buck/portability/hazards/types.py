"""Hazards of casts: types that some engines lack, and values that they turn otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlglot import Token, exp

from buck.portability.hazards.hazard import Hazard, differs
from buck.portability.statement import Statement

_TEXT = {"varchar", "text", "string", "char", "nvarchar", "bpchar"}
_FLOAT = {"double", "float", "float8", "float4", "float64", "real"}
_INSTANT = {"timestamptz", "timestamp_tz", "timestampltz", "timestamp_ltz"}
_NAIVE = {"timestamp", "datetime", "timestamp_ntz", "timestampntz"}
_WHOLE = (exp.DataType.Type.INT, exp.DataType.Type.BIGINT, exp.DataType.Type.SMALLINT)
_EXACT = (exp.DataType.Type.DECIMAL, exp.DataType.Type.BIGDECIMAL)


def _types(*groups: set[str], zoned: bool | None = None) -> Callable[[Statement], Iterator[int]]:
    """Type names behind `as` or `::`, as a person spelled them."""
    wanted = set().union(*groups)

    def find(statement: Statement) -> Iterator[int]:
        for number, token in statement.own_tokens:
            if not token.text or not _is_type(statement.tokens, number):
                continue
            spelled = " ".join(t.text.lower() for t in statement.tokens[number : number + 4])
            name = spelled.replace("(", " ").replace(")", " ").split()[0]
            is_zoned = "zone" in spelled.split()[:4] or name in _INSTANT
            if name in wanted and (zoned is None or zoned == is_zoned):
                yield token.start

    return find


def _is_type(tokens: Sequence[Token], number: int) -> bool:
    """Whether a word names a cast's type: after `::`, or after the `as` of a cast."""
    before = tokens[number - 1].text.lower() if number else ""
    if before != "as":
        return before == "::"
    depth = 0
    for place in range(number - 2, 0, -1):
        text = tokens[place].text
        depth += (text == ")") - (text == "(")
        if depth < 0:
            return tokens[place - 1].text.lower() in ("cast", "try_cast", "safe_cast")
    return False


def _booleans(statement: Statement) -> Iterator[int]:
    for node, place in statement.find_own(exp.Cast):
        if node.to.this == exp.DataType.Type.BOOLEAN and not isinstance(
            node.this, exp.Null | exp.Boolean
        ):
            yield place


def _roundings(statement: Statement) -> Iterator[int]:
    for node, place in statement.find_own(exp.Cast):
        if node.to.this in _WHOLE and _is_fraction(node.this):
            yield place


def _is_fraction(node: exp.Expression) -> bool:
    """Whether a value may have decimals: a quotient, a product with a fraction, a cast to one."""
    if isinstance(node, exp.Round | exp.Floor | exp.Ceil | exp.Subquery | exp.Case | exp.Count):
        return False
    if isinstance(node, exp.Div | exp.Avg):
        return True
    if isinstance(node, exp.Literal):
        return not node.is_string and "." in node.name
    if isinstance(node, exp.Cast):
        return node.to.this in (
            exp.DataType.Type.DECIMAL, exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT,
        )  # fmt: skip
    if isinstance(node, exp.Binary | exp.Paren | exp.Neg | exp.Coalesce | exp.Sum | exp.Abs):
        return any(
            _is_fraction(part)
            for part in node.iter_expressions()
            if isinstance(part, exp.Expression)
        )
    return False


def _sized_decimals(statement: Statement) -> Iterator[int]:
    for node, place in statement.find_own(exp.Cast):
        if node.to.this in _EXACT and node.to.expressions:
            yield place


TYPES: tuple[Hazard, ...] = (
    Hazard(
        "text_type",
        differs(
            bigquery="calls it string",
            redshift="keeps 256 bytes of it",
            postgres="has no type string, and one character in char",
            databricks="wants a length, or string",
        ),
        "as_text(value), text_type()",
        _types(_TEXT),
    ),
    Hazard(
        "float_type",
        differs(
            duckdb="is inexact: sums depend on the order of the rows",
            others="is inexact: sums depend on the order of the rows; engines name it otherwise",
        ),
        "money_type(), decimal_type(precision, scale), float_type()",
        _types(_FLOAT),
    ),
    Hazard(
        "instant_type",
        differs(
            bigquery="calls it timestamp",
            databricks="calls it timestamp",
            snowflake="keeps the offset in it, or not, by the type's name",
        ),
        "timestamp_type(), timestamp_literal(text)",
        _types(_INSTANT, {"timestamp"}, zoned=True),
    ),
    Hazard(
        "time_zone",
        differs(
            duckdb="drops the offset of a text",
            postgres="drops the offset of a text",
            snowflake="drops the offset, or not, by a setting of the account",
            bigquery="turns the offset into UTC",
            redshift="drops the offset of a text",
            databricks="turns the offset into UTC, and reads what has none in the session's zone",
        ),
        "timestamp_type(), timestamp_literal(text)",
        _types(_NAIVE, zoned=False),
    ),
    Hazard(
        "boolean",
        differs(others="accepts other words for true and false"),
        "parse_boolean(text)",
        _booleans,
    ),
    Hazard(
        "rounding",
        differs(
            postgres="rounds a double half to even",
            redshift="cuts decimals off",
            databricks="cuts decimals off",
        ),
        "round_to(value, 0), divide_whole(a, b)",
        _roundings,
    ),
    Hazard(
        "decimal_type",
        differs(bigquery="takes no digits in a cast, and NUMERIC has 29 and 9"),
        "as_money(value), as_decimal(value, precision, scale)",
        _sized_decimals,
    ),
)
