"""Bulk rows look like landed ones, and are the same every time."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from buck.sandbox import bulk_payments
from buck.sandbox.company import EPOCH, day_start
from buck.sources.arrow import spec_schema
from buck.sources.stripe.tables import CHARGES


def table(rows: int, **settings: int) -> pa.Table:
    return pa.Table.from_batches(bulk_payments(rows, **settings)).combine_chunks()


def test_rows_have_every_raw_column_in_its_type() -> None:
    assert table(10).schema.equals(spec_schema(CHARGES))


def test_rows_do_not_depend_on_how_they_are_batched() -> None:
    whole = table(1_000, seed=3)
    assert whole.num_rows == 1_000
    assert whole.equals(table(1_000, seed=3, batch_rows=77))
    assert not whole.column("amount").equals(table(1_000, seed=4).column("amount"))


def test_keys_sequence_and_hashes_are_unique_and_in_order() -> None:
    found = table(5_000)
    for name in ("id", "_buck_seq", "_buck_row_hash"):
        assert pc.count_distinct(found.column(name)).as_py() == 5_000, name
    assert found.column("_buck_seq").to_pylist() == list(range(1, 5_001))
    created = found.column("created").to_pylist()
    assert created == sorted(created)
    assert EPOCH.timestamp() <= created[0] < created[-1] < day_start(365).timestamp()


def test_money_adds_up_for_every_status() -> None:
    rows = table(20_000).to_pylist()
    assert {row["status"] for row in rows} == {"succeeded", "failed", "pending"}
    assert {row["currency"] for row in rows} == {"usd", "eur", "gbp", "cad", "jpy", "kwd"}
    for row in rows:
        good = row["status"] == "succeeded"
        assert row["amount"] > 0
        assert row["amount_captured"] == (row["amount"] if good else 0)
        assert 0 <= row["amount_refunded"] <= row["amount_captured"]
        assert row["refunded"] == (good and row["amount_refunded"] == row["amount"])
        assert (row["balance_transaction"] is not None) == good
        assert row["currency"] != "kwd" or row["amount"] % 10 == 0
    assert 0.9 < sum(row["status"] == "succeeded" for row in rows) / len(rows) < 0.95
    assert 200 < sum(row["refunded"] for row in rows) < 600
