"""Checking candidates by hand, without building or publishing."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from buck.engine import connect
from buck.errors import ConfigError, LakeError
from buck.flow.anomalies import measure_tables
from buck.flow.building import built_at, workspace
from buck.flow.checking import CHECKS, judge
from buck.flow.holding import foresee
from buck.flow.lake_access import open_lake
from buck.flow.lock import hold_lock
from buck.project import Project
from buck.records.quality import QualityReport

if TYPE_CHECKING:
    from buck.records.build import BuildResult, ModelFacts

Layer = Literal["raw", "staging", "marts"]


def check_models(
    project: Project,
    models: Sequence[str],
    *,
    as_of: datetime | None,
    layer: Layer | None = None,
    wait_s: float = 0.0,
) -> QualityReport:
    """The report on some models' candidates, all of them if none is named.

    Args:
        project: The project.
        models: Names of models, or of raw tables; all if empty.
        as_of: The moment for freshness checks; the project's own if None. Models are compared
            with what they are made of as of the time they were built for.
        layer: Only tables of this layer, of those named.
        wait_s: How long to wait for a run of the project.

    Raises:
        LakeError: there are no candidates.
        ConfigError: a name is not a model's, or the layer has none of that name.
        LakeLocked: a run has the project.
    """
    from buck.transform import build, ensure_parsed
    from buck.transform import models as read_models

    if not project.build_database.exists():
        raise LakeError("there are no candidates to check", hint="buck run")
    at = project.as_of(as_of)
    with hold_lock(project.work, "buck quality check", wait_s=wait_s):
        space = workspace(project, built_at(project))
        ensure_parsed(space)
        known = read_models(space.target_path)
        _refuse_nothing(project, known)
        tables = _choose(project, known, models, layer)
        selected = [m.name for m in known if tables is None or m.name in tables]
        tested = build(
            space,
            command="test",
            select=() if tables is None else selected or ["source:*"],
            exclude=["resource_type:unit_test"],
            write_manifest=False,
        )
        if layer is not None:
            tested = _only_about(tested, tables or (), {m.name for m in known})
        volumes = measure_tables(project, as_of=at, tables=tables)
        report = judge(project, tested, as_of=at, run_id="by hand", tables=tables, volumes=volumes)
        return foresee(project, open_lake(project), report)


def _refuse_nothing(project: Project, models: Sequence[ModelFacts]) -> None:
    """Keep the checks from failing one by one where no model was built."""
    con = connect(project.build_database, work=project.work, read_only=True)
    try:
        found = con.execute(
            "select schema_name, table_name from duckdb_tables() "
            "union all select schema_name, view_name from duckdb_views()"
        ).fetchall()
    finally:
        con.close()
    if not {(m.schema, m.name) for m in models} & set(found):
        raise LakeError("there are no candidates to check", hint="buck run")


def _choose(
    project: Project, known: Sequence[ModelFacts], models: Sequence[str], layer: Layer | None
) -> set[str] | None:
    """Bare names of the tables to check; None for all."""
    from buck.quality import list_checked_tables

    raw = {t.name for t in list_checked_tables(project.transform_dir / CHECKS) if t.schema == "raw"}
    names = {m.name for m in known} | raw
    for name in models:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise ConfigError(
                f"there is no model {name!r}",
                hint=f"did you mean {near[0]}?" if near else "see `buck dbt ls`",
            )
    if layer is None:
        return set(models) or None
    inside = raw if layer == "raw" else {m.name for m in known if m.layer == layer}
    chosen = inside & set(models) if models else inside
    if not chosen:
        wanted = f"{', '.join(models)} in layer {layer}" if models else f"layer {layer}"
        raise ConfigError(f"{wanted}: nothing to check", hint=f"leave out --layer {layer}")
    return chosen


def _only_about(
    tested: BuildResult, tables: Collection[str], models: Collection[str]
) -> BuildResult:
    """Without tests that dbt also selects because they merely read a table of the layer.

    A test of a raw table is about no model.
    """
    kept = tuple(n for n in tested.nodes if n.table in tables or n.table not in models)
    return replace(tested, nodes=kept)
