"""What is said of a comparison, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buck.records.comparison import Comparison, RowDifference, RowKind, TableComparison
from buck.records.rows import Plain

SIGNS: Final[dict[RowKind, str]] = {"added": "+", "removed": "−", "changed": "~"}


def headline(comparison: Comparison) -> str:
    """The whole result in one sentence."""
    count, differing = len(comparison.tables), len(comparison.differing)
    if not count:
        return "There is no mart on either side"
    if not differing:
        return f"{_number(count, 'mart')}, all equal" if count > 1 else "1 mart, equal"
    rows = {
        kind: sum(getattr(table, kind) for table in comparison.tables)
        for kind in ("added", "removed", "changed")
    }
    told = ", ".join(f"{n:,} {kind}" for kind, n in rows.items() if n)
    kinds = [f"rows: {told}"] if told else []
    shapes = sum(bool(t.schema) or t.presence != "both" for t in comparison.tables)
    kinds += [f"schema changes in {shapes}"] if shapes else []
    return f"{differing} of {_number(count, 'mart')} differ; {'; '.join(kinds)}"


def schema_lines(table: TableComparison) -> list[str]:
    """What is different before a row is looked at."""
    if table.presence != "both":
        return ["the table is new" if table.presence == "right" else "the table is gone"]
    lines = []
    for change in table.schema:
        types = " → ".join(type_.lower() for type_ in (change.left, change.right) if type_)
        note = ", values not compared" if change.kind == "type changed" else ""
        lines.append(f"{change.kind}: {change.column} ({types}{note})")
    return lines


def column_counts(table: TableComparison) -> list[str]:
    """The columns in which rows changed, the most frequent first."""
    ordered = sorted(table.changed_columns.items(), key=lambda held: (-held[1], held[0]))
    return [f"{name} in {_number(count, 'row')}" for name, count in ordered]


def rows_of(table: TableComparison) -> tuple[int | None, int | None]:
    """How many rows each side has; None where the table is not there."""
    left, right = table.left, table.right
    return (left.rows if left else None), (right.rows if right else None)


def without_key(sample: RowDifference, values: Mapping[str, Plain]) -> dict[str, Plain]:
    """A row's values beside its key, which is shown before them."""
    return {name: value for name, value in values.items() if name not in sample.key}


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
