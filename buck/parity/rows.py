"""The second pass: only buckets that differ are read again, down to the rows and their columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from buck.names import identifier
from buck.parity.plan import Plan, Side
from buck.parity.summary import bucket_sql
from buck.records.comparison import ROW_KINDS, RowDifference, RowKind
from buck.records.rows import Plain, plain_value

if TYPE_CHECKING:
    from buck.engine.types import Connection

_PAIRS: Final = {
    "added": "l.k is null",
    "removed": "r.k is null",
    "changed": "l.k is not null and r.k is not null",
}


@dataclass(frozen=True, slots=True)
class RowsFound:
    """What differs, and by how many keys the sides differ in the buckets that were read."""

    counts: dict[RowKind, int]
    columns: dict[str, int]
    samples: tuple[RowDifference, ...]
    keys_more: int


def find_rows(
    con: Connection,
    plan: Plan,
    *,
    buckets: str,
    tables: tuple[str, str],
    personal: Collection[str],
    limit: int,
) -> RowsFound:
    """Every row that only one side has, paired by key where both have one.

    Args:
        con: The connection.
        plan: What is compared.
        buckets: A temporary table with the differing buckets, as `b`.
        tables: Names for two temporary tables, one per side; they stay.
        personal: Columns, in lower case, whose values are masked.
        limit: How many rows of each kind are shown.
    """
    left, right = tables
    for side, into in ((plan.left, left), (plan.right, right)):
        _fetch(con, side, buckets, into)
    net, pairs = identifier(f"{left}_net"), identifier(f"{left}_pairs")
    con.execute(
        f"create or replace temp table {net} as select k, h, sum(one) as n from ("
        f"select k, h, 1 as one from {identifier(left)} union all "
        f"select k, h, -1 from {identifier(right)}) group by k, h having sum(one) <> 0"
    )
    width = len(plan.columns)
    shown = ", ".join(
        [f"l.c{i} as l{i}, r.c{i} as r{i}" for i in range(width)] or ["null as nothing"]
    )
    kinds = " ".join(f"when {sql} then '{kind}'" for kind, sql in _PAIRS.items())
    con.execute(
        f"create or replace temp table {pairs} as select case {kinds} end as kind, {shown} "
        f"from ({_surplus(left, net, 1)}) l full join ({_surplus(right, net, -1)}) r "
        "on l.k = r.k and l.place = r.place"
    )
    more = _keys(con, right) - _keys(con, left)
    samples = _samples(con, plan, pairs, personal, limit)
    found = RowsFound(_counts(con, pairs), _columns(con, plan, pairs), samples, more)
    for table in (net, pairs):
        con.execute(f"drop table {table}")
    return found


def _fetch(con: Connection, side: Side, buckets: str, into: str) -> None:
    texts = "".join(f", {sql} as c{i}" for i, sql in enumerate(side.texts))
    con.execute(
        f"create or replace temp table {identifier(into)} as select {side.key_hash} as k, "
        f"{side.row_hash} as h{texts} from {side.relation.sql} "
        f"where {bucket_sql(side)} in (select b from {identifier(buckets)})"
    )


def _surplus(table: str, net: str, sign: int) -> str:
    """Rows that this side has more often than the other, numbered within their key."""
    return (
        "select *, row_number() over (partition by k order by h) as place from ("
        "select t.*, row_number() over (partition by t.k, t.h) as times, m.n "
        f"from {identifier(table)} t join {net} m on t.k = m.k and t.h = m.h "
        f"where m.n * {sign} > 0) where times <= n * {sign}"
    )


def _counts(con: Connection, pairs: str) -> dict[RowKind, int]:
    answer = con.execute(f"select kind, count(*) from {pairs} group by kind").fetchall()
    found = {str(kind): int(count) for kind, count in answer}
    return {kind: found.get(kind, 0) for kind in ROW_KINDS}


def _columns(con: Connection, plan: Plan, pairs: str) -> dict[str, int]:
    if not plan.columns:
        return {}
    sums = ", ".join(
        f"count(*) filter (l{i} is distinct from r{i})" for i in range(len(plan.columns))
    )
    row: tuple[Any, ...] = (
        con.execute(f"select {sums} from {pairs} where kind = 'changed'").fetchone() or ()
    )
    found = zip(plan.columns, row, strict=True)
    return {name: int(count) for name, count in found if count}


def _keys(con: Connection, table: str) -> int:
    row = con.execute(f"select count(distinct k) from {identifier(table)}").fetchone()
    return int(row[0]) if row else 0


def _samples(
    con: Connection, plan: Plan, pairs: str, personal: Collection[str], limit: int
) -> tuple[RowDifference, ...]:
    names = list(plan.left.shapes)
    places = [names.index(name) for name in plan.left.key] or list(range(len(names)))
    order = ", ".join(f"coalesce(l{i}, r{i})" for i in places) or "kind"
    found = []
    for kind in ROW_KINDS:
        answer = con.execute(
            f"select * exclude (kind) from {pairs} where kind = '{kind}' "
            f"order by {order} limit {limit}"
        ).fetchall()
        found += [_difference(plan, kind, row, personal) for row in answer]
    return tuple(found)


def _difference(
    plan: Plan, kind: RowKind, row: tuple[Any, ...], personal: Collection[str]
) -> RowDifference:
    def shown(value: Any, name: str) -> Plain:
        return plain_value(value, masked=name.lower() in personal)

    columns = plan.columns
    lefts, rights = row[0::2], row[1::2]
    both = list(zip(columns, lefts, rights, strict=False))
    if kind == "changed":
        both = [held for held in both if held[1] != held[2]]
    key = {}
    for name in plan.key:
        place = columns.index(name)
        own = rights[place] if kind == "added" else lefts[place]
        key[name] = shown(own, name)
    return RowDifference(
        kind,
        key,
        {name: shown(one, name) for name, one, _ in both} if kind != "added" else {},
        {name: shown(other, name) for name, _, other in both} if kind != "removed" else {},
    )
