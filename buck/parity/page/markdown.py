"""Markdown for a pull request: the summary first, details folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from buck.parity.page.wording import (
    SIGNS,
    column_counts,
    headline,
    rows_of,
    schema_lines,
    without_key,
)
from buck.records.comparison import Comparison, RowDifference, TableComparison
from buck.records.rows import Plain

LONGEST: Final = 60_000
"""Characters; a comment on GitHub may have 65,536."""

WIDEST: Final = 8
"""Columns of a row; more make a table that nobody reads."""


def to_markdown(comparison: Comparison) -> str:
    """A heading, a table of what differs, and each mart's rows behind a fold.

    Details that would make it too long for a comment are left out, and that is said.
    """
    mark = "✅" if comparison.is_equal else "🔶"
    lines = [
        f"### {mark} {headline(comparison)}",
        "",
        f"{_text(comparison.left)} → {_text(comparison.right)}",
    ]
    if comparison.differing:
        heads = ["mart", "rows", "added", "removed", "changed", "schema"]
        lines += ["", _row(heads), "|---|---:|---:|---:|---:|---|"]
        lines += [_summary(table) for table in comparison.differing]
    size = sum(len(line) + 1 for line in lines)
    for table in comparison.differing:
        block = ["", *_details(table)]
        size += sum(len(line) + 1 for line in block)
        if size > LONGEST:
            lines += ["", "Further details are left out: see `buck diff --output html`."]
            break
        lines += block
    equal = [table.table for table in comparison.tables if table.is_equal]
    if equal and comparison.differing and size < LONGEST:
        names = ", ".join(f"`{name}`" for name in equal)
        told = "1 mart is equal" if len(equal) == 1 else f"{len(equal)} marts are equal"
        lines += ["", *_fold(told, [names])]
    return "\n".join(lines) + "\n"


def _summary(table: TableComparison) -> str:
    left, right = rows_of(table)
    rows = f"{_count(left)} → {_count(right)}" if left != right else _count(left)
    changes = "; ".join(schema_lines(table))
    counts = [f"{n:,}" if n else "" for n in (table.added, table.removed, table.changed)]
    return f"| `{table.table}` | {rows} | {' | '.join(counts)} | {_text(changes)} |"


def _count(rows: int | None) -> str:
    return "–" if rows is None else f"{rows:,}"


def _details(table: TableComparison) -> list[str]:
    inside = []
    columns = column_counts(table)
    if columns:
        inside += [f"Changed: {_text(', '.join(columns))}", ""]
    if not table.key and table.presence == "both" and not table.has_same_rows:
        inside += ["No key is declared: whole rows are compared.", ""]
    if table.samples:
        inside += [_row(["", "row", "before", "after"]), "|---|---|---|---|"]
        inside += [_sample(sample) for sample in table.samples]
    if not inside:
        return []
    return _fold(f"<code>{table.table}</code>", inside)


def _fold(summary: str, inside: Sequence[str]) -> list[str]:
    # Markdown inside of HTML begins after an empty line.
    return [f"<details><summary>{summary}</summary>", "", *inside, "", "</details>"]


def _sample(sample: RowDifference) -> str:
    sides = [without_key(sample, side) for side in (sample.left, sample.right)]
    return _row([SIGNS[sample.kind], *(_values(held) for held in (sample.key, *sides))])


def _values(values: Mapping[str, Plain]) -> str:
    told = [f"{name} = {'∅' if value is None else value}" for name, value in values.items()]
    return ", ".join([*told[:WIDEST], *(["…"] if len(told) > WIDEST else [])])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_text(cell) for cell in cells)} |"


def _text(text: str) -> str:
    """Text that cannot break out of its cell, nor turn into markup or a mention."""
    flat = " ".join(text.split())
    return re.sub(r"([|<>\\*_\[\]`~@#])", r"\\\1", flat)
