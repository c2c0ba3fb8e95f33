"""Sources that Fivetran or Airbyte land: where their tables are, by `.buck.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from buck.errors import ConfigError
from buck.lake import ForeignSource, ForeignTable, RawPin, Tool, open_storage
from buck.pipelines import find_modules, load_module
from buck.project import Project
from buck.records.table import TableSpec

OPTIONS = ("address", "tables")


def foreign_pins(project: Project) -> list[RawPin]:
    """Every raw table that another tool lands, as it is now.

    A source says where in `options.address`; `options.tables` renames tables and columns. What the
    file of the same name in `pipelines/` declares gives the columns their types.

    Raises:
        ConfigError: the options are not understood.
        LakeError: the address cannot be read.
    """
    return [
        pin
        for name, source in project.settings.sources.items()
        if source.connector in ("fivetran", "airbyte") and source.options.get("address")
        for pin in _pins(project, name, cast("Tool", source.connector))
    ]


def foreign_sources(project: Project) -> set[str]:
    """The names of the sources that other tools land."""
    sources = project.settings.sources.items()
    return {name for name, source in sources if source.connector in ("fivetran", "airbyte")}


def _pins(project: Project, name: str, tool: Tool) -> list[RawPin]:
    options = project.source_options(name)
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise ConfigError(
            f"sources.{name}.options.{unknown[0]} means nothing for connector: {tool}",
            hint=f"it takes {' and '.join(OPTIONS)}",
        )
    address = str(options["address"])
    if not address.startswith("s3://"):
        address = str(project.root / address)
    storage = open_storage(address, project.s3, cache=project.work / "cache")
    source = ForeignSource(name, tool, storage, project.work)
    declared = _declared(project, name)
    prefix = project.raw_prefix(name)
    pins = []
    for table in _tables(name, options.get("tables") or {}, source.folders()):
        pin = source.pin(table, spec=declared.get(table.name), prefix=prefix)
        if pin is not None:
            pins.append(pin)
    return pins


def _declared(project: Project, name: str) -> dict[str, TableSpec]:
    module = project.source(name).pipeline or name
    if module not in find_modules(project.pipelines_dir):
        return {}
    return {spec.name: spec for spec in load_module(project.pipelines_dir, module).tables}


def _tables(name: str, mapped: Any, folders: list[str]) -> list[ForeignTable]:
    """The named tables, and every other folder under its own name."""
    if not isinstance(mapped, Mapping):
        raise ConfigError(
            f"sources.{name}.options.tables is not a mapping of our tables to theirs",
            hint="write tables:, below it charges:, below that from: charge",
        )
    found = []
    for ours, given in mapped.items():
        entry = given or {}
        columns = entry.get("columns") or {} if isinstance(entry, Mapping) else None
        if columns is None or not isinstance(columns, Mapping) or set(entry) - {"from", "columns"}:
            raise ConfigError(
                f"sources.{name}.options.tables.{ours} takes from and columns",
                hint="write from: charge, and columns: with a SQL expression a column",
            )
        texts = {str(k): str(v) for k, v in columns.items()}
        found.append(ForeignTable(str(ours), str(entry.get("from", ours)), texts))
    taken = {table.folder for table in found} | {table.name for table in found}
    return found + [ForeignTable(folder, folder) for folder in folders if folder not in taken]
