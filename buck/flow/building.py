"""Building candidates: pinned raw tables in, marts nobody reads yet out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import connect, translate_errors
from buck.errors import ConfigError, LakeError
from buck.flow.lake_access import open_lake
from buck.lake import Lake, RawPin
from buck.names import identifier
from buck.project import Project
from buck.records.build import BuildResult

if TYPE_CHECKING:
    from buck.records.build import Progress
    from buck.transform import DbtWorkspace


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything the candidates depend on. Equal fingerprints build equal marts."""

    as_of: datetime
    pins: tuple[RawPin, ...]
    project_hash: str
    """Over every file of the dbt project, checks included."""
    models_hash: str = ""
    """The same without the checks: what decides how the candidates look."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Mart to the version of its quarantine: a released row is news, too."""
    select: str | None = None
    """The dbt selection that is built; the other models stay as they were."""

    @property
    def lake_versions(self) -> dict[str, int]:
        """Raw table to version."""
        return {str(pin.table): pin.version for pin in self.pins}

    @property
    def shapes(self) -> str:
        """Names the columns and types of all raw tables; views over them depend on it."""
        content = {str(pin.table): list(pin.columns.items()) for pin in self.pins}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """See `fingerprint`."""
        return fingerprint(
            self.lake_versions, self.project_hash, self.as_of, self.held, select=self.select
        )

    def is_met_by(self, published: str) -> bool:
        """Whether a build with this fingerprint has all that this one would make.

        A build of everything has every selection.
        """
        return published in (self.fingerprint, replace(self, select=None).fingerprint)


def gather_inputs(
    project: Project,
    pins: Sequence[RawPin],
    as_of: datetime,
    *,
    held: Mapping[str, int] | None = None,
    select: str | None = None,
) -> Inputs:
    """What a build would be made from."""
    whole, models = project_hash(project), project_hash(project, checks=False)
    return Inputs(as_of, tuple(pins), whole, models, held or {}, select)


def fingerprint(
    versions: Mapping[str, int],
    project: str,
    as_of: datetime,
    held: Mapping[str, int],
    *,
    select: str | None = None,
) -> str:
    """Names the inputs of a build; the time counts by its day, as the models use it.

    A build of a selection has a name of its own: the models beside it are not of these inputs.
    """
    content: list[Any] = [dict(versions), project, as_of.date().isoformat()]
    content += [dict(held)] if held else []
    content += [{"select": select}] if select else []
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def workspace(
    project: Project, as_of: datetime, *, target: str = "duckdb", database: Path | None = None
) -> DbtWorkspace:
    """How dbt is run on this project's private build database, or on another `build.duckdb`."""
    from buck.transform import DbtWorkspace

    if not (project.transform_dir / "dbt_project.yml").is_file():
        raise ConfigError(
            f"there is no dbt project in {project.settings.dbt.project_dir}",
            hint="set dbt.project_dir in .buck.yml, for example ./transform",
        )
    performance = project.settings.performance
    layers = project.settings.dbt.models
    variables = {
        "as_of": as_of.isoformat(),
        "incremental_lookback_days": performance.incremental.lookback_days,
        "partition_field": performance.partitioning.default_field,
        "partition_granularity": performance.partitioning.default_granularity,
        "clustering_enabled": performance.clustering.enabled,
        "cluster_keys": list(performance.clustering.default_keys),
        **{
            f"{name}_materialized": layer.materialized
            for name, layer in layers.items()
            if layer.materialized and name in ("staging", "intermediate")
        },
        **project.settings.dbt.vars,
    }
    return DbtWorkspace(
        project_dir=project.transform_dir,
        profiles_dir=project.profiles_dir,
        target=target,
        # Each target keeps its own parsed project; the lake's own is what everything else reads.
        target_path=project.work / "dbt" / ("target" if target == "duckdb" else target),
        log_path=project.work / "dbt" / "logs",
        vars=variables,
        env={
            "BUCK_BUILD_DB": str(database or project.build_database),
            "BUCK_DBT_THREADS": str(performance.threads or 1),
            "BUCK_MEMORY_LIMIT": performance.build_memory,
            **(_warehouse_variables(project) if target != "duckdb" else {}),
        },
    )


