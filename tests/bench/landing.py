"""Landing's three ways, each run in a process of its own: `python -m tests.bench.landing WAY ROWS`.

generate: only make the batches. parquet: write each as a plain Parquet file, as one would without a
lake. delta: land them, exactly once, as the first load of raw_stripe_charges. The working folder is
the project.
"""

from __future__ import annotations

import sys
from pathlib import Path

BATCH_ROWS = 250_000


def generate(rows: int) -> None:
    """Make the batches and forget them."""
    from buck.sandbox import bulk_payments

    for batch in bulk_payments(rows, batch_rows=BATCH_ROWS):
        assert batch.num_rows


def write_parquet(rows: int) -> None:
    """Plain files, one a batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from buck.sandbox import bulk_payments

    folder = Path("plain")
    folder.mkdir(exist_ok=True)
    for number, batch in enumerate(bulk_payments(rows, batch_rows=BATCH_ROWS)):
        table = pa.Table.from_batches([batch])
        pq.write_table(table, folder / f"{number:04d}.parquet", compression="zstd")


def land_delta(rows: int) -> None:
    """Into the project's lake."""
    from buck.flow.bulk import land_bulk_payments
    from buck.project import open_project

    report = land_bulk_payments(open_project(Path.cwd()), rows)
    assert report.rows_landed == rows


if __name__ == "__main__":
    WAYS = {"generate": generate, "parquet": write_parquet, "delta": land_delta}
    WAYS[sys.argv[1]](int(sys.argv[2]))
