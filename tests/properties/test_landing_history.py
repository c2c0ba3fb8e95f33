"""Whatever a source does between loads, the newest versions in the lake are the source's rows."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.records.table import Column, TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import TableLoad

SPEC = TableSpec(
    "shop",
    "items",
    ("id",),
    (Column("id", "bigint"), Column("name", "text"), Column("step", "bigint")),
    cursor="step",
)
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = st.integers(1, 6)
NAMES = st.one_of(st.none(), st.sampled_from(["a", "b", "", "ž"]))


class Source:
    """A table whose `step` grows with every change, and a loader that reads it by that mark."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[str | None, int]] = {}
        self.clock = 0

    def put(self, key: int, name: str | None) -> None:
        self.clock += 1
        self.rows[key] = (name, self.clock)


class Landing(RuleBasedStateMachine):
    """Changes and loads in any order, some loads dying, some machines forgotten."""

    format_ = "delta"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.work = self.folder / "work"
        self.source = Source()
        self.loads = itertools.count(1)
        self.is_landed = False
        self.mark = 0

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / "lake"), self.work, formats={"shop": self.format_})  # type: ignore[dict-item]

    @rule(key=KEYS, name=NAMES)
    def put(self, key: int, name: str | None) -> None:
        self.source.put(key, name)
        self.is_landed = False

    @rule(key=KEYS)
    def delete(self, key: int) -> None:
        self.source.rows.pop(key, None)
        self.is_landed = False

    @rule()
    def forget_this_machine(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)

    @rule(overlap=st.integers(0, 3), is_killed=st.booleans())
    def load(self, overlap: int, is_killed: bool) -> None:
        landing = self.lake.landing("shop", f"load{next(self.loads)}", facts={})
        try:
            opened = landing.open(SPEC)
            table = TableLoad(SPEC, landing.load_id, AS_OF, opened.sequence + 1, opened.position)
            since = opened.position.get("step", 0) - overlap
            new = [
                {"id": k, "name": n, "step": at}
                for k, (n, at) in sorted(self.source.rows.items())
                if at > since
            ]
            known = landing.known_keys(SPEC).column("id").to_pylist()
            gone = [{"id": k} for k in known if k not in self.source.rows]
            if is_killed:
                return
            file = landing.scratch / "rows.parquet"
            pq.write_table(table.arrow(new + gone, op=["u"] * len(new) + ["d"] * len(gone)), file)
            schema = full_schema([file], spec_schema(SPEC))
            report = landing.commit(SPEC, [file], schema=schema, marks={"step": self.source.clock})
            assert report.rows_received == report.rows_landed + report.rows_unchanged
            if self.is_landed:
                assert report.rows_landed == 0
        finally:
            landing.close()
        self.is_landed = True

    @precondition(lambda self: self.is_landed)
    @invariant()
    def newest_versions_are_the_sources_rows(self) -> None:
        log = self.lake.raw("shop", "items")
        state = log.state()
        assert state.position.get("step", 0) >= self.mark
        self.mark = state.position.get("step", 0)
        con = connect(work=self.work)
        try:
            con.execute(f"create temp table raw as {log.scan_sql(state)}")
            newest = con.execute(
                "select id, name, step from raw qualify row_number() "
                "over (partition by id order by _buck_seq desc) = 1 and _buck_op <> 'd'"
            ).fetchall()
            doubled = con.execute("select count(*) - count(distinct _buck_seq) from raw").fetchone()
            repeated = con.execute(
                "select count(*) from (select _buck_row_hash = lag(_buck_row_hash) over w "
                "and _buck_op = lag(_buck_op) over w as same from raw "
                "window w as (partition by id order by _buck_seq)) where same"
            ).fetchone()
        finally:
            con.close()
        assert {k: (n, at) for k, n, at in newest} == self.source.rows
        assert doubled == repeated == (0,)

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


CAREFUL: dict[str, Any] = {
    "max_examples": 12,
    "stateful_step_count": 14,
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
}


class ParquetLanding(Landing):
    """The same with plain Parquet."""

    format_ = "parquet"


TestDelta = Landing.TestCase
TestDelta.settings = settings(**CAREFUL)
TestParquet = ParquetLanding.TestCase
TestParquet.settings = settings(**{**CAREFUL, "max_examples": 6})
