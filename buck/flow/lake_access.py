"""The project's lake, opened as the project says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buck.engine.columns import parquet_scan, typed_select
from buck.errors import LakeError
from buck.flow.foreign import foreign_pins, foreign_sources
from buck.lake import Lake, RawPin
from buck.names import RawTable
from buck.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from buck.records.snapshot import SnapshotTable
    from buck.records.table import TableSpec


def open_lake(project: Project) -> Lake:
    """The lake of the project's environment; nothing is created by opening it."""
    formats = {name: source.format for name, source in project.settings.sources.items()}
    return Lake(project.lake_root, project.work, s3=project.s3, formats=formats)


def published_sql(lake: Lake, table: SnapshotTable) -> str:
    """A SELECT over one table of a snapshot, with the types that were published."""
    files = tuple(str(lake.storage.fetch(name)) for name in table.files)
    return typed_select(table.columns, parquet_scan(files), present=set(table.columns))


def pin_tables(project: Project, lake: Lake, declared: Iterable[TableSpec] = ()) -> list[RawPin]:
    """Every raw table as it is now, also what other tools land; empty ones for what is declared."""
    foreign = foreign_sources(project)
    pins = [
        lake.pin_raw(table, prefix=project.raw_prefix(table.source))
        for table in lake.raw_tables()
        if table.source not in foreign
    ]
    pins += foreign_pins(project)
    # The folder of a first load that was killed holds no table yet.
    pins = [pin for pin in pins if pin.version >= 0]
    found = {RawTable(pin.table.source, pin.table.name) for pin in pins}
    pins += [
        lake.pin_declared(spec, prefix=project.raw_prefix(spec.source))
        for spec in declared
        if RawTable(spec.source, spec.name) not in found
    ]
    return pins


def pin_versions(
    project: Project, lake: Lake, versions: Mapping[str, int], declared: Iterable[TableSpec]
) -> list[RawPin]:
    """Raw tables as they were: what an earlier run pinned, by `source.table`.

    Raises:
        LakeDamaged: a version is no longer kept.
        LakeError: what another tool lands has changed since, and only the tool has its history.
    """
    now = {str(pin.table): pin for pin in foreign_pins(project)}
    specs = {f"{spec.source}.{spec.name}": spec for spec in declared}
    pins = []
    for name, version in versions.items():
        source, _, table = name.partition(".")
        if name in now and now[name].version != version:
            raise LakeError(
                f"{name} is at version {now[name].version}, not at {version} as it was then",
                hint="only tables that Buck lands can be read as they were",
            )
        if name in now:
            pins.append(now[name])
        elif version >= 0:
            raw = RawTable(source, table)
            pins.append(lake.pin_raw(raw, prefix=project.raw_prefix(source), version=version))
        elif name in specs:
            pins.append(lake.pin_declared(specs[name], prefix=project.raw_prefix(source)))
    pins += [
        lake.pin_declared(spec, prefix=project.raw_prefix(spec.source))
        for name, spec in specs.items()
        if name not in versions
    ]
    return pins
