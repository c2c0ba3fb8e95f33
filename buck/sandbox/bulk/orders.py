"""Millions of order lines with their orders, and who ordered what, as raw rows for benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from buck.records.table import Column, ColumnType, TableSpec
from buck.sandbox.bulk.columns import BATCH_ROWS, choose, mix, name, pick, to_batch, uniform
from buck.sandbox.bulk.payments import CURRENCIES, CURRENCY_SHARES, STATUS_SHARES
from buck.sandbox.company.calendar import DAY_S, EPOCH_S, day_start
from buck.sandbox.company.money import CURRENCIES as MONEY
from buck.sandbox.company.names import CHANNELS

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

LINES_PER_ORDER = (1, 2, 3, 4, 5, 6, 7)
"""Lines of one order after the other, again and again: four on average."""
_CYCLE = sum(LINES_PER_ORDER)
_ORDER_OF_LINE = tuple(n for n, lines in enumerate(LINES_PER_ORDER) for _ in range(lines))
ORDERS_PER_USER = 20
STATUSES = ("shipped", "cancelled", "pending")
"""What becomes of an order whose payment succeeds, fails or is pending."""
SALES_CHANNELS = ("web", "mobile", "phone")
SALES_CHANNEL_SHARES = (0.5, 0.25, 0.25)
QUANTITIES = (1, 2, 4)
QUANTITY_SHARES = (0.6, 0.2, 0.2)
PRICES = (1850, 2900, 2400, 1500, 8900, 12900, 15900, 3300)
"""US cents, one good each; sold in every currency."""
_DISCOUNT_SHARE = 0.12


def _spec(table: str, **columns: ColumnType) -> TableSpec:
    declared = tuple(
        Column(column, type_, precision=(12, 3) if type_ == "decimal" else None)
        for column, type_ in columns.items()
    )
    return TableSpec("app", table, ("id",), declared, cursor="updated_at")


ORDERS = _spec(
    "orders",
    id="bigint",
    user_id="bigint",
    status="text",
    currency="text",
    channel="text",
    placed_at="timestamptz",
    stripe_payment_intent_id="text",
    note="text",
    updated_at="timestamptz",
)
ORDER_ITEMS = _spec(
    "order_items",
    id="bigint",
    order_id="bigint",
    product_id="bigint",
    quantity="bigint",
    unit_price="decimal",
    discount="decimal",
    updated_at="timestamptz",
)
PRODUCTS = _spec(
    "products",
    id="bigint",
    sku="text",
    name="text",
    category="text",
    unit_price="decimal",
    unit_cost="decimal",
    currency="text",
    stripe_product_id="text",
    attributes="json",
    created_at="timestamptz",
    updated_at="timestamptz",
)
USERS = _spec(
    "users",
    id="bigint",
    organisation_id="text",
    email="text",
    full_name="text",
    locale="text",
    marketing_channel="text",
    is_active="boolean",
    roles="json",
    preferences="json",
    created_at="timestamptz",
    updated_at="timestamptz",
)


def bulk_orders(
    lines: int, *, seed: int = 7, days: int = 365, batch_rows: int = BATCH_ROWS
) -> dict[TableSpec, Iterator[pa.RecordBatch]]:
    """Rows of the app's order_items and of the orders, products and users that they name.

    Grain: one row per record, one version each, oldest first, spread evenly over the days from the
    company's first one on. Order n is paid by the n-th payment of `bulk_payments`, in its currency
    and with its outcome, though not of its amount. The same arguments give the same rows, whatever
    the size of a batch; a table's batches are made as they are asked for.

    Args:
        lines: How many order lines; there are about a quarter as many orders.
        seed: Chooses what is ordered, by whom and in which currency.
        days: The time they are spread over.
        batch_rows: Rows of a batch; a table's last one may be shorter.
    """
    from buck.sources.arrow import spec_schema

    orders = _order_number(lines - 1) + 1
    users = max(1, orders // ORDERS_PER_USER)
    makers: dict[TableSpec, tuple[int, Callable[[pl.Series], pl.DataFrame]]] = {
        USERS: (users, lambda row: _users(row, seed=seed)),
        PRODUCTS: (len(PRICES) * len(CURRENCIES), _products),
        ORDERS: (orders, lambda row: _orders(row, seed=seed, orders=orders, days=days)),
        ORDER_ITEMS: (lines, lambda row: _items(row, seed=seed, orders=orders, days=days)),
    }

    def batches(spec: TableSpec) -> Iterator[pa.RecordBatch]:
        import polars as pl

        rows, make = makers[spec]
        schema = spec_schema(spec)
        for first in range(0, rows, batch_rows):
            last = min(first + batch_rows, rows)
            row = pl.int_range(first, last, dtype=pl.UInt64, eager=True)
            yield to_batch(_landed(make(row), row, seed=seed, days=days), schema)

    return {spec: batches(spec) for spec in makers}


def _order_number(line: int) -> int:
    return line // _CYCLE * len(LINES_PER_ORDER) + _ORDER_OF_LINE[line % _CYCLE]


def _landed(made: pl.DataFrame, row: pl.Series, *, seed: int, days: int) -> pl.DataFrame:
    import polars as pl

    return made.with_columns(
        id=row.cast(pl.Int64) + 1,
        _buck_load_id=pl.lit(f"bulk-{seed}"),
        _buck_observed_at=pl.lit(day_start(days)),
        _buck_op=pl.lit("r"),
        _buck_source_ts=pl.col("updated_at"),
        _buck_seq=row.cast(pl.Int64) + 1,
        _buck_row_hash=mix(row, seed, 20).reinterpret(signed=True),
    )


def _users(row: pl.Series, *, seed: int) -> pl.DataFrame:
    import polars as pl

    number = pl.DataFrame({"row": row.cast(pl.Int64)})
    return number.select(
        email=name("user", "row") + pl.lit("@bulk.example"),
        full_name=name("User ", "row"),
        marketing_channel=pick(CHANNELS, (uniform(row, seed, 21) * len(CHANNELS)).cast(pl.UInt32)),
        is_active=pl.lit(True),
        roles=pl.lit("[]"),
        created_at=pl.lit(day_start(0)),
        updated_at=pl.lit(day_start(0)),
    )


def _products(row: pl.Series) -> pl.DataFrame:
    import polars as pl

    good, currency = row % len(PRICES), row // len(PRICES)
    price = _prices().gather(row)
    number = pl.DataFrame({"good": good.cast(pl.Int64), "price": price})
    return number.select(
        sku=name("GOOD-", "good"),
        name=name("Good ", "good"),
        category=pl.lit("bulk"),
        unit_price=_thousandths(price),
        unit_cost=_thousandths(price // 3_000 * 1_000),
        currency=pick(CURRENCIES, currency),
        attributes=pl.lit("{}"),
        created_at=pl.lit(day_start(0)),
        updated_at=pl.lit(day_start(0)),
    )


def _orders(row: pl.Series, *, seed: int, orders: int, days: int) -> pl.DataFrame:
    import polars as pl

    users = max(1, orders // ORDERS_PER_USER)
    # Streams 1, 2 and 5 are those that give the payment of the same number its outcome, currency
    # and payer.
    frame = pl.DataFrame({"row": row.cast(pl.Int64)})
    return frame.select(
        user_id=(uniform(row, seed, 5) ** 2 * users).cast(pl.Int64) + 1,
        status=pick(STATUSES, choose(uniform(row, seed, 1), STATUS_SHARES)),
        currency=pick(CURRENCIES, _currency(row, seed)),
        channel=pick(SALES_CHANNELS, choose(uniform(row, seed, 22), SALES_CHANNEL_SHARES)),
        placed_at=_placed_at(row, orders=orders, days=days),
        stripe_payment_intent_id=name("pi_bulk", "row"),
        updated_at=_placed_at(row, orders=orders, days=days),
    )


def _items(row: pl.Series, *, seed: int, orders: int, days: int) -> pl.DataFrame:
    import polars as pl

    within = pl.Series(_ORDER_OF_LINE, dtype=pl.UInt64).gather(row % _CYCLE)
    order = row // _CYCLE * len(LINES_PER_ORDER) + within
    good = (uniform(row, seed, 23) * len(PRICES)).cast(pl.UInt64)
    product = _currency(order, seed).cast(pl.UInt64) * len(PRICES) + good
    price = _prices().gather(product)
    quantity = pl.Series(QUANTITIES, dtype=pl.Int64).gather(
        choose(uniform(row, seed, 24), QUANTITY_SHARES)
    )
    # Rounded down to whole units, which every currency has.
    is_off = (uniform(row, seed, 25) < _DISCOUNT_SHARE).cast(pl.Int64)
    discount = price * quantity // 10_000 * 1_000 * is_off
    return pl.DataFrame(
        {
            "order_id": order.cast(pl.Int64) + 1,
            "product_id": product.cast(pl.Int64) + 1,
            "quantity": quantity,
            "unit_price": _thousandths(price),
            "discount": _thousandths(discount),
            "updated_at": _placed_at(order, orders=orders, days=days),
        }
    )


def _currency(order: pl.Series, seed: int) -> pl.Series:
    return choose(uniform(order, seed, 2), CURRENCY_SHARES)


def _placed_at(order: pl.Series, *, orders: int, days: int) -> pl.Series:
    import polars as pl

    seconds = (order.cast(pl.Float64) * (days * DAY_S / orders)).cast(pl.Int64) + EPOCH_S
    return (seconds * 1_000_000).cast(pl.Datetime("us", "UTC"))


def _prices() -> pl.Series:
    """The price of every product, currency after currency, in thousandths of the currency."""
    import polars as pl

    return pl.Series(
        [
            MONEY[code].price(cents) * 1000 // MONEY[code].scale
            for code in CURRENCIES
            for cents in PRICES
        ],
        dtype=pl.Int64,
    )


def _thousandths(amount: pl.Series) -> pl.Series:
    """Whole thousandths as the exact decimal that they are."""
    import polars as pl

    return amount.cast(pl.Decimal(15, 3)) * pl.Series(["0.001"]).cast(pl.Decimal(4, 3))
