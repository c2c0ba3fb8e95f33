"""The run record as tables: `data_pipeline_logs` modelled by a dbt project of its own.

Every run changes what these models read. So they are no part of the project whose files and inputs
name a build: neither fingerprints nor snapshots, rebuilds and promotions ever see them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from buck.engine import connect, translate_errors
from buck.errors import ConfigError, GateClosed, LakeError, ModelFailed
from buck.flow.building import workspace
from buck.flow.lake_access import open_lake
from buck.flow.lock import hold_lock
from buck.ledger import read_events
from buck.names import identifier, literal
from buck.project import Project
from buck.records.ops import OpsBuilt
from buck.records.run import Event

if TYPE_CHECKING:
    from buck.records.build import BuildResult
    from buck.transform import DbtWorkspace

FOLDER = "ops"
"""In the dbt project's folder, and in the private one."""
NAMED = 3


def build_ops(project: Project, *, wait_s: float = 0.0) -> OpsBuilt:
    """Build the tables anew from the whole ledger, check them, and put them in place.

    Readers of `lake/ops.duckdb` see the old tables or the new ones; if a check fails, the old.

    Args:
        project: The project.
        wait_s: How long to wait for another build of them.

    Raises:
        ConfigError: the project has no such models.
        LakeError: no run is recorded yet.
        LedgerError: the ledger is damaged.
        ModelFailed, TransformError: a model failed, or dbt could not start.
        GateClosed: a check failed.
    """
    from buck.transform import build, raise_for_models

    folder = project.work / FOLDER
    space = _space(project, folder)
    events = read_events(open_lake(project).storage)
    if not events:
        raise LakeError("no run is recorded yet", hint="buck run")
    with hold_lock(folder, "buck ops build", wait_s=wait_s, about="the run record is being built"):
        database = folder / "build.duckdb"
        database.unlink(missing_ok=True)
        _write_events(project, database, events)
        done = build(space)
        try:
            raise_for_models(done)
        except ModelFailed as exc:
            where = f"{project.settings.dbt.project_dir}/{FOLDER}/{exc.file}"
            hint = f"fix {where}, then: buck ops build"
            raise ModelFailed(exc.what, hint=hint, file=exc.file, line=exc.line) from exc
        _require_passed(done)
        tables = _put_in_place(project, database, [model.table for model in done.models])
        shutil.rmtree(space.log_path, ignore_errors=True)
        database.unlink()
    return OpsBuilt(str(project.ops_database), len(events), len(done.tests), tables)


def _space(project: Project, folder: Path) -> DbtWorkspace:
    code = project.transform_dir / FOLDER
    if not (code / "dbt_project.yml").is_file():
        raise ConfigError(
            f"{project.settings.dbt.project_dir} has no {FOLDER}/dbt_project.yml",
            hint=f"copy {FOLDER}/ from a project that `buck init` has made",
        )
    space = workspace(project, project.as_of(), database=folder / "build.duckdb")
    return replace(
        space,
        project_dir=code,
        target_path=folder / "target",
        log_path=folder / "logs",
        vars={},
    )


def _write_events(project: Project, database: Path, events: Sequence[Event]) -> None:
    import pyarrow as pa

    table = pa.table(
        {
            "run_id": [e.run_id for e in events],
            "number": pa.array([e.number for e in events], pa.int64()),
            "occurred_at": pa.array([e.at for e in events], pa.timestamp("us", tz="UTC")),
            "pipeline": [e.pipeline for e in events],
            "kind": [str(e.kind) for e in events],
            "step": [e.step for e in events],
            "status": [e.status for e in events],
            "facts": [orjson.dumps(dict(e.facts)).decode() for e in events],
        }
    )
    con = connect(database, work=project.work)
    try:
        with translate_errors():
            con.register("events", table)
            con.execute("create schema raw")
            con.execute(
                "create table raw.data_pipeline_logs as "
                "select * replace (facts::json as facts) from events"
            )
    finally:
        con.close()


def _require_passed(done: BuildResult) -> None:
    bad = [test for test in done.tests if test.status != "passed"]
    if bad:
        names = ", ".join(test.name for test in bad[:NAMED])
        more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        raise GateClosed(
            f"{len(bad)} of {len(done.tests)} checks of the run record failed: {names}{more}",
            hint="what was there stays; see lake/.buck/ops/build.duckdb",
        )


def _put_in_place(project: Project, database: Path, tables: Sequence[str]) -> dict[str, int]:
    """Copy the tables into a file that takes the old one's place, and count their rows."""
    spare = project.work / FOLDER / "spare.duckdb"
    spare.unlink(missing_ok=True)
    con = connect(spare, work=project.work)
    rows: dict[str, int] = {}
    try:
        with translate_errors():
            con.execute(f"attach {literal(str(database))} as built (read_only)")
            for table in sorted(tables):
                source = identifier("built", "main", table)
                con.execute(f"create table {identifier(table)} as from {source}")
                found = con.execute(f"select count(*) from {identifier(table)}").fetchone()
                rows[table] = int(found[0]) if found else 0
            con.execute("detach built")
    finally:
        con.close()
    spare.replace(project.ops_database)
    return rows
