"""One report out of dbt's tests and Soda's checks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from buck.names import TableRef
from buck.records.build import BuildResult, NodeResult, NodeStatus
from buck.records.quality import Check, CheckResult, Outcome, QualityReport

_OUTCOMES: Final[dict[NodeStatus, Outcome]] = {
    "ok": "passed",
    "passed": "passed",
    "warned": "warned",
    "failed": "failed",
    "errored": "errored",
    # A test above which something failed has given no answer.
    "skipped": "errored",
}

_COUNTED: Final = re.compile(r"Got \d+ results?, configured to \w+ if (.+?)\s*$")


def report(
    build: BuildResult | None,
    soda: Iterable[CheckResult],
    *,
    as_of: datetime,
    tables: Iterable[TableRef] = (),
    run_id: str = "",
) -> QualityReport:
    """All answers of one run, blocking ones first, then by table and name.

    Args:
        build: The dbt build whose tests count; None if there was none.
        soda: What `run_checks` gave.
        as_of: The run's point in time.
        tables: Tables that must not go unchecked; those without any check are listed.
        run_id: The run this belongs to.
    """
    results = [*(from_dbt(build) if build else ()), *soda]
    order = {"failed": 0, "errored": 1, "warned": 2, "unjudged": 3, "passed": 4}
    results.sort(
        key=lambda r: (order[r.outcome], r.check.schema, r.check.table, r.check.engine, r.check.id)
    )
    checked = {(r.check.schema, r.check.table) for r in results}
    unchecked = sorted(str(t) for t in set(tables) if (t.schema, t.name) not in checked)
    return QualityReport(
        as_of=as_of, results=tuple(results), unchecked=tuple(unchecked), run_id=run_id
    )


def from_dbt(build: BuildResult) -> tuple[CheckResult, ...]:
    """A build's data tests and unit tests as check results."""
    return tuple(_read_test(node) for node in build.tests)


def _read_test(node: NodeResult) -> CheckResult:
    column = f" on {node.column}" if node.column else ""
    unit = node.kind == "unit_test"
    check = Check(
        name=node.name,
        table=node.table,
        schema=node.schema,
        engine="dbt",
        dimension=node.dimension,
        severity=node.severity,
        owner=node.owner,
        column=node.column,
        expected=node.description or ("unit test" if unit else f"no failing rows{column}"),
        file=node.file,
        line=node.line,
        on_fail=node.holds.on_fail,
        max_rows=node.holds.max_rows,
        max_share=node.holds.max_share,
    )
    skipped = node.status == "skipped"
    return CheckResult(
        check=check,
        outcome=_OUTCOMES[node.status],
        value=node.failures,
        message="not run, because a model above it failed" if skipped else _found(node),
        failing_rows=node.failing_rows,
        failures=None if unit else node.failures,
        sql=node.sql,
        seconds=node.seconds,
    )


def _found(node: NodeResult) -> str:
    """What dbt says of a count, in words, with the rows that were counted since."""
    told = _COUNTED.match(node.message)
    if told is None or node.failures is None:
        return node.message
    rows = f"{node.failures:,} failing {'row' if node.failures == 1 else 'rows'}"
    return rows if told[1] == "!= 0" else f"{rows}; wrong if {told[1]}"
