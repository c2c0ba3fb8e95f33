"""What is in a table, in a form that can be compared: columns, row count, hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buck.engine.columns import typed_select
from buck.names import identifier, literal
from buck.records.layout import Layout

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


ROW_SUMS = "count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0)"
"""What `digest` takes, over rows called `t`."""


def digest(xor: int, total: int) -> str:
    """The hash of some rows whatever their order, from `ROW_SUMS`."""
    return f"{xor:016x}{total % 2**64:016x}"


def read_content(con: Connection, source: str) -> Content:
    """What a table holds, in one scan. `source` is its quoted name."""
    columns = {
        str(name): "DECIMAL(38,0)" if type_ == "HUGEINT" else str(type_)
        for name, type_, *_ in con.execute(f"describe {source}").fetchall()
    }
    select = typed_select(columns, source, present=set(columns))
    row = con.execute(f"select {ROW_SUMS} from ({select}) t").fetchone()
    assert row is not None
    return Content(columns, int(row[0]), digest(int(row[1]), int(row[2])), select)


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