def _warehouse_variables(project: Project) -> dict[str, str]:
    """What profiles.yml may ask for, `.env` included."""
    wanted = ("BUCK_", "DBT_ENV_SECRET_")
    return {k: v for k, v in project.variables.items() if k.startswith(wanted)}


@dataclass(frozen=True, slots=True)
class Prepared:
    """The build database before a build."""

    from_scratch: bool
    is_complete: bool
    """Whether a build of everything has finished over raw tables of the same shape."""


def prepare_database(
    project: Project, lake: Lake, inputs: Inputs, *, anew: bool = False, run_id: str = ""
) -> Prepared:
    """Give the build database views over exactly the pinned raw files.

    Everything is built from scratch if the database is new, belongs to another lake, is ahead of
    the pinned versions, or was built by other models; or if it is to be `anew`. The run that is
    named has begun to build; see `is_half_built`.
    """
    stamp = _read_stamp(project)
    from_scratch = anew or _is_stale(stamp, project, lake, inputs)
    if from_scratch:
        for file in (project.build_database, project.build_database.with_suffix(".duckdb.wal")):
            file.unlink(missing_ok=True)
    _stamp_file(project).unlink(missing_ok=True)
    create_raw_views(project.build_database, project.work, inputs.pins)
    is_complete = not from_scratch and stamp.get("complete_shapes") == inputs.shapes
    _write_stamp(
        project,
        {
            "lake": lake.identity,
            "models": inputs.models_hash,
            "versions": inputs.lake_versions,
            "complete_shapes": inputs.shapes if is_complete else None,
        }
        | ({"begun": run_id} if run_id else {}),
    )
    return Prepared(from_scratch, is_complete)


