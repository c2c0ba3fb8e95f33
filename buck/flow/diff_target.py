"""The marts of a warehouse as one side of a comparison."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import attach_postgres, postgres_errors, target_address
from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.diff_places import Opened, Relations
from buck.flow.downloaded import Downloaded
from buck.names import TableRef, literal
from buck.parity import postgres_relation
from buck.project import Project

if TYPE_CHECKING:
    from buck.engine.types import Connection


def open_target(project: Project, target: str, folder: Path, *, names: Collection[str]) -> Opened:
    """The marts in the schemas that readers of a target know, behind the environment's prefix.

    Args:
        project: The project.
        target: A target of profiles.yml.
        folder: For tables that have to be fetched.
        names: Which marts there are, as `schema.table`.

    Raises:
        ConfigError: nothing reads this kind of warehouse, or its package is not installed.
        AccessDenied: it does not let this user in.
        WarehouseError: it does not answer.
    """
    from buck.transform import read_target, require_adapter
    from buck.warehouses import PROMOTABLE

    space = workspace(project, project.as_of(), target=target)
    settings = read_target(space, env=project.variables)
    kind = str(settings.get("type"))
    if kind not in PROMOTABLE:
        raise ConfigError(
            f"marts in {kind} cannot be read from here yet",
            hint=f"buck diff reads targets of type {', '.join(PROMOTABLE)}",
        )
    prefix = project.settings.warehouse.schema_prefix
    wanted = {name: TableRef.parse(f"{prefix}{name}") for name in names}
    if kind == "postgres":
        return _attached(target, settings, wanted)
    require_adapter(settings)
    return _fetched(target, settings, wanted, folder)


def _attached(target: str, settings: Mapping[str, Any], wanted: Mapping[str, TableRef]) -> Opened:
    address = target_address(settings)

    def relations(con: Connection) -> Relations:
        alias = f"target_{target}"
        attach_postgres(con, alias, address)
        with postgres_errors(address.server):
            answer = con.execute(
                "select table_schema, table_name from information_schema.tables "
                f"where table_catalog = {literal(alias)}"
            ).fetchall()
            there = {(str(schema), str(name)) for schema, name in answer}
            return {
                name: postgres_relation(con, alias, table)
                for name, table in wanted.items()
                if (table.schema, table.name) in there
            }

    return Opened(f"target {target}", relations)


def _fetched(
    target: str, settings: Mapping[str, Any], wanted: Mapping[str, TableRef], folder: Path
) -> Opened:
    from buck.warehouses import downloads, open_warehouse

    warehouse = open_warehouse(target, settings)
    files = downloads(warehouse)
    assert files is not None

    def relations(con: Connection) -> Relations:
        del con
        schemas = {table.schema for table in wanted.values()}
        there = {(schema, name) for schema in schemas for name in files.relations(schema)}
        tables = {n: table for n, table in wanted.items() if (table.schema, table.name) in there}
        return Downloaded(files, tables, folder)

    words = f"target {target} (emulated)" if warehouse.is_emulated else f"target {target}"
    return Opened(words, relations, close=warehouse.close)
