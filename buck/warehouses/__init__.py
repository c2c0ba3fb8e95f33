"""Places beside the lake that hold raw tables and build the same models: warehouses."""

from buck.warehouses.opening import open_warehouse
from buck.warehouses.warehouse import Capabilities, Warehouse

__all__ = ["Capabilities", "Warehouse", "open_warehouse"]
