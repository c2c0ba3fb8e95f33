"""The same checks on a warehouse: dbt's tests and SodaCL, asked through dbt's adapter there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from buck.flow.building import workspace
from buck.flow.checking import CHECKS
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.landing import declared_tables
from buck.names import TableRef, backticked, identifier
from buck.project import Project
from buck.records.quality import QualityReport

if TYPE_CHECKING:
    from buck.records.build import BuildResult
    from buck.transform import DbtWorkspace


def check_target(
    project: Project, target: str, *, models: Collection[str] = (), as_of: datetime | None = None
) -> QualityReport:
    """Ask every check of what a target of profiles.yml holds; nothing is built or published.

    Args:
        project: The project.
        target: The target, whose models lie in the schemas that dbt builds them in.
        models: Only these tables, by bare name.
        as_of: Now, for the checks.

    Raises:
        TransformError: the target does not answer, or the project can't be read.
    """
    from buck.transform import (
        build,
        ensure_parsed,
        project_variable,
        read_target,
        require_adapter,
    )

    at = project.as_of(as_of)
    space = workspace(project, at, target=target)
    require_adapter(read_target(space, env=project.variables))
    ensure_parsed(space)
    tested = build(
        space,
        command="test",
        select=list(models),
        exclude=["resource_type:unit_test"],
        write_manifest=False,
    )
    raw = str(project_variable(space, "raw_schema") or "raw")
    return judge_target(
        project, space, tested, as_of=at, raw_schema=raw, tables=set(models) or None
    )


def judge_target(
    project: Project,
    space: DbtWorkspace,
    tested: BuildResult,
    *,
    as_of: datetime,
    raw_schema: str,
    run_id: str = "by hand",
    tables: set[str] | None = None,
) -> QualityReport:
    """Dbt's tests that ran there, and every SodaCL check asked there, as one report.

    Tables are named as on the lake, wherever the target has them.
    """
    from buck.quality import report, run_checks_elsewhere
    from buck.transform import ask, models, read_target

    places = _places(project, space, raw_schema)
    schemas = {there.schema: here.schema for here, there in places.items()}
    facts = models(project.work / "dbt" / "target")
    engine = str(read_target(space, env=project.variables).get("type") or space.target)
    quote = _quoting(engine)
    found = run_checks_elsewhere(
        lambda queries: ask(space, queries),
        project.transform_dir / CHECKS,
        engine=engine,
        as_of=as_of,
        qualify=lambda ref: quote(places[ref].schema, places[ref].name) if ref in places else None,
        tables=tables,
        owners={f"{m.schema}.{m.name}": m.owner for m in facts if m.owner},
    )
    nodes = tuple(replace(n, schema=schemas.get(n.schema, n.schema)) for n in tested.nodes)
    marts = [
        TableRef(m.schema, m.name)
        for m in facts
        if m.layer == "marts" and (tables is None or m.name in tables)
    ]
    return report(replace(tested, nodes=nodes), found, as_of=as_of, tables=marts, run_id=run_id)


def _quoting(engine: str) -> Callable[[str, str], str]:
    """How a model's schema and name are quoted there, which dbt leaves unquoted."""
    if engine == "snowflake":
        # Unquoted names are in upper case there.
        return lambda schema, name: identifier(schema.upper(), name.upper())
    return backticked if engine in ("bigquery", "databricks") else identifier


def _places(project: Project, space: DbtWorkspace, raw_schema: str) -> Mapping[TableRef, TableRef]:
    """Each table by its name on the lake, and where the target has it."""
    from buck.transform import ensure_parsed, models

    ensure_parsed(workspace(project, project.as_of()))
    here = {m.unique_id: m for m in models(project.work / "dbt" / "target")}
    there = {m.unique_id: m for m in models(space.target_path)}
    places = {
        TableRef(here[uid].schema, here[uid].name): TableRef(m.schema, m.name)
        for uid, m in there.items()
        if uid in here
    }
    for pin in pin_tables(project, open_lake(project), declared_tables(project)):
        places[pin.table.ref] = TableRef(raw_schema, pin.table.ref.name)
    return places
