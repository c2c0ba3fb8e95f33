"""What runs judged, read back: from the ledger, and with rows where this machine kept them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

import orjson

from buck.errors import ConfigError
from buck.names import TableRef
from buck.project import Project
from buck.records.quality import Check, CheckResult, Outcome, QualityReport
from buck.records.rows import FailingRows
from buck.records.run import Event

FOLDER = "quality"
KEPT = 20
"""Reports kept on this machine with their failing rows, personal data masked."""
BAD = ("failed", "errored", "warned")


def save_report(project: Project, report: QualityReport) -> None:
    """Keep a run's report with its failing rows in the private folder, for later explanation."""
    folder = project.work / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    spare = folder / f".{report.run_id}"
    spare.write_bytes(orjson.dumps(report.to_dict(), default=str))
    spare.replace(folder / f"{report.run_id}.json")
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)


def judged_runs(events: Sequence[Event]) -> list[str]:
    """Runs that judged anything, oldest first."""
    return sorted({e.run_id for e in events if e.kind == "check_judged"})


def read_report(project: Project, events: Sequence[Event], run_id: str) -> QualityReport:
    """A run's verdicts as a report; failing rows only of runs of this machine.

    Raises:
        ConfigError: the run judged nothing.
    """
    own = [e for e in events if e.run_id == run_id]
    judged = [e for e in own if e.kind == "check_judged"]
    if not judged:
        raise ConfigError(f"run {run_id} judged nothing", hint="buck pipeline status")
    as_of = next((e.facts["as_of"] for e in own if e.facts.get("as_of")), own[0].at.isoformat())
    results = tuple(read_verdict(e) for e in judged)
    report = QualityReport(datetime.fromisoformat(str(as_of)), results, run_id=run_id)
    return _with_rows(project, report)


def read_verdict(event: Event) -> CheckResult:
    """One recorded verdict."""
    facts = event.facts
    table = TableRef.parse(str(facts["table"]))
    check = Check(
        name=str(facts["name"]),
        table=table.name,
        schema=table.schema,
        engine=facts["engine"],
        dimension=facts["dimension"],
        severity=facts["severity"],
        owner=str(facts.get("owner", "")),
        column=str(facts.get("column", "")),
        expected=str(facts.get("expected", "")),
        file=str(facts.get("file", "")),
    )
    return CheckResult(
        check=check,
        outcome=cast("Outcome", event.status),
        value=facts.get("value"),
        message=str(facts.get("message", "")),
        failures=facts.get("failures"),
        sql=str(facts.get("sql", "")),
        seconds=float(facts.get("seconds", 0.0)),
    )


def _with_rows(project: Project, report: QualityReport) -> QualityReport:
    file = project.work / FOLDER / f"{report.run_id}.json"
    try:
        held = orjson.loads(file.read_bytes())
        saved = {r["id"]: FailingRows.from_dict(r["failing_rows"]) for r in held["results"]}
    except (OSError, ValueError, KeyError, TypeError):
        return report  # a cache: without it there are no rows to show
    results = tuple(
        replace(r, failing_rows=saved.get(r.check.id, r.failing_rows)) for r in report.results
    )
    return replace(report, results=results, unchecked=tuple(held.get("unchecked", ())))
