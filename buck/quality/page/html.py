"""The report as one HTML file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final, get_args

from buck.quality.page.charts import outcome_trend, row_trend
from buck.records.check_card import CheckCard
from buck.records.freshness import FreshnessResult, duration_text
from buck.records.quality import CheckResult, Dimension, Outcome
from buck.records.quality_page import QualityPage, worst

WORDS = {
    "passed": "passed",
    "warned": "warning",
    "failed": "failed",
    "errored": "could not run",
    "unjudged": "not judged yet",
}
TILES: Final[dict[Outcome, str]] = {
    "passed": "passed",
    "failed": "failed",
    "errored": "could not run",
    "warned": "warnings",
    "unjudged": "not judged yet",
}
FINE = ("passed", "unjudged")
"""Outcomes that are no finding."""
DULL = ("", "no rows of its query", "no failing rows")
"""Rules that say no more than the check's name."""
PICTURES = {
    "passed": '<path d="M2 6.5 5 9.5 10 3"/>',
    "fresh": '<path d="M2 6.5 5 9.5 10 3"/>',
    "warned": '<path d="M6 1.5v5.5M6 10.3v.1"/>',
    "stale": '<path d="M6 1.5v5.5M6 10.3v.1"/>',
    "failed": '<path d="M2.5 2.5l7 7M9.5 2.5l-7 7"/>',
    "errored": '<path d="M2.5 2.5l7 7M9.5 2.5l-7 7"/>',
    "critical": '<path d="M2.5 2.5l7 7M9.5 2.5l-7 7"/>',
    "unknown": '<path d="M2.5 6h7"/>',
    "unjudged": '<path d="M2.5 6h7"/>',
}
TRUTHS = {
    "wrong": "Wrong: rows contradict the rule",
    "old": "Merely old: what is there is right",
    "unusual": "Unusual: no rule is broken, but it was never like this",
    "fine": "Fine",
}


def to_html(page: QualityPage) -> str:
    """The report as one self-contained page; nothing in it is fetched, and no script runs."""
    style = page_style()
    title = f"Data quality: {page.project}"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ',
        "style-src 'unsafe-inline'\">\n",
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n",
        '<a class="skip" href="#findings">Skip to the findings</a>\n<div class="wrap">\n',
        _hero(page),
        "<main>\n",
        _findings(page),
        _tables(page),
        _freshness(page),
        "</main>\n",
        _footer(page),
        "</div>\n</body>\n</html>\n",
    ]
    return "".join(parts)


def page_style() -> str:
    """The style sheet of Buck's reports, light and dark."""
    return files("buck.quality.page").joinpath("style.css").read_text(encoding="utf-8")


def _hero(page: QualityPage) -> str:
    report = page.report
    counts = report.counts
    blocking = counts["failed"] + counts["errored"]
    tone = "passed" if report.passed else "failed"
    if report.passed and counts["warned"]:
        tone = "warned"
    title = "The gate is open" if report.passed else "The gate is closed"
    told = f"{_number(blocking, 'check')} of {len(report.results)} keep the data back."
    if report.passed:
        told = f"All {len(report.results)} checks let the data through."
        if counts["warned"]:
            told = f"{_number(counts['warned'], 'warning')}; nothing keeps the data back."
    seen = "Nothing is published yet."
    if page.snapshot and page.snapshot_as_of:
        seen = (
            f"Readers see snapshot {page.snapshot}, as of {page.snapshot_as_of:%Y-%m-%d %H:%M} UTC."
        )
    shown = [c for c in page.cards if c.is_first_hand and c.outcome != "warned"]
    causes = list(dict.fromkeys(c.cause.text for c in shown))
    if causes and not report.passed:
        told += f" Likely: {'; '.join(causes[:3])}."
    tiles = "".join(
        f'<li class="tile {outcome}{"" if counts[outcome] else " zero"}">'
        f"<b>{counts[outcome]:,}</b><span>{word}</span></li>"
        for outcome, word in TILES.items()
    )
    return (
        f'<header>\n<p class="kicker">Data quality · {escape(page.project)} · '
        f"{escape(page.environment)} · run {escape(page.run_id)} of {escape(page.pipeline)}</p>\n"
        f'<div class="hero {tone}"><h1>{title}</h1>'
        f"<p>{escape(told)}</p><p>{escape(seen)} This run is as of "
        f"{report.as_of:%Y-%m-%d %H:%M} UTC.</p></div>\n"
        f'<ul class="tiles" aria-label="Checks by outcome">{tiles}</ul>\n'
        f'<ul class="dimensions" aria-label="Checks by dimension">{_dimensions(page)}</ul>\n'
        "</header>\n"
    )


