"""Statements that load raw tables from the lake's bucket, where Buck does not write by itself.

They are made from the lake's logs, and run by whoever has read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buck.errors import ConfigError, WarehouseError
from buck.flow.building import workspace
from buck.flow.foreign import foreign_sources
from buck.flow.lake_access import open_lake
from buck.flow.landing import declared_tables
from buck.flow.promotion_record import Known, ask_record
from buck.flow.promotion_side import SEQUENCE, choose_target, read_snapshot
from buck.lake import Lake, SnapshotStore, files_between, files_of
from buck.names import RawTable, TableRef
from buck.project import Project
from buck.records.raw_files import FileStretch, WarehouseScript
from buck.warehouses import SCRIPTED

if TYPE_CHECKING:
    from buck.transform import DbtWorkspace

AMAZON: Final = ".amazonaws.com"
GOOGLE: Final = "storage.googleapis.com"
MANIFESTS: Final = "promotions/redshift/manifests"
"""Where Redshift finds lists of files, below the lake's root."""
NEVER_RUN: Final = "Nothing of it has run on a real account: read it first."


def is_scripted(project: Project, target: str | None) -> bool:
    """Whether a promotion's raw tables get to a target by a script.

    Raises:
        ConfigError: there is no such target.
    """
    return _kind(*_target(project, target)[::2]) in SCRIPTED


def script_promotion(
    project: Project,
    target: str | None,
    *,
    snapshot: int | None = None,
    is_asked: bool = True,
) -> WarehouseScript:
    """The statements that bring the raw tables of a snapshot to a warehouse, and change no more.

    Args:
        project: The project; its lake has to be in a bucket.
        target: A target of profiles.yml, of a type that a script exists for.
        snapshot: The snapshot's number; the published one if None.
        is_asked: Ask the warehouse what it has. Otherwise as if it had nothing: the statements
            leave out, or stop at, what is there.

    Raises:
        ConfigError: the lake is on this machine, its tables are no Parquet, nothing is published,
            or the target's adapter is not installed.
        WarehouseError: the warehouse does not answer, or holds the raw tables of another lake.
    """
    chosen, space, settings = _target(project, target)
    kind = _kind(chosen, settings)
    require_bucket(project, kind)
    lake = open_lake(project)
    pinned = read_snapshot(SnapshotStore(lake.storage), snapshot)
    prefix = project.settings.warehouse.schema_prefix
    schema = f"{prefix}{raw_schema(space)}"
    catalog = str(settings.get("catalog") or "")
    known = Known({})
    if is_asked:
        known = ask_record(space, kind, settings, prefix=prefix, schema=schema)
        _refuse_other_lake(known, lake, chosen)
    stretches = find_stretches(project, lake, pinned.lake_versions, schema=schema, known=known)
    manifests: dict[str, str] = {}
    if kind == "redshift":
        statements = _for_redshift(project, lake, stretches, manifests=manifests)
    else:
        statements = _for_databricks(lake, stretches, catalog=catalog, prefix=prefix)
    return WarehouseScript(
        chosen,
        pinned.id,
        tuple(stretches),
        tuple(statements) if stretches else (),
        (
            f"Raw tables of snapshot {pinned.id} for {chosen}. {NEVER_RUN}",
            *_notes(project, lake, pinned.lake_versions, kind=kind, is_asked=is_asked),
        ),
        manifests,
    )


def keep_script(script: WarehouseScript, folder: Path, *, name: str) -> None:
    """Write the statements under a name, and the lists of files beside it, into `manifests/`."""
    lists = folder / "manifests"
    lists.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(script.sql, encoding="utf-8")
    for address, content in script.manifests.items():
        (lists / address.rpartition("/")[2]).write_text(content, encoding="utf-8")


def require_bucket(project: Project, kind: str) -> None:
    """See to it that a warehouse can read the lake's files.

    Raises:
        ConfigError: the lake is a folder.
    """
    if not project.lake_root.startswith("s3://"):
        raise ConfigError(
            f"the lake is at {project.lake_root}, and {kind} reads files from a bucket only",
            hint="set lake.root to s3://… (docs/how-to/run-on-s3.md); `buck promote --target "
            "postgres|bigquery|snowflake` sends rows from this machine",
        )


def find_stretches(
    project: Project,
    lake: Lake,
    versions: Mapping[str, int],
    *,
    schema: str,
    known: Known,
) -> list[FileStretch]:
    """What each raw table lacks there, in order of names; nothing is fetched but footers."""
    declared = {f"{spec.source}.{spec.name}": spec for spec in declared_tables(project)}
    foreign = foreign_sources(project)
    found = []
    for name in sorted({*versions, *declared}):
        source, _, table = name.partition(".")
        if source in foreign:
            continue
        raw = RawTable(source, table, project.raw_prefix(source))
        there = TableRef(schema, raw.ref.name)
        version = versions.get(name, -1)
        if version >= 0:
            stretch = _stretch(lake, raw, there, version=version, known=known)
        elif str(there) not in known.loads and name in declared:
            columns = lake.pin_declared(declared[name]).columns
            stretch = FileStretch(there.schema, there.name, "", -1, 0, 0, False, columns, ())
        else:
            continue
        if stretch is not None:
            found.append(stretch)
    return found


