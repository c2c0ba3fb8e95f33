"""Places beside the lake that hold raw tables and build the same models: warehouses."""

from buck.warehouses.bigquery_jobs import is_google
from buck.warehouses.opening import (
    PROMOTABLE,
    SCRIPTED,
    downloads,
    open_promotions,
    open_warehouse,
    require_promotable,
)
from buck.warehouses.promotions import Promotions
from buck.warehouses.warehouse import Capabilities, Downloads, Warehouse

__all__ = [
    "PROMOTABLE",
    "SCRIPTED",
    "Capabilities",
    "Downloads",
    "Promotions",
    "Warehouse",
    "downloads",
    "is_google",
    "open_promotions",
    "open_warehouse",
    "require_promotable",
]