def _dimensions(page: QualityPage) -> str:
    found = []
    for dimension in get_args(Dimension):
        results = [r for r in page.report.results if r.check.dimension == dimension]
        if not results:
            continue
        passed = sum(r.outcome == "passed" for r in results)
        warned = sum(r.outcome == "warned" for r in results)
        waiting = sum(r.outcome == "unjudged" for r in results)
        bad = len(results) - passed - warned - waiting
        shares = [("", passed), ("wait", waiting), ("warn", warned), ("bad", bad)]
        bars = "".join(
            f'<i{f" class={name}" if name else ""} style="flex:{n}"></i>' for name, n in shares if n
        )
        found.append(
            f"<li><span>{dimension.capitalize()}</span><span>{passed}/{len(results)}</span>"
            f'<span class="meter" aria-hidden="true">{bars}</span></li>'
        )
    return "".join(found)


def _findings(page: QualityPage) -> str:
    head = '<section aria-labelledby="findings">\n<h2 id="findings">What is wrong</h2>\n'
    if not page.cards:
        return f'{head}<p class="soft">Nothing. Every check passed.</p>\n</section>\n'
    return head + "".join(_finding(card) for card in page.cards) + "</section>\n"


def _finding(card: CheckCard) -> str:
    changes = [*card.changes.rows, *card.changes.schema, *card.changes.code]
    seen = f"{card.first_seen}, in {_number(card.runs_failing, 'run')}" if card.first_seen else ""
    came = [
        f"{o.table}, load {o.load_id}: {_number(o.rows, 'row')}, positions {o.positions}"
        for o in card.origins
    ]
    since = f"Snapshot {card.changes.snapshot}" if card.changes.is_known else ""
    facts = (
        ("Issue", escape(card.issue)),
        ("The data is", TRUTHS[card.truth]),
        ("Likely cause", escape(_sentence(card.cause.text)) + _list(card.cause.evidence)),
        ("State", escape(_sentence(card.state_text))),
        ("Next", _step(card.next_steps[0]) if card.next_steps else ""),
        ("Note", _lines(card.notes)),
    )
    origins = (
        ("First seen", escape(seen)),
        ("Came with", _lines(came)),
        ("Since green", escape(since) + _list(changes) if since else ""),
        ("Upstream", escape(", ".join(card.upstream))),
        ("Downstream", escape(", ".join((*card.downstream, *card.exposures)))),
        ("Readers", escape(card.readers)),
        ("Owner", escape(card.owner)),
    )
    return (
        f'<article class="card finding {card.outcome}"><header><div>'
        f"<h3>{escape(card.name)}</h3>"
        f'<p class="table">{escape(card.table)} · {card.dimension}</p></div>{_badge(card.outcome)}'
        f"</header>{_impact(card)}{_facts(facts)}"
        '<details class="more"><summary>Where it came from, what it touches</summary>'
        f"{_facts(origins)}</details>{_sample(card) if len(card.sample) else ''}</article>\n"
    )


def _impact(card: CheckCard) -> str:
    """One line for each direction, its amounts side by side."""
    lines: dict[str, list[str]] = {}
    for impact in card.impact:
        told = f"{impact.currency.upper()} {impact.figure}"
        lines.setdefault(_sentence(impact.verb), []).append(f"<b>{escape(told)}</b>")
    rows = sum(impact.rows for impact in card.impact)
    told = "".join(f"<p>{escape(verb)} {' '.join(sums)}</p>" for verb, sums in lines.items())
    return f'<div class="impact" title="{_number(rows, "row")}">{told}</div>' if told else ""


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{name}</dt><dd>{told}</dd>" for name, told in facts if told)
    return f"<dl>{rows}</dl>"


def _step(step: str) -> str:
    words, colon, command = step.rpartition("then: ")
    if step.startswith("buck "):
        return f"<code>{escape(step)}</code>"
    return f"{escape(_sentence(words + colon))}<code>{escape(command)}</code>"


def _sample(card: CheckCard) -> str:
    table = _grid(card.sample.columns, card.sample.rows)
    return (
        '<details class="more"><summary>Rows that break the rule, personal data masked</summary>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Rows that break '
        f'{escape(card.name)}">{table}</div></details>'
    )


def _tables(page: QualityPage) -> str:
    head = '<section aria-labelledby="tables">\n<h2 id="tables">Tables</h2>\n'
    cards = [_table(page, name, results) for name, results in page.tables.items()]
    unchecked = "".join(f"<li>{escape(name)}</li>" for name in page.report.unchecked)
    if unchecked:
        cards.append(f'<p class="soft">Without any check:</p><ul class="soft">{unchecked}</ul>')
    return head + "".join(cards) + "</section>\n"


