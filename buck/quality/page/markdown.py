"""Markdown, for a pull request or a chat."""

from __future__ import annotations

import re

from buck.records.quality_page import QualityPage, worst

_MARKS = {"passed": "✅", "warned": "⚠️", "failed": "❌", "errored": "❌"}


def to_markdown(page: QualityPage) -> str:
    """The verdict, what is wrong with its cause and impact, and a line per table."""
    report = page.report
    counts = ", ".join(f"{n} {outcome}" for outcome, n in report.counts.items() if n)
    verdict = "Gate open" if report.passed else "Gate closed"
    lines = [
        f"# {_MARKS['passed' if report.passed else 'failed']} {verdict}: {counts}",
        "",
        f"Run `{page.run_id}` of `{page.pipeline}`, as of {report.as_of:%Y-%m-%d %H:%M} UTC.",
    ]
    for card in page.cards:
        lines += ["", f"## {_MARKS[card.outcome]} {_text(card.table)}: {_text(card.name)}", ""]
        facts = {heading: text for heading, text in card.short().items() if heading != "Table"}
        lines += [f"- **{heading}:** {_text(text)}" for heading, text in facts.items()]
        if len(card.sample):
            lines += ["", _row(card.sample.columns), _row(["---"] * len(card.sample.columns))]
            lines += [_row(row) for row in card.sample.rows]
    lines += ["", "## Tables", "", _row(["", "table", "checks", "passed"]), _row(["---"] * 4)]
    for table, results in page.tables.items():
        passed = sum(r.outcome == "passed" for r in results)
        lines.append(_row([_MARKS[worst(results)], f"`{table}`", len(results), passed]))
    lines += [f"- `{name}` has no check at all" for name in report.unchecked]
    return "\n".join(lines) + "\n"


def _row(values: object) -> str:
    assert isinstance(values, tuple | list)
    return f"| {' | '.join('' if v is None else _text(str(v)) for v in values)} |"


def _text(text: str) -> str:
    """Text that cannot break out of its line or cell, nor turn into markup."""
    flat = " ".join(text.split())
    return re.sub(r"([|<>\\*_\[\]])", r"\\\1", flat) if not flat.startswith("`") else flat
