"""Comparing tables: a scan of each side first, rows only where that tells of a difference."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from buck.engine import translate_errors
from buck.names import identifier
from buck.parity.plan import Plan, Side, make_plan
from buck.parity.relation import Relation
from buck.parity.rows import RowsFound, find_rows
from buck.parity.summary import summarize
from buck.records.comparison import Comparison, Presence, SideSummary, TableComparison
from buck.records.rows import plain_value

if TYPE_CHECKING:
    from buck.engine.types import Connection

SAMPLES: Final = 5


def compare(
    con: Connection,
    left: Relation | str,
    right: Relation | str,
    *,
    table: str = "",
    key: Sequence[str] = (),
    ignore: Collection[str] = (),
    precision: Mapping[str, int] | None = None,
    personal: Collection[str] = (),
    limit: int = SAMPLES,
    figures: bool = True,
) -> TableComparison:
    """Compare two tables that one connection reaches, value by value.

    Values are equal if their canonical texts are: the order of rows and columns, the width of
    numbers, time zones and enums make no difference; see docs/adr/0011-parity.md. Nothing outside
    of the connection's temporary tables is written, and what does not fit into its memory limit is
    spilled.

    Args:
        con: The connection; its temporary tables are dropped at the end.
        left: The one table, as what can stand after FROM.
        right: The other.
        table: Its name in the result.
        key: Columns that name a row. Without them, or if one of them cannot be compared, whole
            rows are added or removed and none is changed.
        ignore: Columns to leave out, in any letter case.
        precision: For columns of floating point, how many digits after the point count; without
            that every bit counts.
        personal: Columns whose values are masked in the result, in any letter case.
        limit: How many rows of each kind are shown.
        figures: Whether to add up what proves nothing more about the rows, and is good to show:
            nulls, sums, least and greatest values, distinct keys. It takes as long again.

    Raises:
        LakeError: no memory or disk space is left.
        LakeDamaged: a file cannot be read.
    """
    sides = [Relation(held) if isinstance(held, str) else held for held in (left, right)]
    hidden = {name.lower() for name in personal}
    mark = f"parity_{uuid.uuid4().hex[:12]}"
    names = [f"{mark}_{part}" for part in ("left", "right", "buckets", "lrows", "rrows")]
    with translate_errors():
        plan = make_plan(con, *sides, key=key, ignore=ignore, precision=precision or {})
        try:
            one, other = (
                summarize(con, side, into, figures=figures)
                for side, into in zip((plan.left, plan.right), names, strict=False)
            )
            found = None
            if one.content_hash != other.content_hash or one.rows != other.rows:
                _differing_buckets(con, *names[:3])
                found = find_rows(
                    con,
                    plan,
                    buckets=names[2],
                    tables=(names[3], names[4]),
                    personal=hidden,
                    limit=limit,
                )
            if figures and plan.key:
                one, other = _count_keys(con, plan, one, other, found)
        finally:
            for name in names:
                con.execute(f"drop table if exists {identifier(name)}")
    return _result(table, plan, _masked(one, hidden), _masked(other, hidden), found)


def compare_sets(
    con: Connection,
    left: Mapping[str, Relation | str],
    right: Mapping[str, Relation | str],
    *,
    tables: Collection[str] = (),
    names: tuple[str, str] = ("left", "right"),
    keys: Mapping[str, Sequence[str]] | None = None,
    ignore: Collection[str] = (),
    precision: Mapping[str, Mapping[str, int]] | None = None,
    personal: Collection[str] = (),
    limit: int = SAMPLES,
    figures: bool = True,
) -> Comparison:
    """Compare every table that one of two sets has, in the order of their names.

    A table that only one side has is told with the rows it has there. Each table is asked for once,
    when its turn comes. For the arguments see `compare`; `keys` and `precision` are per table, and
    `tables` names those that are wanted, if not all are.
    """
    found = []
    wanted = {*left, *right} & set(tables) if tables else {*left, *right}
    for table in sorted(wanted):
        one, other = left.get(table), right.get(table)
        if one is None or other is None:
            found.append(_lonely(con, table, one, other))
            continue
        found.append(
            compare(
                con,
                one,
                other,
                table=table,
                key=(keys or {}).get(table, ()),
                ignore=ignore,
                precision=(precision or {}).get(table),
                personal=personal,
                limit=limit,
                figures=figures,
            )
        )
    return Comparison(names[0], names[1], tuple(found))


def _differing_buckets(con: Connection, left: str, right: str, into: str) -> None:
    con.execute(
        f"create or replace temp table {identifier(into)} as select coalesce(l.b, r.b) as b "
        f"from {identifier(left)} l full join {identifier(right)} r on l.b = r.b "
        "where l.n is distinct from r.n or l.x is distinct from r.x or l.s is distinct from r.s"
    )


def _count_keys(
    con: Connection, plan: Plan, one: SideSummary, other: SideSummary, found: RowsFound | None
) -> tuple[SideSummary, SideSummary]:
    """Count one side's keys; the other's differ only by those of buckets that differ."""
    keys = _keys(con, plan.left)
    more = found.keys_more if found else 0
    return replace(one, distinct_keys=keys), replace(other, distinct_keys=keys + more)


def _keys(con: Connection, side: Side) -> int:
    row = con.execute(
        f"select count(*) from (select distinct {side.key_hash} from {side.relation.sql})"
    ).fetchone()
    return int(row[0]) if row else 0


def _lonely(
    con: Connection, table: str, left: Relation | str | None, right: Relation | str | None
) -> TableComparison:
    held = left if left is not None else right
    assert held is not None
    sql = held if isinstance(held, str) else held.sql
    with translate_errors():
        row = con.execute(f"select count(*) from {sql}").fetchone()
    rows = int(row[0]) if row else 0
    side, presence = SideSummary(rows, ""), ("left" if left is not None else "right")
    return TableComparison(
        table,
        _presence(presence),
        left=side if left is not None else None,
        right=side if right is not None else None,
        added=rows if left is None else 0,
        removed=rows if right is None else 0,
    )


def _presence(word: str) -> Presence:
    return "left" if word == "left" else "right"


def _masked(side: SideSummary, hidden: Collection[str]) -> SideSummary:
    columns = {
        name: replace(
            held,
            sum=None if name.lower() in hidden else held.sum,
            min=plain_value(held.min, masked=name.lower() in hidden),
            max=plain_value(held.max, masked=name.lower() in hidden),
        )
        for name, held in side.columns.items()
    }
    return replace(side, columns=columns)


def _result(
    table: str, plan: Plan, left: SideSummary, right: SideSummary, found: RowsFound | None
) -> TableComparison:
    counts = found.counts if found else {}
    return TableComparison(
        table=table,
        key=plan.key,
        left=left,
        right=right,
        schema=plan.schema,
        ignored=plan.ignored,
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        changed=counts.get("changed", 0),
        changed_columns=found.columns if found else {},
        samples=found.samples if found else (),
    )
