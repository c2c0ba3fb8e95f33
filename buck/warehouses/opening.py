"""The one place that picks a warehouse's class, imported only then."""

from __future__ import annotations

from collections.abc import Mapping

from buck.errors import ConfigError
from buck.warehouses.promotions import Promotions
from buck.warehouses.warehouse import Downloads, Warehouse

LOADABLE = ("postgres", "bigquery", "snowflake")
PROMOTABLE = ("postgres", "bigquery", "snowflake")
SCRIPTED = ("redshift", "databricks")
"""Raw tables get there by statements that are printed, and run by whoever has read them."""


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
    if kind == "bigquery":
        from buck.warehouses.bigquery import BigQueryWarehouse

        return BigQueryWarehouse.open(target, settings)
    if kind == "snowflake":
        from buck.warehouses.snowflake import SnowflakeWarehouse

        return SnowflakeWarehouse.open(target, settings)
    raise ConfigError(
        f"raw tables can't be loaded into {kind} yet", hint=f"one of {', '.join(LOADABLE)}"
    )


def require_promotable(target: str, settings: Mapping[str, object]) -> None:
    """See to it that something can be promoted into a target, before it is connected to.

    Raises:
        ConfigError: no promotion into this kind of warehouse exists.
    """
    kind = str(settings.get("type") or target)
    if kind not in PROMOTABLE:
        raise _not_promotable(kind)


def open_promotions(warehouse: Warehouse, *, prefix: str) -> Promotions:
    """The warehouse's record of promotions, held by one promotion at a time.

    Args:
        warehouse: Connected; the record lives on its connection.
        prefix: Before every schema that the environment has there.

    Raises:
        ConfigError: no promotion into this kind of warehouse exists.
        WarehouseLocked: another promotion is under way.
    """
    from buck.warehouses.bigquery import BigQueryWarehouse
    from buck.warehouses.postgres import PostgresWarehouse
    from buck.warehouses.snowflake import SnowflakeWarehouse

    if isinstance(warehouse, PostgresWarehouse | BigQueryWarehouse | SnowflakeWarehouse):
        return warehouse.promotions(prefix)
    raise _not_promotable(warehouse.name)


def _not_promotable(name: str) -> ConfigError:
    hint = f"targets of type {' or '.join(PROMOTABLE)}"
    if name in SCRIPTED:
        hint = f"buck promote --target {name} --plan prints what loads raw tables there"
    return ConfigError(f"nothing can be promoted into {name} yet", hint=hint)


def downloads(warehouse: Warehouse) -> Downloads | None:
    """How a warehouse's tables come back as files; None where DuckDB reads them itself."""
    from buck.warehouses.bigquery import BigQueryWarehouse
    from buck.warehouses.snowflake import SnowflakeWarehouse

    return warehouse if isinstance(warehouse, BigQueryWarehouse | SnowflakeWarehouse) else None
