"""A table's profile, and the SodaCL that would hold for it: a proposal for a person to review."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from buck.names import TableRef, identifier, literal
from buck.records.quality import Dimension

_SHAPES: Final = {
    "^[0-9a-f]{32}$": "an MD5 hash",
    "^[a-z]{2,6}_[a-zA-Z0-9]+$": "a prefixed id",
    "^[A-Z]{2}$": "a country code",
    "^[a-z]{3}$": "a currency code",
    "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$": "an e-mail address",
    "^[a-zA-Z0-9]{15,18}$": "a Salesforce id",
}
_MOST_VALUES: Final = 12
_ROWS_PER_VALUE: Final = 10
_FEW_MISSING: Final = 0.05
_KEYS: Final = ("_id", "_key")
_TIMES: Final = ("created_at", "placed_at", "occurred_at")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What one query tells about a column."""

    name: str
    type: str
    rows: int
    missing: int
    distinct: int
    lowest: Any
    shape: str = ""
    """The first of some well-known patterns that all values match."""
    values: tuple[str, ...] = ()
    """All values of a text column, sorted, if there are at most twelve."""


def profile(connection: Any, table: TableRef) -> tuple[ColumnProfile, ...]:
    """The table's columns as they are, in their order; one scan and one query per short list."""
    described = connection.execute(f"describe {table.sql}").fetchall()
    columns = [(str(row[0]), str(row[1])) for row in described]
    parts = ["count(*)"]
    for name, type_ in columns:
        column = identifier(name)
        parts += [f"count({column})", f"count(distinct {column})", _lowest(column, type_)]
        parts.append(_shape(column) if type_ == "VARCHAR" else "''")
    held = connection.execute(f"select {', '.join(parts)} from {table.sql}").fetchone()
    rows, found = int(held[0]), []
    for place, (name, type_) in enumerate(columns):
        present, distinct, lowest, shape = held[1 + 4 * place : 5 + 4 * place]
        values: tuple[str, ...] = ()
        if type_ == "VARCHAR" and 0 < distinct <= _MOST_VALUES:
            column = identifier(name)
            listed = connection.execute(
                f"select distinct {column} from {table.sql} "
                f"where {column} is not null order by {column}"
            )
            values = tuple(str(row[0]) for row in listed.fetchall())
        found.append(
            ColumnProfile(name, type_, rows, rows - present, distinct, lowest, shape, values)
        )
    return tuple(found)


def suggest_checks(
    columns: Collection[ColumnProfile],
    table: TableRef,
    *,
    owner: str = "",
    personal: Collection[str] = (),
) -> str:
    """A SodaCL file that the table passes today; every check of it only warns.

    Values of personal columns are not written down.

    Args:
        columns: What `profile` gave.
        table: Whose profile it is.
        owner: Who answers for the table.
        personal: Names of columns with personal data.
    """
    rows = next((c.rows for c in columns), 0)
    lines = [
        f"# Suggested from {rows} rows: keep what must always hold, mend the rest, and let what",
        "# you trust fail instead of warn.",
        f"checks for {table.name}:",
    ]
    checks: list[_Suggested] = [("row_count > 0", "There are rows", "completeness", [])]
    for column in columns:
        checks += _for_column(column, is_personal=column.name in personal)
    for rule, name, dimension, settings in checks:
        about = ", ".join(
            [f"dimension: {dimension}", "severity: warn", *([f"owner: {owner}"] if owner else [])]
        )
        lines += [f"  - {rule}:", f"      name: {_quote(name)}"]
        lines += [f"      {setting}" for setting in settings]
        lines.append(f"      attributes: {{ {about} }}")
    return "\n".join(lines) + "\n"


_Suggested = tuple[str, str, Dimension, list[str]]


def _for_column(column: ColumnProfile, *, is_personal: bool) -> Iterator[_Suggested]:
    name = column.name
    if not column.rows or column.missing == column.rows:
        return
    if not column.missing:
        yield f"missing_count({name}) = 0", f"{name} is always there", "completeness", []
    elif column.missing <= column.rows * _FEW_MISSING:
        percent = int(100 * column.missing / column.rows) + 1
        yield (
            f"missing_percent({name}) < {percent}",
            f"{name} is seldom missing",
            "completeness",
            [],
        )
    if column.distinct == column.rows and name.endswith(_KEYS):
        yield f"duplicate_count({name}) = 0", f"{name} tells rows apart", "uniqueness", []
    yield from _for_values(column, is_personal=is_personal)
    if name in _TIMES:
        yield f"freshness({name})", f"{name} keeps coming", "timeliness", ["warn: when > 3d"]


def _for_values(column: ColumnProfile, *, is_personal: bool) -> Iterator[_Suggested]:
    name = column.name
    is_set = column.values and column.rows >= _ROWS_PER_VALUE * column.distinct
    if is_set and not is_personal and not name.endswith(_KEYS):
        values = ", ".join(_quote(value) for value in column.values)
        yield (
            f"invalid_count({name}) = 0",
            f"{name} is known",
            "validity",
            [f"valid values: [{values}]"],
        )
    elif column.shape:
        what = _SHAPES[column.shape]
        setting = f"valid regex: {_quote(column.shape)}"
        yield f"invalid_count({name}) = 0", f"{name} looks like {what}", "validity", [setting]
    elif column.lowest is not None and column.lowest >= 0:
        yield f"invalid_count({name}) = 0", f"{name} is not negative", "validity", ["valid min: 0"]


def _lowest(column: str, type_: str) -> str:
    is_number = type_.endswith(("INT", "INTEGER")) or type_.startswith(("DECIMAL", "DOUBLE"))
    return f"min({column})" if is_number else "null"


def _shape(column: str) -> str:
    tried = " ".join(
        f"when count({column}) > 0 and coalesce(bool_and(regexp_matches({column}, "
        f"{literal(pattern)})), false) then {literal(pattern)}"
        for pattern in _SHAPES
    )
    return f"case {tried} else '' end"


def _quote(text: str) -> str:
    # YAML's single quotes follow the rule of SQL's.
    return literal(text)
