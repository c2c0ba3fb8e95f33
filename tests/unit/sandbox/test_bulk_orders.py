"""Bulk order lines belong to their orders, whose payments are the bulk ones."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from buck.sandbox import bulk_orders, bulk_payments
from buck.sandbox.company import EPOCH, day_start
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.postgres.schema import TABLES
from buck.sources.arrow import spec_schema


def tables(lines: int, **settings: int) -> dict[str, pa.Table]:
    made = bulk_orders(lines, **settings)
    return {
        spec.name: pa.Table.from_batches(batches).combine_chunks() for spec, batches in made.items()
    }


def test_rows_have_every_raw_column_in_its_type() -> None:
    for spec, batches in bulk_orders(10).items():
        assert [c.name for c in spec.columns] == list(TABLES[spec.name])
        assert next(batches).schema.equals(spec_schema(spec))


def test_rows_do_not_depend_on_how_they_are_batched() -> None:
    whole, cut = tables(1_000, seed=3), tables(1_000, seed=3, batch_rows=77)
    assert whole["order_items"].num_rows == 1_000
    assert all(whole[name].equals(cut[name]) for name in whole)
    other = tables(1_000, seed=4)["order_items"]
    assert not whole["order_items"].column("product_id").equals(other.column("product_id"))


def test_lines_belong_to_orders_and_name_what_is_there() -> None:
    made = tables(5_001)
    lines, orders = made["order_items"], made["orders"]
    assert set(lines.column("order_id").to_pylist()) == set(orders.column("id").to_pylist())
    assert 3.5 < lines.num_rows / orders.num_rows < 4.5
    users = set(made["users"].column("id").to_pylist())
    assert set(orders.column("user_id").to_pylist()) <= users
    for table in made.values():
        assert pc.count_distinct(table.column("_buck_row_hash")).as_py() == table.num_rows
        assert table.column("_buck_seq").to_pylist() == list(range(1, table.num_rows + 1))
    placed = orders.column("placed_at").to_pylist()
    assert placed == sorted(placed)
    assert EPOCH <= placed[0] < placed[-1] < day_start(365)


def test_money_is_exact_and_in_the_currency_of_the_order() -> None:
    made = tables(4_000)
    currency = {o["id"]: o["currency"] for o in made["orders"].to_pylist()}
    products = {p["id"]: p for p in made["products"].to_pylist()}
    discounted = 0
    for line in made["order_items"].to_pylist():
        product = products[line["product_id"]]
        assert product["currency"] == currency[line["order_id"]]
        assert line["unit_price"] == product["unit_price"] > product["unit_cost"] >= 0
        assert 0 <= line["discount"] <= line["unit_price"] * line["quantity"]
        smallest = Decimal(1).scaleb(-CURRENCIES[product["currency"]].exponent)
        for amount in (line["unit_price"], line["discount"], product["unit_cost"]):
            assert amount % smallest == 0
        discounted += line["discount"] > 0
    assert 200 < discounted < 600


def test_orders_are_paid_by_the_payments_of_the_same_number() -> None:
    orders = tables(4_000)["orders"].to_pylist()
    charges = pa.Table.from_batches(bulk_payments(len(orders))).to_pylist()
    outcome = {"succeeded": "shipped", "failed": "cancelled", "pending": "pending"}
    for order, charge in zip(orders, charges, strict=True):
        assert order["stripe_payment_intent_id"] == charge["payment_intent"]
        assert order["currency"] == charge["currency"]
        assert order["status"] == outcome[charge["status"]]
