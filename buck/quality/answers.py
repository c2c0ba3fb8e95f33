"""What a scan found, read into check results.

Importing this module imports soda-core: `soda_library.load_soda` goes first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from soda.sampler.default_sampler import DefaultSampler

from buck.quality.questions import finding, read_check
from buck.quality.soda_scan import AsOfScan
from buck.records.quality import Check, CheckResult, Outcome
from buck.records.rows import FailingRows, mask_text, plain_value

_OUTCOMES: dict[str, Outcome] = {"pass": "passed", "warn": "warned", "fail": "failed"}
METRICS = (
    "row_count", "missing_count", "missing_percent", "invalid_count", "invalid_percent",
    "duplicate_count", "duplicate_percent", "min", "max", "avg", "sum", "stddev", "variance",
    "percentile", "min_length", "max_length", "avg_length", "freshness",
)  # fmt: skip
"""Of SodaCL; a check's own metric comes with an expression or a query."""
_NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')
"""As DuckDB puts it."""
_COUNTED = {"missing_count", "invalid_count", "duplicate_count"}
_COUNTED_CHECKS = {
    "ReferenceCheck",
    "UserDefinedFailedRowsCheck",
    "UserDefinedFailedRowsExpressionCheck",
}
_OF_HISTORY = {"ChangeOverTimeMetricCheck", "AnomalyDetectionMetricCheck", "AnomalyMetricCheck"}


class Samples(DefaultSampler):  # type: ignore[misc]
    """Keeps the first failing rows of each query."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        self.rows_by_sql: dict[str, tuple[list[str], list[Any]]] = {}

    def store_sample(self, sample_context: Any) -> Any:
        """Remember the rows under the query's text."""
        rows = sample_context.sample.get_rows()[: self.limit]
        names = [column.name for column in sample_context.sample.get_schema().columns]
        self.rows_by_sql[str(sample_context.query)] = (names, rows)
        return super().store_sample(sample_context)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the queries of one check brought."""

    rows: FailingRows = field(default_factory=FailingRows)
    sql: str = ""
    errors: tuple[str, ...] = ()
    seconds: float = 0.0


def read_answers(
    scan: AsOfScan,
    *,
    schema: str,
    files: Sequence[Path],
    unreadable: Sequence[Any],
    samples: Samples,
    personal: Collection[str],
    owners: Mapping[str, str],
) -> list[CheckResult]:
    """One result per check in the files' order, and one per error that no check accounts for."""
    results = [_not_read(log, schema, files[0]) for log in unreadable]
    for check in scan.checks:
        question = read_check(check, schema=schema, owners=owners)
        evidence = _gather(check, scan, samples, personal)
        results.append(_answer(check, question, evidence))
    if not any(result.outcome == "errored" for result in results):
        # An error that no check shows would otherwise be lost with its log.
        results += [_not_read(log, schema, files[0]) for log in scan.take_errors()]
    # soda-core groups its checks by column.
    return sorted(results, key=lambda result: (result.check.file, result.check.line or 0))


def _answer(check: Any, question: Check, evidence: _Evidence) -> CheckResult:
    verdict = getattr(check.outcome, "value", None)
    # Of a query that did not run, soda-core makes a share of 0 %, and judges that.
    outcome = "errored" if evidence.errors else _OUTCOMES.get(str(verdict), "errored")
    if outcome == "failed" and question.severity == "warn":
        outcome = "warned"
    value = None if evidence.errors else _measure(check)
    return CheckResult(
        check=question,
        outcome=outcome,
        value=value,
        message=_explain(check, question, outcome, value, evidence),
        failing_rows=evidence.rows if outcome in {"failed", "warned"} else FailingRows(),
        failures=value if isinstance(value, int) and _counts_rows(check) else None,
        sql=evidence.sql,
        seconds=evidence.seconds,
    )


def _measure(check: Any) -> Any:
    freshness = getattr(check, "freshness_values", None)
    if freshness:
        return plain_value(freshness.get("freshness"))
    return plain_value(getattr(check, "check_value", None))


