"""Whatever comes in whatever order: a record lands, is known or is held, and nothing else."""

from __future__ import annotations

import itertools
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.records.load import TableReport
from buck.records.table import Column, TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import TableLoad

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (Column("id", "bigint"), Column("v", "bigint"))
RECORD = st.fixed_dictionaries(
    {
        "id": st.sampled_from([1, 2, 3, None]),
        "v": st.sampled_from([1, 2, None, "x", "1", 1.5, {"a": 1}]),
    }
)
LOADS = st.lists(st.lists(RECORD, max_size=6), min_size=1, max_size=4)


def land(lake: Lake, load_id: str, records: list[Any], spec: TableSpec) -> TableReport:
    landing = lake.landing("shop", load_id, facts={})
    try:
        opened = landing.open(spec)
        table = TableLoad(spec, load_id, AS_OF, opened.sequence + 1, opened.position)
        file = landing.scratch / "rows.parquet"
        pq.write_table(table.arrow(records), file)
        schema = full_schema([file], spec_schema(spec))
        return landing.commit(spec, [file], schema=schema, marks={}, held=table.held)
    finally:
        landing.close()


def versions(lake: Lake, columns: str) -> list[tuple[Any, ...]]:
    log = lake.raw("shop", "items")
    con = connect(work=lake.work)
    try:
        sql = f"select {columns} from ({log.scan_sql(log.state())}) order by _buck_seq"
        return con.execute(sql).fetchall()
    finally:
        con.close()


def collapsed(records: list[Any]) -> dict[int, list[Any]]:
    """Each key's versions, repetitions left out."""
    found: dict[int, list[Any]] = {}
    for record in records:
        held = found.setdefault(record["id"], [])
        if not held or held[-1] != record["v"]:
            held.append(record["v"])
    return found


@settings(max_examples=12, deadline=None)
@given(LOADS)
def test_every_record_lands_or_is_held_once(loads: list[list[Any]]) -> None:
    spec = TableSpec("shop", "items", ("id",), COLUMNS, contract="quarantine")
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(str(Path(folder) / "lake"), Path(folder) / "work")
        for number, records in zip(itertools.count(), loads, strict=False):
            report = land(lake, f"load{number}", records, spec)
            assert report.rows_received == len(records)
            told = report.rows_landed + report.rows_unchanged + report.rows_quarantined
            assert told == len(records)
        given_ = [record for records in loads for record in records]
        fits = [r for r in given_ if r["id"] and (r["v"] is None or type(r["v"]) is int)]
        landed = [{"id": id_, "v": v} for id_, v in versions(lake, "id, v")]
        assert collapsed(landed) == collapsed(fits)
        held = [orjson.loads(record.raw) for record in lake.quarantine.read()]
        poison = [r for r in given_ if r not in fits]
        assert sorted(map(orjson.dumps, held)) == sorted({orjson.dumps(r) for r in poison})


@settings(max_examples=8, deadline=None)
@given(LOADS)
def test_evolve_loses_no_value(loads: list[list[Any]]) -> None:
    spec = TableSpec("shop", "items", ("id",), COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(str(Path(folder) / "lake"), Path(folder) / "work")
        for number, records in enumerate(loads):
            land(lake, f"load{number}", records, spec)
        known = lake.raw("shop", "items").state().columns
        text = "v__text" if "v__text" in known else "null"
        kept = {(id_, v, other) for id_, v, other in versions(lake, f"id, v, {text}")}
        for record in itertools.chain.from_iterable(loads):
            id_, value = record["id"], record["v"]
            if id_ is None:
                continue
            fits = value is None or type(value) is int
            as_text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
            assert ((id_, value, None) if fits else (id_, None, as_text)) in kept
