"""How columns of millions of rows are made up: each value from its row's number alone."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

BATCH_ROWS = 250_000


def to_batch(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    """The frame in the raw table's order and types, columns it lacks being null."""
    import pyarrow as pa

    found = frame.to_arrow()
    arrays = [
        found.column(field.name).combine_chunks().cast(field.type)
        if field.name in found.column_names
        else pa.nulls(frame.height, type=field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def mix(row: pl.Series, seed: int, stream: int) -> pl.Series:
    """64 well-mixed bits per row (the finaliser of splitmix64); integers wrap around."""
    import polars as pl

    def wide(number: int) -> pl.Series:
        return pl.Series([number % 2**64], dtype=pl.UInt64)

    start = wide(seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03)
    bits = (row + wide(1)) * wide(0x9E3779B97F4A7C15) + start
    # Polars has no shift; dividing by a power of two is one.
    bits = (bits ^ (bits // 2**30)) * wide(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits // 2**27)) * wide(0x94D049BB133111EB)
    return bits ^ (bits // 2**31)


def uniform(row: pl.Series, seed: int, stream: int) -> pl.Series:
    """A number in [0, 1) per row."""
    import polars as pl

    return (mix(row, seed, stream) // 2**11).cast(pl.Float64) / 2**53


def choose(chance: pl.Series, shares: tuple[float, ...]) -> pl.Series:
    """The place of each chance among shares that add up to 1."""
    import polars as pl

    place = pl.zeros(len(chance), dtype=pl.UInt32, eager=True)
    for edge in list(accumulate(shares))[:-1]:
        place += (chance >= edge).cast(pl.UInt32)
    return place


def pick(values: tuple[str | None, ...], place: pl.Series) -> pl.Series:
    """The texts at some places."""
    import polars as pl

    return pl.Series(values, dtype=pl.String).gather(place)


def name(prefix: str, number: str) -> pl.Expr:
    """A name per row: the prefix and a column's number, twelve digits long."""
    import polars as pl

    return pl.lit(prefix) + pl.col(number).cast(pl.String).str.zfill(12)
