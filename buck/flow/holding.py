"""Holding rows back: what checks with `on_fail: quarantine` find is kept apart, the rest goes out.

The candidates keep every row, so incremental models neither lose rows nor bring them back. What is
published then is a copy of them: held rows are taken out of their mart, and everything that reads
the mart is built again from what is left.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect, sql_errors
from buck.errors import ConfigError, QueryRefused
from buck.flow.building import Candidates, workspace
from buck.flow.mart_graph import MartGraph
from buck.lake import Lake, held_marts, held_versions
from buck.lake.quarantine import held_schema, held_table
from buck.lake.row_quarantine import (
    as_record,
    failing_rows,
    held_row_id,
    quarantine_of,
    rows_out,
    take_out,
)
from buck.names import TableRef, identifier
from buck.project import Project
from buck.records.quality import CheckResult, QualityReport
from buck.records.quarantine import HeldRecord, HeldStatus

if TYPE_CHECKING:
    from buck.records.build import BuildResult

Judge = Callable[["BuildResult", Path, set[str]], QualityReport]
"""Judges some tables of a database, given dbt's part of the answer."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What may be published if the report lets it pass, and how many rows of it are held back."""

    report: QualityReport
    database: Path
    held: Mapping[str, Mapping[str, int]]
    """Mart to the number of `rows` left out, by which `version` of its quarantine."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one check would hold."""

    result: CheckResult
    mart: TableRef
    records: tuple[HeldRecord, ...]
    released: int = 0
    """How many of them a person has let pass."""
    is_too_much: bool = False


def foresee(project: Project, lake: Lake, report: QualityReport) -> QualityReport:
    """The report with checks that would hold their rows as warnings; nothing is held."""
    holders = _holders(report)
    if not holders:
        return report
    return _told(report, _find(project, lake, holders, run_id=report.run_id, at=report.as_of))


def hold_rows(
    project: Project,
    lake: Lake,
    candidates: Candidates,
    report: QualityReport,
    *,
    judge: Judge,
    is_overridden: bool,
) -> Cleared:
    """Hold what checks with `on_fail: quarantine` found, and make the copy that is published.

    Nothing is held while another check keeps the gate closed, unless a person overrides it. The
    checks that read nothing but reduced marts are put to the copy again; those that compare them
    with other tables were answered by all rows, published and held together.

    Raises:
        ConfigError: a check cannot hold rows: its table is no mart with a grain, or its query
            does not give the grain's columns.
        LakeDamaged: rows published and rows held are not the candidates.
        LoadFenced: somebody else wrote to the quarantine meanwhile; run again.
    """
    holders = _holders(report)
    marts = {_mart(r) for r in holders} | set(held_marts(lake))
    if not marts:
        return Cleared(report, project.build_database, {})
    found = _find(project, lake, holders, run_id=candidates.run_id, at=candidates.as_of)
    told = _told(report, found)
    if told.blocking and not is_overridden:
        return Cleared(told, project.build_database, {})
    for mart in sorted(marts):
        here = [f for f in found if f.mart == mart and not f.is_too_much]
        _store(lake, mart, [r for f in here for r in f.records], candidates)
    versions = held_versions(lake)
    out = {m: rows_out(lake, m, versions[str(m)]) for m in sorted(marts) if str(m) in versions}
    if not any(out.values()):
        return Cleared(told, project.build_database, {})
    database = project.work / "reduced" / "build.duckdb"
    graph = MartGraph(project)
    rows = reduce_database(project, database, candidates.as_of, out, graph=graph)
    again = _judge_again(
        project, database, candidates, told, graph=graph, reduced=list(rows), judge=judge
    )
    again = _without_released(project, lake, database, before=told, after=again, graph=graph)
    held = {str(m): {"rows": n, "version": versions[str(m)]} for m, n in rows.items()}
    return Cleared(again, database, held)


