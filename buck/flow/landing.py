"""Landing one source of a pipeline."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from buck.errors import ConfigError
from buck.flow.retrying import retry
from buck.lake import Lake, full_schema
from buck.ledger import RunRecorder
from buck.pipelines import load_module, run_source
from buck.project import Project, Retries
from buck.records.load import (
    Incident,
    LoadReport,
    LoadRules,
    OnReading,
    TableReport,
    TimeRange,
)
from buck.records.table import TableSpec


def new_load_id(at: datetime) -> str:
    """A name for one load or run, unlike any other; names sort by time, to the microsecond."""
    return f"{at:%Y%m%dT%H%M%S}-{at.microsecond:05x}{secrets.token_hex(4)}"


def choose_sources(project: Project, wanted: Sequence[str]) -> list[str]:
    """The sources that Buck lands itself, of those wanted; all of them if none is named.

    Raises:
        ConfigError: a wanted source is not configured, or cannot be landed by this version.
    """
    names = list(wanted) or list(project.settings.sources)
    chosen = []
    for name in names:
        source = project.source(name)
        if source.connector in ("fivetran", "airbyte"):
            continue
        if source.connector == "debezium" or source.mode == "cdc":
            raise ConfigError(
                f"sources.{name} asks for change data capture, which this version does not do",
                hint=f"write connector: dlt and mode: batch under sources.{name}",
            )
        chosen.append(name)
    return chosen


def declared_tables(project: Project) -> list[TableSpec]:
    """The raw tables that the configured sources declare, landed or not."""
    return [
        spec
        for name in choose_sources(project, [])
        for spec in load_module(project.pipelines_dir, module_name(project, name)).tables
    ]


def declared_table(project: Project, source: str, name: str) -> TableSpec | None:
    """What a source's file declares about one table, if it declares it."""
    module = load_module(project.pipelines_dir, module_name(project, source))
    return next((spec for spec in module.tables if spec.name == name), None)


def land_source(
    project: Project,
    lake: Lake,
    name: str,
    *,
    as_of: datetime,
    recorder: RunRecorder,
    is_whole: bool = False,
    span: TimeRange | None = None,
    only: Collection[str] = (),
    confirmed: Collection[str] = (),
    retries: Retries | None = None,
    part: str = "",
    turn: Callable[[], AbstractContextManager[None]] | None = None,
    on_reading: OnReading = lambda *_: None,
) -> LoadReport:
    """Land what is new in one source, recording every table; see `run_source`.

    `confirmed` names tables (`source.table`) of which many rows may be gone at once; `only` those
    that a range is wanted of, all if empty; `part` names a part of a longer range, and `turn` is
    entered to commit it if others land beside it; `on_reading` is told how to ask how far it is.
    What can pass is tried again as `retries` says, each try as a load of its own.

    Raises:
        SourceError, LakeError, ConfigError: see `run_source`.
    """
    step = f"land {name} {part}".rstrip()

    def land() -> LoadReport:
        load_id = new_load_id(as_of)
        landing = lake.landing(name, load_id, facts={"buck.run_id": recorder.run_id})
        try:
            return run_source(
                module,
                landing,
                load_id=load_id,
                as_of=as_of,
                options=options,
                merge_schema=full_schema,
                on_table=lambda table: _record_table(recorder, table),
                on_reading=lambda ask: on_reading(step, ask),
                is_whole=is_whole,
                confirmed=_tables_of(name, confirmed),
                rules=rules,
                turn=turn,
            )
        finally:
            landing.close()

    with recorder.step(step) as facts:
        # Whoever looks at the run while it reads is told so.
        recorder.flush()
        if part:
            facts |= {"source": name, "part": part}
        module = load_module(project.pipelines_dir, module_name(project, name))
        options = project.source_options(name)
        rules = load_rules(project, name, span=span, only=_tables_of(name, only))
        report = retry(land, retries or Retries(), recorder)
        for incident in report.incidents:
            recorder.add("incident", incident.kind, **_facts(incident))
        facts |= {
            "load_id": report.load_id,
            "rows_landed": report.rows_landed,
            "rows_received": sum(t.rows_received for t in report.tables),
            "tables": len(report.tables),
        }
        if report.rows_quarantined:
            facts["rows_quarantined"] = report.rows_quarantined
        if span:
            facts |= {"span": str(span), "passed_over": dict(report.notes)}
        if report.is_degraded:
            facts |= {"status": "degraded", "skipped": report.troubles}
    return report


def _record_table(recorder: RunRecorder, table: TableReport) -> None:
    recorder.add(
        "table_landed",
        "ok",
        table=table.table,
        rows_received=table.rows_received,
        rows_landed=table.rows_landed,
        rows_unchanged=table.rows_unchanged,
        rows_quarantined=table.rows_quarantined,
        version=table.version,
        marks_to=dict(table.marks_to),
        metrics=dict(table.metrics),
    )
    if table.columns_added:
        recorder.add("schema_changed", "evolved", table=table.table, added=table.columns_added)
    for incident in table.incidents:
        recorder.add("incident", incident.kind, **_facts(incident))


def load_rules(
    project: Project,
    source: str,
    *,
    span: TimeRange | None = None,
    only: frozenset[str] = frozenset(),
) -> LoadRules:
    """What the project says about the tables of a source."""
    settings = project.source(source)
    return LoadRules(
        contract=settings.contract,
        contracts=settings.contracts,
        max_held_rows=settings.quarantine.max_rows,
        max_held_share=settings.quarantine.max_share,
        span=span,
        only=only,
    )


def _facts(incident: Incident) -> dict[str, Any]:
    return {"table": incident.table, "column": incident.column, "detail": incident.detail}


def _tables_of(source: str, names: Collection[str]) -> frozenset[str]:
    """The tables of one source among `source.table` names."""
    return frozenset(n.removeprefix(f"{source}.") for n in names if n.startswith(f"{source}."))


def module_name(project: Project, source: str) -> str:
    """The name of the file that reads a source."""
    return project.source(source).pipeline or source
