"""Places beside the lake that hold raw tables and build the same models: warehouses."""

from buck.warehouses.opening import PROMOTABLE, open_promotions, open_warehouse
from buck.warehouses.promotions import Promotions
from buck.warehouses.warehouse import Capabilities, Warehouse

__all__ = [
    "PROMOTABLE",
    "Capabilities",
    "Promotions",
    "Warehouse",
    "open_promotions",
    "open_warehouse",
]
