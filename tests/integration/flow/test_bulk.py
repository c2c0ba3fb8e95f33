"""Bulk tables land like any first load, once."""

from __future__ import annotations

from typing import Any

import pytest
from deltalake import DeltaTable

from buck.errors import ConfigError
from buck.flow.bulk import land_bulk_orders, land_bulk_payments
from buck.project import open_project


def test_bulk_orders_land_beside_bulk_payments_and_never_twice(project: Any) -> None:
    opened = open_project(project.root)
    land_bulk_payments(opened, 50)
    reports = land_bulk_orders(opened, 200)
    assert [(r.table, r.rows_landed) for r in reports[-1:]] == [("app.order_items", 200)]
    for report in reports:
        source, _, table = report.table.partition(".")
        found = DeltaTable(project.lake / "raw" / source / table).to_pyarrow_table()
        assert found.num_rows == report.rows_landed > 0
    orders = DeltaTable(project.lake / "raw" / "app" / "orders").to_pyarrow_table()
    charges = DeltaTable(project.lake / "raw" / "stripe" / "charges").to_pyarrow_table()
    paid = set(orders.column("stripe_payment_intent_id").to_pylist())
    assert set(charges.column("payment_intent").to_pylist()) <= paid
    with pytest.raises(ConfigError, match=r"app\.users already"):
        land_bulk_orders(opened, 200)
    assert DeltaTable(project.lake / "raw" / "app" / "orders").version() == 0
