"""Gathering what a quality report shows, from the ledger, the snapshots and the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import orjson

from buck.flow.freshness import check_freshness
from buck.flow.investigation import Investigation, sort_cards
from buck.flow.verdicts import BAD
from buck.lake import SnapshotStore
from buck.project import Project
from buck.records.check_card import CheckCard
from buck.records.quality_page import Past, QualityPage
from buck.records.run import Event

CARDS = 12
"""Findings explained in one report; the others are listed with their table."""
Format = Literal["html", "json", "junit", "markdown"]


def make_report(project: Project, format_: Format, *, run_id: str | None = None) -> str:
    """A run's quality report as a text in one format; the newest run's if none is named.

    Raises:
        ConfigError: there is no such run, or none that judged anything.
    """
    from buck.quality.page import to_html, to_junit, to_markdown

    page = read_page(project, run_id)
    if format_ == "json":
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
        return orjson.dumps(page.to_dict(), option=options, default=str).decode() + "\n"
    return {"html": to_html, "junit": to_junit, "markdown": to_markdown}[format_](page)


def read_page(project: Project, run_id: str | None) -> QualityPage:
    """Everything that a report of a run shows; reads only."""
    with Investigation(project, run_id) as found:
        bad = [r for r in found.report.results if r.outcome in BAD]
        bad.sort(key=lambda r: not r.is_blocking)
        cards: list[CheckCard] = [found.explain(result) for result in bad[:CARDS]]
        own = [e for e in found.events if e.run_id == found.run_id]
        started = own[0]
        current = SnapshotStore(found.lake.storage).current()
        models = {f"{m.schema}.{m.name}": m for m in found.lineage.models}
        # Judged at the moment of the run: the page tells how it was then.
        freshness = check_freshness(project, as_of=found.report.as_of)
        return QualityPage(
            project=project.root.name,
            environment=project.environment,
            run_id=found.run_id,
            pipeline=started.pipeline,
            status=next((e.status for e in own if e.kind == "run_finished"), "running"),
            started_at=started.at,
            git=str(started.facts.get("git") or ""),
            snapshot=current.id if current else "",
            snapshot_as_of=current.as_of if current else None,
            report=found.report,
            layers={name: m.layer for name, m in models.items()},
            descriptions={name: _first_sentence(m.description) for name, m in models.items()},
            cards=tuple(sort_cards(cards)),
            history=_history(found.events, found.run_id),
            rows=_rows(found.events, found.run_id),
            freshness=freshness,
        )


def _history(events: Sequence[Event], until: str) -> dict[str, tuple[Past, ...]]:
    found: dict[str, list[Past]] = {}
    for event in events:
        if event.kind == "check_judged" and event.run_id <= until:
            failures = event.facts.get("failures")
            past = Past(event.run_id, event.status, None if failures is None else int(failures))
            found.setdefault(str(event.facts["check"]), []).append(past)
    return {check: tuple(past) for check, past in found.items()}


def _rows(events: Sequence[Event], until: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for event in events:
        if event.kind == "published" and event.run_id <= until:
            for table, rows in dict(event.facts.get("rows") or {}).items():
                found.setdefault(str(table), []).append(int(rows))
    return {table: tuple(counts) for table, counts in found.items()}


def _first_sentence(text: str) -> str:
    flat = " ".join(text.split())
    end = flat.find(". ")
    return flat if end < 0 else flat[: end + 1]
