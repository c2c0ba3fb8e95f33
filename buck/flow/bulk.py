"""Large raw tables for benchmarks, landed like everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from buck import sandbox
from buck.errors import ConfigError
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.lock import hold_lock
from buck.project import Project
from buck.records.load import TableReport
from buck.records.table import TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.stripe.tables import CHARGES

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 250_000


def land_bulk_payments(project: Project, rows: int, *, seed: int = 7) -> TableReport:
    """Land so many made-up Stripe charges as the first load of raw_stripe_charges.

    Memory stays that of one batch; each batch becomes one Parquet file of the same commit.

    Raises:
        ConfigError: the lake has charges already.
    """
    batches = sandbox.bulk_payments(rows, seed=seed, batch_rows=BATCH_ROWS)
    return _land(project, {CHARGES: batches})[0]


def land_bulk_orders(project: Project, lines: int, *, seed: int = 7) -> list[TableReport]:
    """Land so many made-up order lines as the first load of raw_app_order_items.

    Their orders, products and users land with them, one report a table. Memory and files as with
    `land_bulk_payments`; with the same seed, orders name those payments.

    Raises:
        ConfigError: the lake has one of the four tables already.
    """
    return _land(project, sandbox.bulk_orders(lines, seed=seed, batch_rows=BATCH_ROWS))


def _land(
    project: Project, tables: Mapping[TableSpec, Iterable[pa.RecordBatch]]
) -> list[TableReport]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    lake = open_lake(project)
    reports = []
    with hold_lock(project.work, "buck sandbox bulk"):
        (source,) = {spec.source for spec in tables}
        landing = lake.landing(source, new_load_id(datetime.now(UTC)), facts={"buck.bulk": "1"})
        try:
            for spec in tables:
                if landing.open(spec).sequence:
                    raise ConfigError(
                        f"the lake at {project.lake_root} has {spec.source}.{spec.name} already",
                        hint="use another copy of the project for benchmarks",
                    )
            for spec, batches in tables.items():
                files: list[Path] = []
                for batch in batches:
                    file = landing.scratch / f"{spec.name}-{len(files):04d}.parquet"
                    pq.write_table(pa.Table.from_batches([batch]), file, compression="zstd")
                    files.append(file)
                reports.append(landing.commit(spec, files, schema=spec_schema(spec), marks={}))
            return reports
        finally:
            landing.close()