def _counts_rows(check: Any) -> bool:
    metric = getattr(check.check_cfg, "metric_name", None)
    return metric in _COUNTED or type(check).__name__ in _COUNTED_CHECKS


def _explain(check: Any, question: Check, outcome: Outcome, value: Any, evidence: _Evidence) -> str:
    if outcome == "errored":
        return _explain_error(check, evidence)
    if outcome == "passed":
        return ""
    freshness = getattr(check, "freshness_values", None)
    if freshness:
        newest = freshness["max_column_timestamp_utc"]
        if newest is None:
            return "no timestamp at all"
        return f"newest is {newest}, {value} before {freshness['now_timestamp_utc']}"
    for found in (getattr(check, "fail_result", None), getattr(check, "warn_result", None)):
        if found:
            held = {name: getattr(found, name) for name in found.__dataclass_fields__}
            parts = (f"{k.replace('_', ' ')}: {v}" for k, v in held.items() if v)
            return "; ".join(parts)
    return finding(value, question.expected)


def _explain_error(check: Any, evidence: _Evidence) -> str:
    metric = getattr(check.check_cfg, "metric_name", None)
    if evidence.errors:
        return _told_apart(check, evidence.errors[0])
    if type(check).__name__ in _OF_HISTORY:
        return (
            "this check needs a history, which is not kept here for Soda; "
            "Buck's own ledger is asked instead: As many rows as usual"
        )
    if metric and not evidence.sql:
        near = get_close_matches(metric, METRICS, n=1)
        return f"there is no metric {metric}{f': did you mean {near[0]}?' if near else ''}"
    return "no value to judge: is the table empty"


def _told_apart(check: Any, error: str) -> str:
    """Soda asks all measures of a table in one query: whose column it is that is not there."""
    found = _NO_COLUMN.search(error)
    if found is None:
        return error
    column = found.group(1)
    held = check.check_cfg
    if column in f"{held.source_line} {getattr(held, 'source_configurations', '')}":
        return f"there is no column {column}"
    return f"not answered: another check asks for the column {column}"


def _gather(check: Any, scan: AsOfScan, samples: Samples, personal: Collection[str]) -> _Evidence:
    metrics = set(_with_parts(check.metrics.values()))
    queries = [query for metric in metrics for query in metric.queries]
    queries += [q for q in scan.queries if getattr(q, "metric", None) in metrics]
    errors = [mask_text(_first_line(q.exception)) for q in queries if q.exception is not None]
    seconds = sum(q.duration.total_seconds() for q in set(queries) if q.duration)
    rows, sql = FailingRows(), next((str(q.sql) for q in queries if q.sql), "")
    for query in queries:
        kept = samples.rows_by_sql.get(str(query.sql))
        if kept is not None:
            rows = FailingRows.of(kept[0], kept[1], personal=personal)
            sql = str(query.failing_sql or query.sql)
    return _Evidence(rows, sql.strip(), tuple(errors), round(seconds, 3))


def _with_parts(metrics: Any) -> list[Any]:
    """The metrics, and those that a share such as missing_percent is computed from."""
    found = list(metrics)
    for metric in list(found):
        formula = getattr(metric, "derived_formula", None)
        if formula is not None:
            found += list(formula.metric_dependencies.values())
    return found


def _not_read(log: Any, schema: str, file: Path) -> CheckResult:
    place = log.location
    path = Path(place.file_path) if place is not None and place.file_path else file
    message = mask_text(str(log.message))
    if log.exception is not None:
        message = f"{message}: {_first_line(log.exception)}"
    check = Check(
        name=f"{path.name} can be read" + (f" (line {place.line})" if place else ""),
        table=path.stem,
        schema=schema,
        engine="soda",
        dimension="validity",
        file=str(path),
        line=place.line if place is not None else None,
    )
    return CheckResult(check=check, outcome="errored", message=message)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