def create_raw_views(database: Path, work: Path, pins: Sequence[RawPin]) -> None:
    """Views over exactly the pinned raw files, in a database that is made if it is not there."""
    con = connect(database, work=work)
    try:
        with translate_errors():
            con.execute("create schema if not exists raw")
            for pin in pins:
                name = identifier("raw", pin.table.ref.name)
                con.execute(f"create or replace view {name} as {pin.select_sql}")
    finally:
        con.close()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What lies in the build database, ready to be judged."""

    run_id: str
    """The run that built it."""
    as_of: datetime
    lake_versions: Mapping[str, int]
    models_hash: str
    select: str | None = None
    """The dbt selection that was built; everything if None."""


def mark_built(project: Project, inputs: Inputs, *, run_id: str) -> Candidates:
    """Remember that a build has finished, and for whom."""
    built = {"run_id": run_id, "as_of": inputs.as_of.isoformat(), "select": inputs.select}
    complete = {} if inputs.select else {"complete_shapes": inputs.shapes}
    stamp = _read_stamp(project) | complete | {"built": built}
    stamp.pop("begun", None)
    _write_stamp(project, stamp)
    return Candidates(run_id, inputs.as_of, inputs.lake_versions, inputs.models_hash, inputs.select)


def is_half_built(project: Project) -> bool:
    """Whether a run began to build here and did not finish, so that nothing whole lies there."""
    return "begun" in _read_stamp(project)


def read_candidates(project: Project, lake: Lake) -> Candidates:
    """What the last finished build made.

    Raises:
        LakeError: there is none, it was killed, or it is of another lake.
    """
    stamp = _read_stamp(project)
    built = stamp.get("built")
    if not built or not project.build_database.exists() or stamp.get("lake") != lake.identity:
        raise LakeError("there are no finished candidates", hint="buck run")
    return Candidates(
        str(built["run_id"]),
        datetime.fromisoformat(built["as_of"]),
        {str(table): int(version) for table, version in stamp["versions"].items()},
        str(stamp["models"]),
        built.get("select"),
    )


def built_at(project: Project) -> datetime:
    """The time that the candidates show; the present where no run has finished them.

    What lies there may be of dbt's own words by hand.
    """
    try:
        return read_candidates(project, open_lake(project)).as_of
    except LakeError:
        return project.as_of()


def build_candidates(
    space: DbtWorkspace,
    *,
    select: str | None,
    full_refresh: bool,
    is_complete: bool,
    on_progress: Callable[[Progress], None],
    on_built: Callable[[BuildResult], None] = lambda _: None,
) -> tuple[BuildResult, BuildResult]:
    """Seeds and models, then data tests, each as a result.

    Tests come after all models, so that one bad staging row does not hide what else is wrong.

    Args:
        space: How dbt is run.
        select: A dbt selection; everything if None.
        full_refresh: Build incremental models from scratch.
        is_complete: Everything was built before; seeds and views that no run changes stay as
            they are.
        on_progress: Called as nodes start and finish.
        on_built: Called with the models, also if some failed.

    Raises:
        ModelFailed: a model's SQL failed.
        TransformError: dbt could not start.
    """
    from buck.transform import build, ensure_parsed, raise_for_models, steady_nodes

    # Once here, so that neither command below has to write the manifest again.
    ensure_parsed(space)
    chosen = select.split() if select else []
    kept = steady_nodes(space.target_path, runtime_vars=space.runtime_vars) if is_complete else []
    built = build(
        space,
        command="build",
        select=chosen,
        exclude=["resource_type:test", "resource_type:unit_test", *kept],
        full_refresh=full_refresh,
        write_manifest=False,
        on_event=on_progress,
    )
    on_built(built)
    raise_for_models(built)
    tested = build(
        space,
        command="test",
        select=chosen,
        exclude=["resource_type:unit_test"],
        write_manifest=False,
        on_event=on_progress,
    )
    return built, tested


def _stamp_file(project: Project) -> Path:
    return project.work / "build.json"


def _read_stamp(project: Project) -> dict[str, Any]:
    try:
        stamp = json.loads(_stamp_file(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _is_stale(stamp: Mapping[str, Any], project: Project, lake: Lake, inputs: Inputs) -> bool:
    if not project.build_database.exists() or stamp.get("lake") != lake.identity:
        return True
    if stamp.get("models") != inputs.models_hash:
        return True
    versions: Mapping[str, int] = stamp.get("versions", {})
    return any(inputs.lake_versions.get(t, -1) < v for t, v in versions.items())


def _write_stamp(project: Project, stamp: Mapping[str, Any]) -> None:
    spare = _stamp_file(project).with_suffix(".spare")
    spare.write_text(json.dumps(stamp), encoding="utf-8")
    spare.replace(_stamp_file(project))


def project_hash(project: Project, *, checks: bool = True) -> str:
    """A hash over the dbt project's files and settings, with or without its Soda checks."""
    digest = hashlib.sha256(json.dumps(project.settings.dbt.model_dump(mode="json")).encode())
    # `ops` is a dbt project of its own, over what runs recorded.
    ignored = {"target", "logs", "dbt_packages", "ops"} | (set() if checks else {"checks"})
    for path in sorted(project.transform_dir.rglob("*")):
        relative = path.relative_to(project.transform_dir)
        if path.is_file() and relative.parts[0] not in ignored and path.name != ".user.yml":
            digest.update(f"{relative}\0".encode())
            digest.update(path.read_bytes())
        elif path.is_symlink() and path.is_dir() and relative.parts[0] not in ignored:
            for file in _linked_files(path):
                digest.update(f"{relative / file.relative_to(path)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _linked_files(folder: Path) -> Iterator[Path]:
    """Files of a dbt project that lies elsewhere, without what dbt leaves there."""
    left = {"target", "logs", "dbt_packages", "__pycache__"}
    for path in sorted(folder.iterdir()):
        if path.name in left or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _linked_files(path)
        else:
            yield path
