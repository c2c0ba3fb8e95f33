"""Small pictures of the past, as SVG inside the page, each with its meaning in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from buck.records.quality_page import Past

WIDTH, HEIGHT = 120, 28
BAR, GAP = 5, 2
SHOWN = 16
HEIGHTS = {"passed": 6, "warned": 14, "failed": 22, "errored": 22, "unjudged": 2}


def row_trend(counts: Sequence[int]) -> str:
    """A line of a table's rows over its publishes; empty with fewer than two."""
    if len(counts) < 2:
        return ""
    low, high = min(counts), max(counts)
    spread = (high - low) or 1
    step = (WIDTH - 6) / (len(counts) - 1)
    points = [
        (3 + i * step, HEIGHT - 4 - (n - low) / spread * (HEIGHT - 8)) for i, n in enumerate(counts)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    label = (
        f"rows over the last {len(counts)} publishes: from {counts[0]:,} to {counts[-1]:,}, "
        f"least {low:,}, most {high:,}"
    )
    return (
        f'<svg class="trend" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<polyline points="{line}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/></svg>'
    )


def outcome_trend(past: Sequence[Past]) -> str:
    """A bar a run: low passed, middle warned, high failed; colour says it again."""
    shown = list(past)[-SHOWN:]
    if not shown:
        return ""
    bars = []
    for i, one in enumerate(shown):
        tall = HEIGHTS.get(one.outcome, 2)
        rows = "" if one.failures is None else f", {one.failures:,} rows"
        bars.append(
            f'<rect class="{escape(one.outcome)}" x="{i * (BAR + GAP)}" y="{HEIGHT - 3 - tall}" '
            f'width="{BAR}" height="{tall}" rx="1">'
            f"<title>{escape(one.run_id)}: {escape(one.outcome)}{rows}</title></rect>"
        )
    wide = SHOWN * (BAR + GAP)
    label = f"last {len(shown)} runs: {_in_words(shown)}"
    return (
        f'<svg class="bars" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {wide} {HEIGHT}" width="{wide}" height="{HEIGHT}">{"".join(bars)}</svg>'
    )


def _in_words(past: Sequence[Past]) -> str:
    counts: dict[str, int] = {}
    for one in past:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    return ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