def _stretch(
    lake: Lake, raw: RawTable, there: TableRef, *, version: int, known: Known
) -> FileStretch | None:
    before = known.loads.get(str(there))
    if before is not None and before.version == version:
        return None
    state = lake.raw(raw.source, raw.name).state(version)
    has_sequence = SEQUENCE in state.columns
    added = None
    if before is not None and has_sequence and before.version < version:
        added = files_between(lake, raw, after=before.version, until=version)
        if added == []:
            # Another version of the same rows: merged files, or marks that moved.
            return None
    is_whole = not has_sequence or (before is not None and added is None)
    files = added if added is not None else files_of(lake, raw, state)
    after = 0 if is_whole or before is None else before.until
    present = (known.columns or {}).get(str(there))
    return FileStretch(
        there.schema,
        there.name,
        lake.storage.url(raw.path),
        version,
        after,
        max((file.last_seq for file in files), default=after),
        is_whole,
        state.columns,
        tuple(files),
        tuple(name for name in state.columns if present is not None and name not in present),
        str(there) in known.replaced,
    )


def _for_redshift(
    project: Project, lake: Lake, stretches: list[FileStretch], *, manifests: dict[str, str]
) -> list[str]:
    from buck.warehouses import redshift_sql

    prefix = project.settings.warehouse.schema_prefix
    said = redshift_sql.record_tables(prefix)
    for stretch in stretches:
        listed = list_files(
            lake, stretch, name=f"{stretch.label}-{stretch.after}-{stretch.version}"
        )
        manifests |= listed
        said += redshift_sql.load(
            stretch,
            list(listed),
            prefix=prefix,
            lake=lake.identity,
            access=project.storage_access,
        )
    return said


def _for_databricks(
    lake: Lake, stretches: list[FileStretch], *, catalog: str, prefix: str
) -> list[str]:
    from buck.warehouses import databricks_sql

    said = databricks_sql.record_tables(catalog, prefix)
    for stretch in stretches:
        said += databricks_sql.load(stretch, catalog=catalog, prefix=prefix, lake=lake.identity)
    return said


def _notes(
    project: Project,
    lake: Lake,
    versions: Mapping[str, int],
    *,
    kind: str,
    is_asked: bool,
) -> list[str]:
    notes = []
    if not is_asked:
        notes.append(f"{kind} was not asked what it has: this is for an empty one.")
    notes += bucket_notes(project, kind)
    foreign = sorted(name for name in versions if name.split(".")[0] in foreign_sources(project))
    if foreign:
        notes.append(f"Landed by other tools, and not in this: {', '.join(foreign)}.")
    if kind == "redshift":
        notes.append(f"The lists of files have to lie at {lake.storage.url(MANIFESTS)}/ first.")
    return notes


def list_files(lake: Lake, stretch: FileStretch, *, name: str) -> dict[str, str]:
    """Address to content of the manifests of a stretch, one for each of its groups of files."""
    from buck.warehouses import redshift_sql

    return {
        lake.storage.url(f"{MANIFESTS}/{name}-{number}.json"): redshift_sql.manifest(
            {lake.storage.url(file.name): file.size_bytes for file in files}
        )
        for number, (_, files) in enumerate(stretch.groups(), start=1)
    }


def bucket_notes(project: Project, kind: str) -> list[str]:
    """What a warehouse may not be able to reach."""
    endpoint = project.s3.endpoint if project.s3 else ""
    own = (AMAZON, GOOGLE) if kind == "bigquery" else AMAZON
    if endpoint and not endpoint.rstrip("/").endswith(own):
        return [f"The bucket answers at {endpoint}, which {kind} may not reach."]
    return []


def _target(project: Project, target: str | None) -> tuple[str, DbtWorkspace, dict[str, Any]]:
    from buck.transform import read_target

    chosen = choose_target(project, target)
    space = workspace(project, project.as_of(), target=chosen)
    return chosen, space, read_target(space, env=project.variables)


def _kind(target: str, settings: Mapping[str, Any]) -> str:
    return str(settings.get("type") or target)


def raw_schema(space: DbtWorkspace) -> str:
    """The schema from which the models read raw tables, as `dbt_project.yml` says."""
    from buck.transform import project_variable

    return str(project_variable(space, "raw_schema") or "raw")


def _refuse_other_lake(known: Known, lake: Lake, target: str) -> None:
    other = sorted(known.lakes - {lake.identity})
    if other:
        raise WarehouseError(
            f"the raw tables in {target} are of another lake ({other[0][:8]}, this one is "
            f"{lake.identity[:8]})",
            hint="name another database, or set warehouse.schema_prefix in .buck.yml",
        )
