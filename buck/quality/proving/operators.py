"""The kinds of damage, and to which columns each of them can be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from buck.names import identifier, literal

DROP: Final = "drop"
DUPLICATE: Final = "duplicate"
_WHOLE: Final = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
_REFERRING: Final = ("_id", "_key")
_LOST_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Damage:
    """One operator on one column: what stands there afterwards."""

    operator: str
    column: str
    replacement: str
    """An expression over the table `damaged`; rows where it gives the same value are left out."""


def damages(column: str, type_: str) -> Iterator[Damage]:
    """Every damage that can be done to a column of a DuckDB type."""
    name, kind = identifier("damaged", column), type_.upper()
    yield Damage("null", column, "null")
    if kind == "BOOLEAN":
        yield Damage("shift", column, f"not {name}")
    elif kind in _WHOLE or kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")):
        yield from _number(column, name, kind)
    elif kind == "DATE" or kind.startswith("TIMESTAMP"):
        yield from _time(column, name, kind)
    elif kind == "VARCHAR":
        yield from _text(column, name)


def _number(column: str, name: str, kind: str) -> Iterator[Damage]:
    yield Damage("shift", column, f"{name} + 1")
    yield Damage("swap sign", column, f"-{name}")
    # What does not fit into the column's type cannot be there.
    yield Damage("times 100", column, f"try_cast({name} * cast(100 as hugeint) as {kind})")
    if kind in _WHOLE and column.endswith(_REFERRING):
        yield Damage("orphan", column, f"try_cast({name} + 1000003 as {kind})")


def _time(column: str, name: str, kind: str) -> Iterator[Damage]:
    def moved(by: str) -> str:
        # Near the end of time there is no later day.
        return f"try_cast({name} {by} as {kind})"

    yield Damage("shift", column, moved("+ interval 1 day"))
    yield Damage("stale", column, moved(f"- interval {_LOST_DAYS} day"))
    if kind != "DATE":
        yield Damage("wrong time zone", column, moved("+ interval 5 hour"))


def _text(column: str, name: str) -> Iterator[Damage]:
    # Another row's value: plausible in itself, and not this row's.
    yield Damage("shift", column, f"lag({name}) over (order by places.place)")
    yield Damage("truncate", column, f"left({name}, cast(length({name}) // 2 as integer))")
    if column.endswith(_REFERRING):
        yield Damage("orphan", column, f"'orphan_' || md5({name})")
    if column == "currency" or column.endswith("_currency"):
        pounds, euros = literal("gbp"), literal("eur")
        yield Damage(
            "wrong currency", column, f"case when {name} = {euros} then {pounds} else {euros} end"
        )
