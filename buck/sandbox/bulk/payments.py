"""Millions of Stripe charges as raw rows, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import TYPE_CHECKING

from buck.sandbox.bulk.columns import BATCH_ROWS, choose, mix, name, pick, to_batch, uniform
from buck.sandbox.company.calendar import DAY_S, EPOCH_S, day_start

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

CURRENCIES = ("usd", "eur", "gbp", "cad", "jpy", "kwd")
CURRENCY_SHARES = (0.45, 0.27, 0.12, 0.08, 0.05, 0.03)
STATUSES = ("succeeded", "failed", "pending")
STATUS_SHARES = (0.925, 0.06, 0.015)
ROWS_PER_CUSTOMER = 20
FAILURES = (None, "card_declined", None)
OUTCOMES = (
    '{"network_status":"approved_by_network","type":"authorized"}',
    '{"network_status":"declined_by_network","type":"issuer_declined"}',
    '{"network_status":"not_sent_to_network","type":"pending"}',
)
CARDS = tuple(
    f'{{"card":{{"brand":"{brand}","country":"{country}","funding":"{funding}"}},"type":"card"}}'
    for brand in ("visa", "mastercard", "amex")
    for country in ("US", "DE", "GB", "JP", "KW")
    for funding in ("credit", "debit")
)
MINOR_PER_DOLLAR = {"jpy": 150, "kwd": 300}
"""About how many of a currency's minor units a dollar is worth; 100 where not said."""


def bulk_payments(
    rows: int, *, seed: int = 7, days: int = 365, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Rows of `raw_stripe_charges`, ready to be committed to a lake.

    Grain: one row per charge, one version each, oldest first, spread evenly over the days from the
    company's first one on. All columns of the raw table are there, the `_buck_` ones too; the
    sequence starts at 1. The same arguments give the same rows, whatever the size of a batch.

    Args:
        rows: How many.
        seed: Chooses the amounts, customers and outcomes.
        days: The time they are spread over.
        batch_rows: Rows of a batch; the last one may be shorter.
    """
    from buck.sources.arrow import spec_schema
    from buck.sources.stripe.tables import CHARGES

    schema = spec_schema(CHARGES)
    for first in range(0, rows, batch_rows):
        count = min(batch_rows, rows - first)
        yield _make_batch(schema, first, count, seed=seed, rows=rows, days=days)


def _make_batch(
    schema: pa.Schema, first: int, count: int, *, seed: int, rows: int, days: int
) -> pa.RecordBatch:
    import polars as pl

    row = pl.int_range(first, first + count, dtype=pl.UInt64, eager=True)
    # Each row's numbers depend on its own number alone, so batches may be cut anywhere.
    status = choose(uniform(row, seed, 1), STATUS_SHARES)
    currency = choose(uniform(row, seed, 2), CURRENCY_SHARES)
    is_good = status == 0
    customers = max(1, rows // ROWS_PER_CUSTOMER)
    frame = pl.DataFrame(
        {
            "row": row.cast(pl.Int64),
            "is_good": is_good,
            "amount": _amounts(uniform(row, seed, 3), currency),
            "refund_chance": uniform(row, seed, 4),
            # Squared, so that some customers buy often and many seldom.
            "buyer": (uniform(row, seed, 5) ** 2 * customers).cast(pl.Int64),
            "created": (row.cast(pl.Float64) * (days * DAY_S / rows)).cast(pl.Int64) + EPOCH_S,
            "livemode": uniform(row, seed, 6) > 0.002,
            "disputed": (uniform(row, seed, 7) < 0.002) & is_good,
            "currency": pick(CURRENCIES, currency),
            "status": pick(STATUSES, status),
            "failure_code": pick(FAILURES, status),
            "outcome": pick(OUTCOMES, status),
            "card": pick(CARDS, (uniform(row, seed, 8) * len(CARDS)).cast(pl.UInt32)),
            "hash": mix(row, seed, 9).reinterpret(signed=True),
        }
    )
    is_full = pl.col("is_good") & (pl.col("refund_chance") > 0.98)
    is_partial = pl.col("is_good") & (pl.col("refund_chance") < 0.02)
    refunded = pl.when(is_full).then("amount").when(is_partial).then(pl.col("amount") // 20 * 10)
    table = frame.select(
        id=name("ch_bulk", "row"),
        object=pl.lit("charge"),
        created="created",
        livemode="livemode",
        amount="amount",
        amount_captured=pl.when("is_good").then("amount").otherwise(0),
        amount_refunded=refunded.otherwise(0),
        balance_transaction=pl.when("is_good").then(name("txn_bulk", "row")),
        captured="is_good",
        currency="currency",
        customer=name("cus_bulk", "buyer"),
        description=pl.lit("Subscription update"),
        disputed="disputed",
        failure_code="failure_code",
        metadata=pl.lit("{}"),
        outcome="outcome",
        paid="is_good",
        payment_intent=name("pi_bulk", "row"),
        payment_method_details="card",
        refunded=is_full,
        status="status",
        _buck_load_id=pl.lit(f"bulk-{seed}"),
        _buck_observed_at=pl.lit(day_start(days)),
        _buck_op=pl.lit("r"),
        _buck_source_ts=pl.from_epoch("created").dt.replace_time_zone("UTC"),
        _buck_seq=pl.col("row") + 1,
        _buck_row_hash="hash",
    )
    return to_batch(table, schema)


def _amounts(chance: pl.Series, currency: pl.Series) -> pl.Series:
    """Minor units, worth about 5 to 1,500 dollars, small ones the rule."""
    import polars as pl

    dollars = (chance * log(300)).exp() * 5
    per_dollar = pl.Series([MINOR_PER_DOLLAR.get(name, 100) for name in CURRENCIES])
    # Stripe takes three-decimal amounts in steps of ten only; to the others it does no harm.
    return (dollars * per_dollar.gather(currency) / 10).round().cast(pl.Int64) * 10
