"""Opening places that hold marts, each as tables that one connection can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect, translate_errors
from buck.engine.columns import parquet_scan
from buck.errors import LakeError
from buck.flow.building import create_raw_views, read_candidates
from buck.flow.diff_places import Opened, Pinned, Place, Relations
from buck.flow.diff_target import open_target
from buck.flow.lake_access import open_lake, pin_tables, pin_versions, published_sql
from buck.flow.landing import declared_tables
from buck.flow.scratch_builds import build_models, scratch_space, take_out_held
from buck.lake import Lake, SnapshotStore
from buck.names import TableRef, identifier, literal
from buck.parity import Relation
from buck.project import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buck.engine.types import Connection
    from buck.records.build import ModelFacts
    from buck.records.snapshot import Snapshot


def open_place(project: Project, place: Place, folder: Path, *, pinned: Pinned | None) -> Opened:
    """A side; `folder` is for what has to be built, from what is `pinned` or the present.

    Raises:
        ConfigError, LakeError, TransformError, SourceUnreachable, AccessDenied, WarehouseError: see
            `buck.flow.diffing.diff`.
    """
    lake = open_lake(project)
    if place.kind == "candidates":
        return _candidates(project, lake, folder)
    if place.kind == "target":
        names = mart_models(project.work / "dbt" / "target")
        return open_target(project, place.name, folder, names=names)
    if place.kind == "git":
        return _git(project, lake, place, folder, pinned or _present(project, lake))
    return _snapshot(lake, int(place.name) if place.name else None)


def mart_models(target_path: Path) -> dict[str, ModelFacts]:
    """`schema.table` to its facts, of all marts that a parsed project builds."""
    from buck.transform import models

    return {
        f"{m.schema}.{m.name}": m
        for m in models(target_path)
        if m.layer == "marts" and m.materialized != "ephemeral"
    }


def _snapshot(lake: Lake, number: int | None) -> Opened:
    store = SnapshotStore(lake.storage)
    snapshot = store.current() if number is None else store.find(number)
    if snapshot is None:
        raise LakeError("nothing is published yet", hint="buck run")
    found = snapshot

    def relations(con: Connection) -> Relations:
        del con
        return {
            f"{t.schema}.{t.name}": Relation(f"({published_sql(lake, t)})") for t in found.tables
        }

    words = f"snapshot {found.id}" + (" (published)" if number is None else "")
    return Opened(words, relations, _pin(found))


def _pin(snapshot: Snapshot) -> Pinned:
    return Pinned(snapshot.as_of, snapshot.lake_versions, snapshot)


def _present(project: Project, lake: Lake) -> Pinned:
    """The published snapshot's inputs, or the raw tables as they are before the first publish."""
    snapshot = SnapshotStore(lake.storage).current()
    if snapshot is not None:
        return _pin(snapshot)
    pins = pin_tables(project, lake, declared_tables(project))
    return Pinned(project.as_of(), {str(pin.table): pin.version for pin in pins})


def _candidates(project: Project, lake: Lake, folder: Path) -> Opened:
    held = read_candidates(project, lake)
    names = list(mart_models(project.work / "dbt" / "target"))
    relations = _built(project, project.build_database, names, folder)
    pinned = Pinned(held.as_of, held.lake_versions)
    return Opened(f"candidates of run {held.run_id}", relations, pinned)


def _git(project: Project, lake: Lake, place: Place, folder: Path, pinned: Pinned) -> Opened:
    from buck.transform import ensure_parsed

    folder.mkdir(parents=True)
    space = scratch_space(project, pinned.as_of, folder, commit=place.commit)
    pins = pin_versions(project, lake, pinned.versions, declared_tables(project))
    database = folder / "build.duckdb"
    create_raw_views(database, project.work, pins)
    ensure_parsed(space)
    build_models(space)
    if pinned.snapshot is not None:
        take_out_held(project, lake, database, pinned.snapshot)
    models = mart_models(space.target_path)
    relations = _built(project, database, list(models), folder)
    return Opened(f"git {place.name} ({place.commit[:12]})", relations, pinned, models)


def _built(
    project: Project, database: Path, names: Sequence[str], folder: Path
) -> Callable[[Connection], Relations]:
    """The marts of a build database, which a connection attaches under a name of the folder's.

    A view names its database, which has another name once attached: it is written out instead.
    """

    def relations(con: Connection) -> Relations:
        alias = f"{folder.name}_side"
        con.execute(f"attach {literal(str(database))} as {identifier(alias)} (read_only)")
        answer = con.execute(
            "select table_schema, table_name, table_type from information_schema.tables "
            f"where table_catalog = {literal(alias)}"
        ).fetchall()
        found: dict[str, Relation] = {}
        views = []
        for schema, name, kind in answer:
            ref = TableRef(schema, name)
            if str(ref) in names:
                found[str(ref)] = Relation(identifier(alias, schema, name))
                views += [ref] if kind == "VIEW" else []
        return found | _written_out(project, database, views, folder)

    return relations


def _written_out(
    project: Project, database: Path, views: Sequence[TableRef], folder: Path
) -> dict[str, Relation]:
    if not views:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    con = connect(database, work=project.work, read_only=True)
    try:
        with translate_errors():
            for view in views:
                file = str(folder / f"{view}.parquet")
                con.execute(f"copy {view.sql} to {literal(file)} (format parquet)")
                found[str(view)] = Relation(parquet_scan((file,)))
    finally:
        con.close()
    return found
