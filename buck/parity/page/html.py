"""A comparison as one HTML file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from buck.parity.page.wording import (
    SIGNS,
    column_counts,
    headline,
    rows_of,
    schema_lines,
    without_key,
)
from buck.records.comparison import Comparison, RowDifference, RowKind, TableComparison
from buck.records.rows import Plain

TONES: Final[dict[RowKind, str]] = {"added": "passed", "removed": "failed", "changed": "warned"}
_OWN_STYLE: Final = """
.pair del { color: var(--failed); background: var(--failed-bg); text-decoration: none; }
.pair ins { color: var(--passed); background: var(--passed-bg); text-decoration: none; }
.pair del, .pair ins { border-radius: 4px; padding: .05rem .35rem; overflow-wrap: anywhere; }
.pair td { overflow-wrap: anywhere; min-width: 6rem; }
"""


def to_html(comparison: Comparison, *, style: str) -> str:
    """One self-contained page; nothing in it is fetched, and no script runs.

    Args:
        comparison: What to show.
        style: The style sheet of Buck's reports.
    """
    title = f"{comparison.left} → {comparison.right}"
    tone = "passed" if comparison.is_equal else "warned"
    tables = "".join(_table(table) for table in comparison.differing)
    equal = [table for table in comparison.tables if table.is_equal]
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ',
            "style-src 'unsafe-inline'\">\n",
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>Differences: {escape(title)}</title>\n",
            f"<style>\n{style}{_OWN_STYLE}</style>\n</head>\n<body>\n",
            '<a class="skip" href="#differences">Skip to the differences</a>\n',
            f'<div class="wrap">\n<header>\n<p class="kicker">{escape(title)}</p>\n',
            f'<div class="hero {tone}"><h1>{escape(headline(comparison))}</h1></div>\n',
            f"{_tiles(comparison)}</header>\n<main>\n",
            '<section aria-labelledby="differences"><h2 id="differences">What differs</h2>\n',
            tables or '<p class="soft">Nothing. Every mart holds the same rows.</p>\n',
            f"</section>\n{_equal(equal)}</main>\n",
            "<footer><p>Rows are matched by each mart's declared grain; values are compared as "
            "canonical text. Made by <code>buck diff</code>.</p></footer>\n",
            "</div>\n</body>\n</html>\n",
        ]
    )


def _tiles(comparison: Comparison) -> str:
    tiles = []
    for kind, tone in TONES.items():
        count = sum(getattr(table, kind) for table in comparison.tables)
        zero = "" if count else " zero"
        tiles.append(f'<li class="tile {tone}{zero}"><b>{count:,}</b><span>rows {kind}</span></li>')
    return f'<ul class="tiles" aria-label="Rows that differ">{"".join(tiles)}</ul>\n'


def _table(table: TableComparison) -> str:
    left, right = rows_of(table)
    rows = f"{_count(left)} → {_count(right)} rows" if left != right else f"{_count(left)} rows"
    badges = "".join(
        f'<span class="badge {tone}">{SIGNS[kind]} {getattr(table, kind):,} {kind}</span> '
        for kind, tone in TONES.items()
        if getattr(table, kind)
    )
    facts = "".join(f"<li>{escape(line)}</li>" for line in schema_lines(table))
    columns = ", ".join(column_counts(table))
    return (
        f'<article class="card finding warned"><header><div><h3>{escape(table.table)}</h3>'
        f'<p class="table">{rows}{_matched(table)}</p></div><div>{badges}</div></header>'
        f"{f'<ul>{facts}</ul>' if facts else ''}"
        f"{_changed(columns)}"
        f"{_samples(table)}</article>\n"
    )


def _changed(columns: str) -> str:
    return f'<p class="impact">Changed: {escape(columns)}</p>' if columns else ""


def _count(rows: int | None) -> str:
    return "no" if rows is None else f"{rows:,}"


def _matched(table: TableComparison) -> str:
    if table.presence != "both":
        return ""
    return f" · matched by {escape(', '.join(table.key))}" if table.key else " · no key declared"


def _samples(table: TableComparison) -> str:
    if not table.samples:
        return ""
    body = "".join(_sample(sample) for sample in table.samples)
    return (
        f'<div class="scroll pair" tabindex="0" role="region" aria-label="Rows of '
        f'{escape(table.table)} that differ"><table><thead><tr><th scope=col>Difference</th>'
        "<th scope=col>Row</th><th scope=col>Column</th><th scope=col>Before</th>"
        f"<th scope=col>After</th></tr></thead><tbody>{body}</tbody></table></div>"
    )


def _sample(sample: RowDifference) -> str:
    key = ", ".join(f"{name} = {_shown(value)}" for name, value in sample.key.items())
    badge = f'<span class="badge {TONES[sample.kind]}">{sample.kind}</span>'
    names = list(dict.fromkeys([*sample.left, *sample.right]))
    if sample.kind != "changed":
        before, after = _whole(sample, sample.left, "del"), _whole(sample, sample.right, "ins")
        return (
            f'<tr><td class="keep">{badge}</td><td>{escape(key)}</td><td>whole row</td>'
            f"<td>{before}</td><td>{after}</td></tr>"
        )
    rows = []
    for number, name in enumerate(names):
        head = ""
        if number == 0:
            span = f' rowspan="{len(names)}"'
            head = f'<td class="keep"{span}>{badge}</td><td{span}>{escape(key)}</td>'
        rows.append(
            f'<tr>{head}<td class="keep">{escape(name)}</td>'
            f"<td><del>{escape(_shown(sample.left.get(name)))}</del></td>"
            f"<td><ins>{escape(_shown(sample.right.get(name)))}</ins></td></tr>"
        )
    return "".join(rows)


def _whole(sample: RowDifference, values: Mapping[str, Plain], tag: str) -> str:
    others = without_key(sample, values)
    told = ", ".join(f"{name} = {_shown(value)}" for name, value in others.items())
    return f"<{tag}>{escape(told)}</{tag}>" if told else ""


def _shown(value: Plain) -> str:
    return "∅" if value is None else str(value)


def _equal(tables: list[TableComparison]) -> str:
    if not tables:
        return ""
    rows = "".join(
        f'<tr><td>{escape(table.table)}</td><td class="num">{_count(rows_of(table)[0])}</td></tr>'
        for table in tables
    )
    return (
        '<section aria-labelledby="equal"><h2 id="equal">Equal</h2>\n'
        '<div class="card finding passed"><div class="scroll" tabindex="0" role="region" '
        'aria-label="Marts that are equal" style="margin-top:0"><table><thead><tr>'
        '<th scope=col>Mart</th><th scope=col class="num">Rows</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div></section>\n"
    )
