"""What a pipeline's own `checks` add to the gate: warnings that close it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from buck.errors import ConfigError
from buck.lake import Lake
from buck.ledger import find_run
from buck.project import Project
from buck.records.quality import CheckResult, QualityReport


def strict_tables(project: Project, lake: Lake, run_id: str) -> tuple[str, ...]:
    """What the pipeline of an earlier run is strict about; nothing if it is gone from the file."""
    from buck.flow.parts import build_name  # which imports publishing, which imports this

    events = find_run(lake.storage, run_id)
    if not events:
        return ()
    for name, pipeline in project.pipelines.items():
        if events[0].pipeline in (name, build_name(name)):
            return tuple(pipeline.checks.strict)
    return ()


def make_strict(
    report: QualityReport, strict: Sequence[str], *, is_whole: bool = True
) -> QualityReport:
    """The report, with what only warns about a strict schema or table failed.

    Args:
        report: What was judged.
        strict: Schemas (`finance`) and tables (`finance.fct_payments`).
        is_whole: Whether the report is about every table.

    Raises:
        ConfigError: a name is in no check; written wrongly, it would leave the gate open.
    """
    tables = {f"{r.check.schema}.{r.check.table}" for r in report.results}
    known = tables | {table.partition(".")[0] for table in tables}
    for name in strict if is_whole else ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(
                f"checks.strict of a pipeline names {name!r}, which no check is about",
                hint=f"did you mean {near[0]}?" if near else "write finance, or finance.TABLE",
            )
    results = [_tighten(r, strict) for r in report.results]
    return replace(report, results=tuple(sorted(results, key=lambda r: not r.is_blocking)))


def _tighten(result: CheckResult, strict: Sequence[str]) -> CheckResult:
    check = result.check
    is_strict = check.schema in strict or f"{check.schema}.{check.table}" in strict
    if not is_strict or result.outcome != "warned":
        return result
    return replace(result, outcome="failed", check=replace(check, severity="fail"))
