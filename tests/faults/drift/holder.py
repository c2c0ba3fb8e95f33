"""One load with poison in it, in a process that may kill itself at a chosen point.

Arguments: lake root, work folder, format, point, load id; access to a bucket comes in the
environment. Points: `none`, `held-uploaded`, `held`, `landed`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from buck.lake import Lake, delta_log, file_log, full_schema
from buck.lake.quarantine import Quarantine
from buck.records.access import S3Access
from buck.records.table import Column, TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import TableLoad

SPEC = TableSpec(
    "shop",
    "items",
    ("id",),
    (Column("id", "bigint"), Column("amount", "bigint")),
    contract="quarantine",
)
RECORDS = [{"id": n, "amount": "odd" if n % 3 == 0 else n} for n in range(1, 10)]


def open_lake(root: str, work: Path, format_: str) -> Lake:
    endpoint = os.environ.get("TEST_ENDPOINT", "")
    access = S3Access(endpoint=endpoint, key_id="k", secret="s") if endpoint else None
    return Lake(root, work, s3=access, formats={"shop": format_})  # type: ignore[dict-item]


def land(lake: Lake, load_id: str) -> dict[str, Any]:
    landing = lake.landing("shop", load_id, facts={})
    try:
        opened = landing.open(SPEC)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        table = TableLoad(SPEC, load_id, at, opened.sequence + 1, opened.position)
        file = landing.scratch / "rows.parquet"
        pq.write_table(table.arrow(RECORDS), file)
        schema = full_schema([file], spec_schema(SPEC))
        report = landing.commit(SPEC, [file], schema=schema, marks={"until": 9}, held=table.held)
    finally:
        landing.close()
    return {"landed": report.rows_landed, "held": report.rows_quarantined}


def die(point: str) -> None:
    if sys.argv[4] == point:
        os.kill(os.getpid(), signal.SIGKILL)


def arm() -> None:
    """Put the points between the steps."""
    hold = Quarantine.hold

    def after_hold(self: Any, *args: Any, **kwargs: Any) -> Any:
        holding = hold(self, *args, **kwargs)
        die("held")
        return holding

    Quarantine.hold = after_hold  # type: ignore[method-assign]

    def before(original: Any) -> Any:
        def step(self: Any, *args: Any) -> None:
            if self.folder.startswith("quarantine/"):
                die("held-uploaded")
            original(self, *args)

        return step

    def after(original: Any) -> Any:
        def step(self: Any, *args: Any) -> Any:
            version = original(self, *args)
            if self.folder.startswith("raw/"):
                die("landed")
            return version

        return step

    delta, files = delta_log.DeltaLog, file_log.FileLog
    for name in ("_append", "_create"):
        setattr(delta, name, before(getattr(delta, name)))
    for log in (delta, files):
        log.commit = after(log.commit)  # type: ignore[method-assign]


if __name__ == "__main__":
    root, work, format_, _, load_id = sys.argv[1:]
    arm()
    lake = open_lake(root, Path(work), format_)
    lake.sweep()
    sys.stdout.write(json.dumps(land(lake, load_id)))
