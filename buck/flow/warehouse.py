"""Raw tables in a warehouse: a plain full load of exactly the pinned rows."""

from __future__ import annotations

from contextlib import closing

from buck.engine import Rows, connect
from buck.flow.building import workspace
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.landing import declared_tables
from buck.project import Project
from buck.records.warehouse import LoadedTable


def load_raw(project: Project, target: str, *, dry_run: bool = False) -> tuple[LoadedTable, ...]:
    """Put every raw table, as it is now, into the schema from which a target's models read.

    Each table is replaced whole, so a second load changes nothing.

    Args:
        project: The project.
        target: A target of profiles.yml.
        dry_run: Connect to nothing; the tables are those that would be replaced, without rows.

    Raises:
        ConfigError: no such target, or no load into its kind of warehouse.
        WarehouseError: the warehouse refused; tables before it are loaded.
    """
    from buck.transform import project_variable, read_target
    from buck.warehouses import open_warehouse

    space = workspace(project, project.as_of(), target=target)
    settings = read_target(space, env=project.variables)
    schema = str(project_variable(space, "raw_schema") or "raw")
    pins = pin_tables(project, open_lake(project), declared_tables(project))
    pins.sort(key=lambda pin: str(pin.table))
    if dry_run:
        return tuple(LoadedTable(f"{schema}.{p.table.ref.name}", p.version, 0) for p in pins)
    loaded = []
    with (
        closing(open_warehouse(target, settings)) as warehouse,
        closing(connect(work=project.work)) as con,
    ):
        for pin in pins:
            name = pin.table.ref.name
            count = warehouse.replace_table(schema, name, Rows(pin.columns, pin.select_sql, con))
            loaded.append(LoadedTable(f"{schema}.{name}", pin.version, count))
    return tuple(loaded)