def reduce_database(
    project: Project,
    database: Path,
    as_of: datetime,
    out: Mapping[TableRef, Sequence[HeldRecord]],
    *,
    graph: MartGraph,
    source: Path | None = None,
) -> dict[TableRef, int]:
    """Make a copy of the candidates without held rows; how many rows went, mart by mart.

    Args:
        project: The project.
        database: The copy, called build.duckdb; what is there is replaced.
        as_of: The candidates' time.
        out: The rows to leave out.
        graph: What reads what.
        source: The candidates; those of the project if None, `database` itself to work in place.
    """
    origin = source or project.build_database
    if origin != database:
        shutil.rmtree(database.parent, ignore_errors=True)
        database.parent.mkdir(parents=True)
        shutil.copyfile(origin, database)
    rows = {}
    for mart in graph.in_order(m for m, records in out.items() if records):
        con = connect(database, work=project.work)
        try:
            taken = take_out(con, mart, graph.grain(mart), out[mart])
        finally:
            con.close()
        rows[mart] = taken.rows_held
        below = graph.below(mart)
        if taken.rows_held and below:
            _build_below(project, database, as_of, [m.name for m in below])
    return {mart: count for mart, count in rows.items() if count}


def _build_below(project: Project, database: Path, as_of: datetime, names: list[str]) -> None:
    """Dependents agree with what is left, down to the last aggregate."""
    from buck.transform import build, raise_for_models

    built = build(
        workspace(project, as_of, database=database),
        command="build",
        select=names,
        exclude=["resource_type:test", "resource_type:unit_test"],
        full_refresh=True,
        write_manifest=False,
    )
    raise_for_models(built)


def _holders(report: QualityReport) -> list[CheckResult]:
    return [r for r in report.results if r.check.on_fail == "quarantine"]


def _mart(result: CheckResult) -> TableRef:
    return TableRef(result.check.schema, result.check.table)


def _find(
    project: Project, lake: Lake, holders: Sequence[CheckResult], *, run_id: str, at: datetime
) -> list[_Finding]:
    """The rows behind each check, and whether they are too many."""
    graph = MartGraph(project)
    limits = project.settings.data_quality.quarantine
    found = []
    con = connect(project.build_database, work=project.work, read_only=True)
    try:
        for result in holders:
            mart, check = _mart(result), result.check
            key = graph.grain(mart)
            if result.outcome not in ("failed", "warned"):
                found.append(_Finding(result, mart, ()))
                continue
            con.execute(f"use {identifier('build', mart.schema)}")
            try:
                with sql_errors():
                    rows = list(failing_rows(con, mart, key, result.sql))
            except QueryRefused as exc:
                raise ConfigError(
                    f"check {check.name!r} cannot hold rows of {mart}: {exc.what.splitlines()[0]}",
                    hint=f"its query must give the mart's grain: {', '.join(key)}",
                ) from exc
            reason = f"{check.name}: {check.expected}"
            records = tuple(
                as_record(mart, k, raw, check=check.id, reason=reason, run_id=run_id, at=at)
                for k, raw in dict.fromkeys(rows)
            )
            standing = _standing(lake, mart)
            pending = [r for r in records if standing.get(r.id) not in _DECIDED]
            total = con.execute(f"select count(*) from {mart.sql}").fetchone()
            most = limits.max_rows if check.max_rows is None else check.max_rows
            share = limits.max_share if check.max_share is None else check.max_share
            too_much = len(pending) > most and len(pending) > share * int((total or (0,))[0])
            released = sum(standing.get(r.id) == HeldStatus.RELEASED for r in records)
            found.append(_Finding(result, mart, records, released, too_much))
    finally:
        con.close()
    return found


_DECIDED = (HeldStatus.RELEASED, HeldStatus.DROPPED)


def _standing(lake: Lake, mart: TableRef) -> dict[str, HeldStatus]:
    place = quarantine_of(mart)
    return {r.id: r.status for r in lake.quarantine.read(source=place.source, table=place.name)}


def _told(report: QualityReport, found: Sequence[_Finding]) -> QualityReport:
    """Rows that are held only warn; too many of them close the gate."""
    changed = {}
    for finding in found:
        result, rows = finding.result, len(finding.records)
        if result.outcome not in ("failed", "warned"):
            continue
        if finding.is_too_much:
            message = f"{rows} rows are more than may be held; {result.message}".rstrip("; ")
            changed[result.check.id] = replace(result, outcome="failed", message=message)
        else:
            held = rows - finding.released
            message = f"{held} rows are held back: buck quarantine list --source marts"
            message += f"; {finding.released} were released" if finding.released else ""
            changed[result.check.id] = replace(result, outcome="warned", message=message)
    return replace(report, results=tuple(changed.get(r.check.id, r) for r in report.results))


