"""Tables compared between DuckDB and another engine: every row, every value, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

Rows = Iterable[Iterable[Any]]


@dataclass
class Comparison:
    """What a comparison found."""

    tables: int = 0
    rows: int = 0
    differing: dict[str, list[tuple[str | None, ...]]] = field(default_factory=dict)
    """By table, some rows that only one of the two has."""


def canonical(value: Any) -> str | None:
    """One text per value, whichever driver it came through."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    return None if value is None else str(value)


def compare(
    here: duckdb.DuckDBPyConnection, tables: Iterable[str], ask_there: Callable[[str], Rows]
) -> Comparison:
    """The same query of every table on both sides."""
    found = Comparison()
    for table in tables:
        columns = [c[0] for c in here.execute(f"describe {table}").fetchall()]
        # PostgreSQL's names end after 63 bytes; none of ours is that long.
        query = f"select {', '.join(columns)} from {table}"
        ours = Counter(tuple(map(canonical, r)) for r in here.execute(query).fetchall())
        theirs = Counter(tuple(map(canonical, r)) for r in ask_there(query))
        found.tables += 1
        found.rows += sum(ours.values())
        if ours != theirs:
            found.differing[table] = [*(ours - theirs), *(theirs - ours)][:4]
    return found
