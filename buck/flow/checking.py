"""Judging candidates: dbt's tests and Soda's checks as one report."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect
from buck.flow.anomalies import judge_anomalies, measure_tables
from buck.flow.building import Candidates
from buck.flow.holding import Cleared, hold_rows
from buck.flow.personal import personal_columns
from buck.flow.strictness import make_strict
from buck.flow.verdicts import save_report
from buck.lake import Lake
from buck.ledger import RunRecorder, record_volumes
from buck.names import TableRef
from buck.project import Project
from buck.records.quality import CheckResult, QualityReport

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.records.build import BuildResult, ModelFacts
    from buck.records.volume import TableVolume

CHECKS = "checks"


def check_candidates(
    project: Project,
    recorder: RunRecorder,
    tested: BuildResult,
    *,
    as_of: datetime,
    lake: Lake,
    candidates: Candidates,
    strict: Sequence[str] = (),
    is_overridden: bool = False,
) -> Cleared:
    """Every check's verdict on the candidates, recorded; rows that checks hold are held.

    The report blocks publishing if a check with severity fail failed or could not be run, or if a
    strict table (`pipelines.….checks.strict`) has a warning.
    """

    def judge_copy(tested: BuildResult, database: Path, tables: set[str]) -> QualityReport:
        run_id = candidates.run_id
        return judge(
            project,
            tested,
            as_of=as_of,
            run_id=run_id,
            tables=tables,
            database=database,
            strict=strict,
        )

    with recorder.step("check candidates") as facts:
        volumes = measure_tables(project, as_of=as_of)
        report = judge(
            project,
            tested,
            as_of=as_of,
            run_id=candidates.run_id,
            volumes=volumes,
            strict=strict,
        )
        cleared = hold_rows(
            project,
            lake,
            candidates,
            report,
            judge=judge_copy,
            is_overridden=is_overridden,
        )
        report = cleared.report
        for result in report.results:
            record_check(recorder, result)
        save_report(project, report)
        facts |= {"checks": report.counts, "blocking": len(report.blocking)}
        if report.passed:
            # What the gate refused is no history to compare with.
            record_volumes(recorder, volumes)
        else:
            facts["status"] = "gate_closed"
        if cleared.held:
            facts["rows_held"] = {mart: one["rows"] for mart, one in cleared.held.items()}
    return cleared


def judge(
    project: Project,
    tested: BuildResult,
    *,
    as_of: datetime,
    run_id: str,
    tables: set[str] | None = None,
    database: Path | None = None,
    volumes: Sequence[TableVolume] = (),
    strict: Sequence[str] = (),
) -> QualityReport:
    """The report on the build database as it is, or on a copy of it.

    Args:
        project: The project.
        tested: dbt's tests.
        as_of: The run's time.
        run_id: The run that built the candidates.
        tables: Limits Soda's part to bare names.
        database: The copy.
        volumes: What was counted in tables, to be compared with earlier runs; see
            `measure_tables`.
        strict: Schemas and tables whose warnings fail.

    Raises:
        ConfigError: a strict name is in no check.
    """
    from buck.quality import report
    from buck.transform import attach_failing_rows, models

    facts = models(project.work / "dbt" / "target")
    personal = personal_columns(project)
    con = connect(
        database or project.build_database,
        work=project.work,
        memory_limit=project.settings.performance.build_memory,
    )
    try:
        explained = attach_failing_rows(tested, con, personal=personal)
        soda = _ask_soda(project, con, facts, as_of=as_of, tables=tables)
    finally:
        con.close()
    unusual = judge_anomalies(project, volumes, facts, run_id=run_id) if volumes else []
    marts = [
        TableRef(m.schema, m.name)
        for m in facts
        if m.layer == "marts" and (tables is None or m.name in tables)
    ]
    found = report(explained, [*soda, *unusual], as_of=as_of, tables=marts, run_id=run_id)
    return make_strict(found, strict, is_whole=tables is None) if strict else found


def _ask_soda(
    project: Project,
    con: Connection,
    facts: Sequence[ModelFacts],
    *,
    as_of: datetime,
    tables: set[str] | None,
) -> list[CheckResult]:
    """The answers of written SodaCL, of the default checks, and of checks of one file each."""
    from buck.quality import (
        list_custom_checks,
        run_checks,
        run_custom_checks,
        write_default_checks,
    )

    checks_dir = project.transform_dir / CHECKS
    personal = personal_columns(project)
    owners = {f"{m.schema}.{m.name}": m.owner for m in facts if m.owner}
    found = run_checks(
        con, checks_dir, as_of=as_of, tables=tables, personal=personal, owners=owners
    )
    keys = undeclared_keys(project, tables)
    if keys and (kinds := project.settings.data_quality.default_checks):
        with tempfile.TemporaryDirectory(prefix="checks-", dir=project.work) as folder:
            write_default_checks(Path(folder), keys, kinds=kinds, owners=owners)
            found += run_checks(con, Path(folder), as_of=as_of, personal=personal, owners=owners)
    own = [p for p in list_custom_checks(checks_dir) if tables is None or p.parent.name in tables]
    return found + run_custom_checks(con, own, as_of=as_of, personal=personal, owners=owners)


def undeclared_keys(
    project: Project, tables: set[str] | None = None
) -> dict[TableRef, tuple[str, ...]]:
    """Marts whose key is declared (`meta.grain`) and checked by no dbt test, with that key."""
    from buck.transform import key_columns, meta_of, read_graph

    graph = read_graph(project.work / "dbt" / "target")
    found: dict[TableRef, tuple[str, ...]] = {}
    for node in graph.of_type("model"):
        grain = str(meta_of(node).get("grain") or "")
        is_wanted = tables is None or node["name"] in tables
        is_mart = "/marts/" in str(node["original_file_path"]).replace("\\", "/")
        if grain and is_mart and is_wanted and not key_columns(graph, node):
            columns = tuple(part.strip() for part in grain.split(","))
            found[TableRef(str(node["schema"]), str(node["name"]))] = columns
    return found


def record_check(recorder: RunRecorder, result: CheckResult) -> None:
    """Put one verdict into the ledger; rows stay out of it, they may be about people.

    The query goes along where there is something to explain, so that it can be asked again.
    """
    is_fine = result.outcome in ("passed", "unjudged")
    asked = {} if is_fine else {"sql": result.sql, "file": result.check.file}
    recorder.add(
        "check_judged",
        result.outcome,
        check=result.check.id,
        name=result.check.name,
        table=f"{result.check.schema}.{result.check.table}",
        engine=result.check.engine,
        dimension=result.check.dimension,
        severity=result.check.severity,
        failures=result.failures,
        value=result.value,
        message=result.message,
        owner=result.check.owner,
        column=result.check.column,
        expected=result.check.expected,
        **asked,
    )
