"""The one place that picks a warehouse's class, imported only then."""

from __future__ import annotations

from collections.abc import Mapping

from buck.errors import ConfigError
from buck.warehouses.warehouse import Warehouse

LOADABLE = ("postgres",)


def open_warehouse(target: str, settings: Mapping[str, object]) -> Warehouse:
    """A connection to the warehouse that a dbt target names.

    Args:
        target: The dbt target.
        settings: The target's entry of profiles.yml, its variables read.

    Raises:
        ConfigError: no load into this kind of warehouse exists.
        AccessDenied: it does not let this user in.
        WarehouseError: it does not answer.
    """
    kind = str(settings.get("type") or target)
    if kind == "postgres":
        from buck.warehouses.postgres import PostgresWarehouse

        return PostgresWarehouse.open(target, settings)
    raise ConfigError(
        f"raw tables can't be loaded into {kind} yet", hint=f"one of {', '.join(LOADABLE)}"
    )
