"""What is in a table, in a form that can be compared: columns, row count, hash."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buck.engine.columns import typed_select
from buck.names import identifier, literal
from buck.records.layout import Layout
from buck.records.snapshot import SnapshotPart

if TYPE_CHECKING:
    from buck.engine.types import Connection


@dataclass(frozen=True, slots=True)
class Content:
    """A table's columns (name to published DuckDB type, in order), rows and hash."""

    columns: Mapping[str, str]
    rows: int
    hash: str
    """Over all rows, whatever their order; equal content has equal hashes on one DuckDB version."""
    select: str
    """The SELECT that gives exactly these rows with these types."""
    parts: tuple[SnapshotPart, ...] = ()
    """Of a table that is cut by time: what each stretch holds, oldest first, without files."""


ROW_SUMS = "count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0)"
"""What `digest` takes, over rows called `t`."""


def digest(xor: int, total: int) -> str:
    """The hash of some rows whatever their order, from `ROW_SUMS`."""
    return f"{xor:016x}{total % 2**64:016x}"


def digest_of_parts(hashes: Iterable[str]) -> str:
    """The hash of all rows from those of parts of them that share none."""
    xor, total = 0, 0
    for part in hashes:
        xor ^= int(part[:16], 16)
        total += int(part[16:], 16)
    return digest(xor, total)


def read_content(con: Connection, source: str, layout: Layout | None = None) -> Content:
    """What a table holds, in one scan.

    Args:
        con: Where it is.
        source: Its quoted name.
        layout: How its rows lie in files; one that is big enough is read by stretches of time.
    """
    columns = {
        str(name): "DECIMAL(38,0)" if type_ == "HUGEINT" else str(type_)
        for name, type_, *_ in con.execute(f"describe {source}").fetchall()
    }
    select = typed_select(columns, source, present=set(columns))
    if layout is not None and _is_cut(con, source, columns, layout):
        parts = _read_parts(con, select, columns, layout)
        rows = sum(part.rows for part in parts)
        whole = digest_of_parts(part.content_hash for part in parts)
        return Content(columns, rows, whole, select, parts)
    row = con.execute(f"select {ROW_SUMS} from ({select}) t").fetchone()
    assert row is not None
    return Content(columns, int(row[0]), digest(int(row[1]), int(row[2])), select)


def _is_cut(con: Connection, source: str, columns: Mapping[str, str], layout: Layout) -> bool:
    type_ = columns.get(layout.partition_by, "")
    if type_ != "DATE" and not type_.startswith("TIMESTAMP"):
        return False
    row = con.execute(f"select count(*) from {source}").fetchone()
    return row is not None and int(row[0]) >= layout.min_rows


def _read_parts(
    con: Connection, select: str, columns: Mapping[str, str], layout: Layout
) -> tuple[SnapshotPart, ...]:
    unit, time = literal(layout.part_unit), identifier(layout.partition_by)
    is_day = columns[layout.partition_by] == "DATE"
    step = f"interval 1 {layout.part_unit}"
    last = f"(start + {step} - interval 1 {'day' if is_day else 'microsecond'})"
    as_text = "strftime({}::timestamp, {})"
    form = literal("%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M:%S.%fZ")
    # Times become text once for each part, not for each row.
    rows = con.execute(
        f"select {as_text.format('start', form)}, {as_text.format(last, form)}, "
        f"* exclude (start) from (select date_trunc({unit}, {time}) as start, {ROW_SUMS} "
        f"from ({select}) t group by 1) order by start nulls last"
    ).fetchall()
    return tuple(
        SnapshotPart("", int(count), digest(int(xor), int(total)), 0, first, until)
        for first, until, count, xor, total in rows
    )


def order_sql(layout: Layout | None, columns: Collection[str]) -> str:
    """An ORDER BY that lays a table's rows out; empty if it has no column that counts.

    A stretch of time lies together, in it the rows of one key, so that both questions, by time and
    by key, skip most row groups.
    """
    if layout is None:
        return ""
    items = []
    if layout.partition_by in columns:
        time = identifier(layout.partition_by)
        items.append(f"date_trunc({literal(layout.granularity)}, {time})")
    items += [identifier(key) for key in layout.cluster_by if key in columns]
    return f" order by {', '.join(items)}" if items else ""