def _table(page: QualityPage, name: str, results: Sequence[CheckResult]) -> str:
    state = worst(list(results))
    passed = sum(r.outcome == "passed" for r in results)
    counts = page.rows.get(name, ())
    layer = page.layers.get(name, "raw")
    owner = next((r.check.owner for r in results if r.check.owner), "")
    facts = [layer, f"{passed} of {_number(len(results), 'check')} passed"]
    facts += [f"{counts[-1]:,} rows published"] if counts else []
    facts += [f"owner {owner}"] if owner else []
    about = page.descriptions.get(name, "")
    bad = [r for r in results if r.outcome not in FINE]
    good = [r for r in results if r.outcome in FINE]
    inside = f"<p>{escape(about)}</p>" if about else ""
    if bad:
        inside += _checks(page, name, bad)
    if good and bad:
        inside += (
            f'<details class="more"><summary>{_number(len(good), "check")} more</summary>'
            f"{_checks(page, name, good)}</details>"
        )
    elif good:
        inside += _checks(page, name, good)
    return (
        f'<details class="card of-table"{" open" if bad else ""}><summary>'
        f'<span class="turn" aria-hidden="true"></span><span><strong>{escape(name)}</strong>'
        f'<span class="facts"> · {escape(" · ".join(facts))}</span></span>'
        f"{row_trend(counts)}{_badge(state)}</summary>"
        f'<div class="inside">{inside}</div></details>\n'
    )


def _checks(page: QualityPage, name: str, results: Sequence[CheckResult]) -> str:
    body = "".join(_check(page, r) for r in sorted(results, key=_bad_first))
    passed = "passed" if all(r.outcome in FINE for r in results) else "not passed"
    return (
        '<div class="scroll" tabindex="0" role="region" '
        f'aria-label="Checks of {escape(name)}, {passed}">'
        "<table><thead><tr><th scope=col>Outcome</th><th scope=col>Check</th>"
        '<th scope=col class="wide">Dimension</th><th scope=col class="num">Found</th>'
        f"<th scope=col>Past runs</th></tr></thead><tbody>{body}</tbody></table></div>"
    )


def _check(page: QualityPage, result: CheckResult) -> str:
    check = result.check
    found = result.failures if result.failures is not None else result.value
    rule = (
        "" if check.expected in (*DULL, check.name) else f"<small>{escape(check.expected)}</small>"
    )
    sql = ""
    if result.sql and result.outcome not in FINE:
        sql = (
            '<details class="more"><summary>The query</summary>'
            f'<pre tabindex="0"><code>{escape(result.sql)}</code></pre></details>'
        )
    return (
        f'<tr><td class="keep">{_badge(result.outcome)}</td>'
        f'<td class="name">{escape(check.name)}{rule}{sql}</td>'
        f'<td class="wide">{check.dimension}</td>'
        f'<td class="num">{escape("" if found is None else str(found))}</td>'
        f"<td>{outcome_trend(page.history.get(check.id, ()))}</td></tr>"
    )


def _freshness(page: QualityPage) -> str:
    rows = "".join(_age(r) for r in page.freshness.results)
    return (
        '<section aria-labelledby="freshness">\n<h2 id="freshness">Freshness</h2>\n'
        '<div class="card finding"><div class="scroll" tabindex="0" role="region" '
        'aria-label="Every source and mart" style="margin-top:0">'
        "<table><thead><tr><th scope=col>State</th>"
        "<th scope=col>Source or mart</th><th scope=col>By</th>"
        '<th scope=col class="num">Age</th><th scope=col class="num">Warns after</th>'
        '<th scope=col class="wide">Newest</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div></section>\n"
    )


def _age(result: FreshnessResult) -> str:
    age = "" if result.age_s is None else duration_text(result.age_s)
    newest = f"{result.newest_at:%Y-%m-%d %H:%M}, " if result.newest_at else ""
    return (
        f'<tr><td class="keep">{_badge(result.status)}</td><td>{escape(result.subject)}</td>'
        f'<td>{result.by} time</td><td class="num keep">{age}</td>'
        f'<td class="num keep">{duration_text(result.threshold_s)}</td>'
        f'<td class="wide soft">{escape(newest + result.about)}</td></tr>'
    )


def _footer(page: QualityPage) -> str:
    git = f", commit {page.git}" if page.git else ""
    return (
        f"<footer><p>Run {escape(page.run_id)} began {page.started_at:%Y-%m-%d %H:%M} UTC "
        f"and ended {escape(page.status.replace('_', ' '))}{escape(git)}. Made by "
        "<code>buck quality report</code> from the lake's own ledger.</p></footer>\n"
    )


def _badge(state: str) -> str:
    return (
        f'<span class="badge {state}"><svg viewBox="0 0 12 12" aria-hidden="true">'
        f"{PICTURES[state]}</svg>{WORDS.get(state, state)}</span>"
    )


def _grid(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape('' if v is None else str(v))}</td>" for v in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(escape(line) for line in lines)


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bad_first(result: CheckResult) -> tuple[int, str]:
    order = ("failed", "errored", "warned", "unjudged", "passed")
    return (order.index(result.outcome), result.check.name)
