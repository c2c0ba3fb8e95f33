"""Whatever is landed, published, gone back to, removed: kept snapshots can be made again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buck.engine import connect
from buck.lake import pinned_files, pinned_versions, read_content
from buck.names import TableRef
from buck.quality import approve
from buck.records.quality import QualityReport
from tests.integration.lake.conftest import AS_OF, Bench
from tests.integration.lake.site import PASSED, Site

MART = TableRef("finance", "t")
MODEL = (
    "select id, arg_max(name, _buck_seq) as name, count(*) as versions "
    "from raw.raw_shop_items group by id"
)

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("land"),
            st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abč")), min_size=1, max_size=3),
        ),
        st.tuples(st.just("publish"), st.none()),
        st.tuples(st.just("back"), st.integers(0, 5)),
        st.tuples(st.just("prune"), st.integers(1, 3)),
    ),
    min_size=3,
    max_size=9,
)


class Company(Site):
    """A site whose candidates are built from raw tables, by one model."""

    def make(self, database: Path, version: int | None = None) -> Any:
        """The mart built from a version of the raw table, and the pin it was built from."""
        table = self.lake.raw_tables()[0]
        pin = self.lake.pin_raw(table, version=version)
        con = connect(database, work=self.lake.work)
        con.execute("create schema if not exists raw")
        con.execute("create schema if not exists finance")
        con.execute(f"create or replace view {pin.table.ref.sql} as {pin.select_sql}")
        con.execute(f"create or replace table {MART.sql} as {MODEL}")
        content = read_content(con, MART.sql)
        con.close()
        return pin, content

    def run(self) -> None:
        from buck.lake import Origin

        self.runs += 1
        run_id = f"run-{self.runs}"
        pin, _ = self.make(self.candidates)
        versions = {str(pin.table): pin.version}
        self.publisher.publish(
            self.candidates,
            [MART],
            approval=approve(QualityReport(AS_OF, (PASSED,), run_id=run_id)),
            origin=Origin(run_id, AS_OF, run_id, versions, {}, {}),
            lifts_hold=True,
        )


@pytest.mark.parametrize("format_", ["delta", "parquet"])
@settings(max_examples=8, deadline=None)
@given(steps=STEPS)
def test_every_kept_snapshot_is_made_again_from_the_lake(format_: str, steps: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="snapshots-"))
    try:
        play(Company(Bench(folder, format_)), steps)
    finally:
        shutil.rmtree(folder)


def play(site: Company, steps: Any) -> None:
    site.bench.land([{"id": 0, "name": "first"}])
    site.run()
    store = site.publisher.snapshots
    for kind, what in steps:
        numbers = store.numbers()
        if kind == "land":
            site.bench.land([{"id": id_, "name": name} for id_, name in what])
        elif kind == "publish":
            site.run()
        elif kind == "back":
            site.publisher.roll_back(numbers[what % len(numbers)])
        else:
            held = store.hold()
            site.publisher.prune(what)
            kept = store.numbers()
            assert set(kept) >= {*numbers[-what:], *(held.withdrawn if held else ())}
            assert len(kept) <= what + 1 + len(held.withdrawn if held else ())
    current = store.current()
    assert current is not None
    with duckdb.connect(str(site.file()), read_only=True) as con:
        content = con.execute("from finance.t order by id").fetchall()
    assert content == site.delta("finance/t")
    files = {f for n in store.numbers() for t in store.read(n).tables for f in t.files}
    held = {n for n in site.lake.storage.names("marts") if n.endswith(".parquet")}
    assert files <= held, "no kept snapshot lost a file"
    for number in store.numbers():
        snapshot = store.read(number)
        ((table, version),) = snapshot.lake_versions.items()
        assert version in pinned_versions(store)[table]
        _, content = site.make(site.bench.work / "again.duckdb", version)
        (mart,) = snapshot.tables
        assert (content.hash, content.rows) == (mart.content_hash, mart.rows)
    raw = site.lake.raw("shop", "items")
    pinned = pinned_files(site.lake)
    newest = max(store.read(n).lake_versions["shop.items"] for n in store.numbers())
    assert pinned == set(raw.state(newest).files), "raw is append-only: the newest pin needs all"