def _store(
    lake: Lake, mart: TableRef, records: Sequence[HeldRecord], candidates: Candidates
) -> None:
    """Bring a mart's quarantine to what its checks say now, if it does not say so already."""
    import pyarrow.parquet as pq

    table, standing = quarantine_of(mart), _standing(lake, mart)
    failing = {record.id: record for record in records}
    new = [r for r in failing.values() if r.id not in standing]
    again = [r for r in failing.values() if standing.get(r.id) == HeldStatus.SUPERSEDED]
    gone = [
        r
        for r in lake.quarantine.read(
            source=table.source, table=table.name, status=HeldStatus.PENDING
        )
        if r.id not in failing
    ]
    load_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{candidates.run_id}"
    scratch = lake.work / "landing" / load_id
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        if new:
            file = scratch / "held-rows.parquet"
            pq.write_table(held_table(new).cast(held_schema()), file)
            facts = {"buck.run_id": candidates.run_id}
            lake.quarantine.hold(table, [file], load_id=load_id, scratch=scratch, facts=facts)
        for rows, status, why in (
            (again, HeldStatus.PENDING, "it fails again"),
            (gone, HeldStatus.SUPERSEDED, "it passes now, or the source has changed it"),
        ):
            lake.quarantine.decide(
                rows,
                status=status,
                decision=f"{why}: run {candidates.run_id}",
                at=candidates.as_of,
                load_id=f"{load_id}-{status}",
                scratch=scratch,
            )
    finally:
        lake.clear_scratch(load_id)


def _judge_again(
    project: Project,
    database: Path,
    candidates: Candidates,
    report: QualityReport,
    *,
    graph: MartGraph,
    reduced: list[TableRef],
    judge: Judge,
) -> QualityReport:
    """The checks that read nothing but reduced marts, answered by what is published."""
    from buck.transform import build

    affected = {m for mart in reduced for m in (mart, *graph.below(mart))}
    chosen = [r for r in report.results if graph.reads_only(r.sql, affected)]
    tests = [r.check.name for r in chosen if r.check.engine == "dbt"]
    tested = build(
        workspace(project, candidates.as_of, database=database),
        command="test",
        select=tests or ["no_such_test"],
        write_manifest=False,
    )
    ids = {r.check.id for r in chosen}
    fresh = judge(tested, database, {r.check.table for r in chosen})
    answers = {r.check.id: r for r in fresh.results if r.check.id in ids}
    return replace(
        report, results=tuple(_merge(r, answers.get(r.check.id)) for r in report.results)
    )


def _without_released(
    project: Project,
    lake: Lake,
    database: Path,
    *,
    before: QualityReport,
    after: QualityReport,
    graph: MartGraph,
) -> QualityReport:
    """Let a check that still fails on the copy only warn, if all it finds there was released."""
    failing = {r.check.id for r in _holders(after) if r.outcome == "failed"}
    held = {r.check.id: r for r in _holders(before) if r.check.id in failing and not r.is_blocking}
    if not held:
        return after
    answers = {}
    con = connect(database, work=project.work, read_only=True)
    try:
        for id_, result in held.items():
            mart = _mart(result)
            con.execute(f"use {identifier('build', mart.schema)}")
            with sql_errors():
                rows = list(failing_rows(con, mart, graph.grain(mart), result.sql))
            standing = _standing(lake, mart)
            ids = {held_row_id(mart, raw, check=id_) for _, raw in rows}
            if all(standing.get(one) == HeldStatus.RELEASED for one in ids):
                answers[id_] = result
    finally:
        con.close()
    return replace(after, results=tuple(answers.get(r.check.id, r) for r in after.results))


def _merge(before: CheckResult, after: CheckResult | None) -> CheckResult:
    """A held row stays a warning with its sample, as long as nothing of it is left."""
    if after is None or (after.outcome == "passed" and before.check.on_fail == "quarantine"):
        return before
    return after
