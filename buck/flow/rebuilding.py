"""Building a snapshot again from the lake alone, to compare it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import connect, translate_errors
from buck.errors import ConfigError, TransformError
from buck.flow.building import create_raw_views
from buck.flow.lake_access import open_lake, pin_versions
from buck.flow.landing import declared_tables
from buck.flow.lock import hold_lock
from buck.flow.scratch_builds import build_models, scratch_space, take_out_held
from buck.lake import SnapshotStore, read_content
from buck.names import identifier, literal
from buck.project import Project
from buck.records.snapshot import Snapshot

if TYPE_CHECKING:
    from buck.transform import DbtWorkspace


@dataclass(frozen=True, slots=True)
class Compared:
    """One mart, as the snapshot holds it and as it was built again; None where it is missing."""

    table: str
    rows: int
    rows_rebuilt: int | None
    content_hash: str
    hash_rebuilt: str | None

    @property
    def is_equal(self) -> bool:
        """Whether it holds the same rows."""
        return self.content_hash == self.hash_rebuilt


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A snapshot built again. `database` holds what was built, if it differs."""

    snapshot: Snapshot
    tables: tuple[Compared, ...]
    changed_models: tuple[str, ...]
    """Models that are not those of the snapshot."""
    changed_packages: tuple[str, ...]
    """Packages of other versions than then."""
    database: Path | None

    @property
    def is_equal(self) -> bool:
        """Whether every mart is the same."""
        return all(table.is_equal for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "snapshot": self.snapshot.id,
            "is_equal": self.is_equal,
            "tables": [
                {name: getattr(table, name) for name in Compared.__dataclass_fields__}
                | {"is_equal": table.is_equal}
                for table in self.tables
            ],
            "changed_models": list(self.changed_models),
            "changed_packages": list(self.changed_packages),
            "database": str(self.database) if self.database else None,
        }


def rebuild_snapshot(
    project: Project,
    number: int,
    *,
    from_git: bool = False,
    with_present_models: bool = False,
    wait_s: float = 0.0,
) -> Rebuilt:
    """Build a snapshot's marts again in a database of their own, and compare their content.

    The raw tables are read at the versions it was built from; published marts and candidates are
    not touched.

    Args:
        project: The project.
        number: The snapshot.
        from_git: Take the dbt project from the commit that the snapshot names.
        with_present_models: Go on although models have changed since.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: the snapshot is not kept, or the commit cannot be read.
        TransformError: models have changed since, and that was not asked for.
        LakeDamaged: a raw version is no longer kept.
    """
    lake = open_lake(project)
    snapshot = SnapshotStore(lake.storage).find(number)
    folder = project.work / "rebuild" / snapshot.id
    with hold_lock(project.work, f"buck rebuild {snapshot.id}", wait_s=wait_s):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        is_kept = False
        try:
            space = _space(project, snapshot, folder, from_git=from_git)
            changed = changed_models(space, snapshot)
            if changed and not with_present_models:
                raise TransformError(
                    f"{len(changed)} models are not those of snapshot {snapshot.id}: "
                    f"{', '.join(changed[:5])}",
                    hint=f"buck rebuild {snapshot.id} --from-git, or --with-present-models",
                )
            pins = pin_versions(project, lake, snapshot.lake_versions, declared_tables(project))
            database = folder / "build.duckdb"
            create_raw_views(database, project.work, pins)
            build_models(space)
            take_out_held(project, lake, database, snapshot)
            tables = _compare(project, database, snapshot)
            is_kept = not all(table.is_equal for table in tables)
        finally:
            if not is_kept:
                shutil.rmtree(folder, ignore_errors=True)
    return Rebuilt(
        snapshot, tables, changed, _changed_packages(snapshot), database if is_kept else None
    )


def _space(project: Project, snapshot: Snapshot, folder: Path, *, from_git: bool) -> DbtWorkspace:
    if not from_git:
        return scratch_space(project, snapshot.as_of, folder)
    if not snapshot.git:
        raise ConfigError(
            f"snapshot {snapshot.id} was built outside of a git repository",
            hint=f"buck rebuild {snapshot.id} --with-present-models",
        )
    return scratch_space(project, snapshot.as_of, folder, commit=snapshot.git)


def changed_models(space: DbtWorkspace, snapshot: Snapshot) -> tuple[str, ...]:
    """Names of models, by now or then, that are not those of the snapshot; parses if need be."""
    from buck.transform import ensure_parsed, model_hashes

    ensure_parsed(space)
    now, then = model_hashes(space.target_path), dict(snapshot.model_hashes)
    return tuple(sorted(name for name in now | then if now.get(name) != then.get(name)))


def _changed_packages(snapshot: Snapshot) -> tuple[str, ...]:
    from buck.flow.publishing import package_versions

    now = package_versions()
    return tuple(
        f"{name} {now.get(name, 'none')}, was {was}"
        for name, was in snapshot.packages.items()
        if now.get(name) != was
    )


def _compare(project: Project, database: Path, snapshot: Snapshot) -> tuple[Compared, ...]:
    found = []
    con = connect(work=project.work)
    try:
        with translate_errors():
            con.execute(f"attach {literal(str(database))} as build (read_only)")
            held = {
                (schema, name)
                for schema, name in con.execute(
                    "select schema_name, table_name from duckdb_tables() "
                    "where database_name = 'build' union select schema_name, view_name "
                    "from duckdb_views() where database_name = 'build'"
                ).fetchall()
            }
            for table in snapshot.tables:
                rows, digest = None, None
                if (table.schema, table.name) in held:
                    content = read_content(con, identifier("build", table.schema, table.name))
                    rows, digest = content.rows, content.hash
                    if dict(content.columns) != dict(table.columns):
                        digest = f"other columns {digest}"
                found.append(
                    Compared(
                        f"{table.schema}.{table.name}", table.rows, rows, table.content_hash, digest
                    )
                )
    finally:
        con.close()
    return tuple(found)
