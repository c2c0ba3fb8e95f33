"""Publishing replaces all marts or none, under readers, on disk and in a bucket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import orjson
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

from buck.errors import GateClosed, LakeDamaged, LakeError, LakeLocked
from buck.lake import Publisher
from buck.names import TableRef
from buck.records.layout import Layout
from buck.records.quality import Approval
from tests.integration.lake.site import AS_OF, MARTS, Site, approval, origin


def test_published_marts_are_what_was_built(any_site: Site) -> None:
    any_site.version(1)
    snapshot = any_site.publish()
    assert (snapshot.number, [t.rows for t in snapshot.tables]) == (1, [1, 2])
    assert any_site.ask("from finance.t order by id") == [(0, 1), (1, 1)]
    assert any_site.ask("from core.dim_b") == [(1, "ž")]
    stamp = any_site.ask("select snapshot_id, run_id, as_of::varchar from core.buck_snapshot")
    assert stamp == [("000001", "run-1", "2026-01-01 00:00:00+00")]
    assert any_site.delta("finance/t") == [(0, 1), (1, 1)]
    any_site.version(2, rows=3)
    any_site.publish()
    assert any_site.ask("select distinct v from finance.t") == [(2,)]
    assert any_site.delta("finance/t") == [(0, 2), (1, 2), (2, 2)]
    current = Publisher(any_site.bench.second_machine().lake).snapshots.current()
    assert current is not None
    assert current.number == 2


def test_mart_that_did_not_change_keeps_its_file(any_site: Site) -> None:
    any_site.version(1)
    first = {t.name: t.files for t in any_site.publish().tables}
    any_site.version(2)
    second = {t.name: t.files for t in any_site.publish().tables}
    assert second["dim_b"] == first["dim_b"]
    assert second["t"] != first["t"]
    assert len([n for n in any_site.lake.storage.names("marts") if n.endswith(".parquet")]) == 3


def test_earlier_snapshot_comes_back_without_a_build(any_site: Site) -> None:
    for number in (1, 2):
        any_site.version(number)
        any_site.publish()
    any_site.candidates.unlink()
    assert any_site.publisher.roll_back(1).number == 1
    assert any_site.ask("select distinct v from marts.finance.t") == [(1,)]
    assert any_site.delta("finance/t") == [(0, 1), (1, 1)]
    assert any_site.ask("select snapshot_id from marts.core.buck_snapshot") == [("000001",)]
    with pytest.raises(LakeDamaged, match="000009 is not kept"):
        any_site.publisher.roll_back(9)


def test_marts_are_named_the_same_opened_or_attached_from_anywhere(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.version(1)
    site.publish()
    monkeypatch.chdir(tmp_path)
    relative = os.path.relpath(site.file(), tmp_path)
    with duckdb.connect(relative, read_only=True) as con:
        opened = con.execute("from marts.finance.t").fetchall()
    with duckdb.connect() as con:
        con.execute(f"attach '{relative}' (read_only)")
        assert con.execute("from marts.finance.t").fetchall() == opened == [(0, 1), (1, 1)]


def test_reader_goes_on_reading_what_it_opened(site: Site) -> None:
    site.version(1)
    site.publish()
    reader = duckdb.connect(str(site.file()), read_only=True)
    site.version(2, rows=5000)
    site.publish()
    assert reader.execute("select distinct v from marts.finance.t").fetchall() == [(1,)]
    reader.close()
    assert site.ask("select distinct v, count(*) from marts.finance.t group by 1") == [(2, 5000)]


def test_failing_mart_publishes_none(site: Site) -> None:
    site.version(1)
    site.publish()
    site.version(2)
    with pytest.raises(duckdb.Error, match="missing"):
        site.publish([*MARTS, TableRef("finance", "missing")])
    assert site.ask("select distinct v from marts.finance.t") == [(1,)]
    assert site.delta("finance/t") == [(0, 1), (1, 1)]
    assert site.publisher.snapshots.numbers() == [1]
    assert site.publish().number == 2


def test_publishing_needs_the_gates_approval(site: Site) -> None:
    site.version(1)
    publish: Any = site.publisher.publish
    with pytest.raises(TypeError, match="approval"):
        publish(site.candidates, MARTS, origin=origin())
    with pytest.raises(GateClosed):
        Approval("r", "run-1", AS_OF, {})
    with pytest.raises(GateClosed):
        replace(approval(), reason="mine")
    for given in (None, True, "yes", approval("another run")):
        with pytest.raises(GateClosed):
            publish(site.candidates, MARTS, approval=given, origin=origin())
    assert site.publisher.snapshots.numbers() == []
    assert not site.file().exists()


def test_of_two_publishes_at_once_one_wins(site: Site) -> None:
    site.version(1)
    number = site.publisher.snapshots.next_number
    other = Publisher(site.lake)
    site.publisher.snapshots.next_number = lambda: 1  # type: ignore[method-assign]
    other.publish(site.candidates, MARTS, approval=approval(), origin=origin())
    with pytest.raises(LakeLocked, match="meanwhile"):
        site.publish()
    site.publisher.snapshots.next_number = number  # type: ignore[method-assign]
    assert site.publish().number == 2


def test_mart_may_gain_and_change_columns(site: Site) -> None:
    site.version(1)
    site.publish()
    site.build("create or replace table finance.t as select 1 as id, 'x' as v, 2.5 as w")
    site.publish()
    assert site.ask("from marts.finance.t") == [(1, "x", Decimal("2.5"))]
    assert site.delta("finance/t") == [(1, "x", Decimal("2.5"))]


def test_every_usual_type_reaches_delta_readers(site: Site) -> None:
    site.version(1)
    site.build(
        "create or replace table finance.t as select 1::hugeint as h, 1.10::decimal(10,2) as d, "
        "date '2026-01-01' as day, timestamptz '2026-01-01 00:00:00+00' as at, true as b, "
        "[1, 2] as l, {'a': 1} as s, 1::smallint as i, 1.5::float as f"
    )
    site.publish()
    assert site.ask("select h, d, day, b, l from marts.finance.t") == [
        (Decimal(1), Decimal("1.10"), date(2026, 1, 1), True, [1, 2])
    ]
    assert len(site.delta("finance/t")) == 1


@pytest.mark.parametrize("type_", ["time", "interval", "uuid", "ubigint"])
def test_type_that_delta_cannot_hold_is_refused_before_anything_is_published(
    site: Site, type_: str
) -> None:
    site.version(1)
    site.publish()
    values = {
        "uuid": "uuid()",
        "time": "time '10:00'",
        "interval": "interval 1 day",
        "ubigint": "1",
    }
    site.build(f"create or replace table finance.t as select {values[type_]}::{type_} as x")
    with pytest.raises(LakeError, match=r"finance\.t\.x") as refused:
        site.publish()
    assert "cast" in refused.value.hint
    assert site.ask("select distinct v from marts.finance.t") == [(1,)]
    assert site.publisher.snapshots.numbers() == [1]


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"{}", b'{"number": "x"}'])
@pytest.mark.parametrize("name", ["current.json", "000001.json"])
def test_damaged_manifest_is_said(site: Site, name: str, payload: bytes) -> None:
    site.version(1)
    site.publish()
    site.lake.storage.write(f"snapshots/{name}", payload)
    with pytest.raises(LakeDamaged) as damaged:
        Publisher(site.lake).snapshots.current()
    assert damaged.value.hint


# Every storage step of a publish, in order; a kill comes before the n-th of them.
KILLED = """
import os, signal, sys
from pathlib import Path, PurePosixPath
from buck.lake import Lake, Origin, Publisher
from buck.lake.folder_storage import FolderStorage
from buck.lake import publishing
from buck.names import TableRef
from buck.records.layout import Layout
from buck.quality import approve
from buck.records.quality import Check, CheckResult, QualityReport
from datetime import UTC, datetime

root, work, limit = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
steps = 0
def deadly(original):
    def step(*args, **kwargs):
        global steps
        steps += 1
        if steps == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return step
for name in ("upload", "create", "write"):
    setattr(FolderStorage, name, deadly(getattr(FolderStorage, name)))
publishing.commit_mart = deadly(publishing.commit_mart)
as_of = datetime(2026, 1, 1, tzinfo=UTC)
lake = Lake(root, work)
Publisher(lake).publish(
    work / "build.duckdb",
    [TableRef("core", "dim_b"), TableRef("finance", "t")],
    approval=approve(QualityReport(as_of, (
        CheckResult(Check("c", "t", "finance", "soda", "volume"), "passed"),
    ), run_id="run-2")),
    origin=Origin("run-2", as_of, "two", {}, {}, {}),
)
print(steps)
"""


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_publish_is_old_or_new_and_heals(site: Site, step: int) -> None:
    site.version(1)
    site.publish()
    site.version(2, rows=3)
    command = [sys.executable, "-c", KILLED, site.bench.root, str(site.bench.work), str(step)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    assert (done.returncode == 0) == (step == 8), "there are seven steps to be killed at"
    old, new = [(0, 1), (1, 1)], [(0, 2), (1, 2), (2, 2)]
    assert site.ask("from finance.t order by id") in (old, new)
    publisher = Publisher(site.lake)
    healed = publisher.heal()
    assert healed is not None
    expected = {1: old, 2: new}[healed.number]
    assert site.ask("from finance.t order by id") == site.delta("finance/t") == expected
    assert site.ask("select snapshot_id from core.buck_snapshot") == [(healed.id,)]
    before = sorted(site.lake.storage.names(""))
    assert publisher.heal() == healed
    assert sorted(site.lake.storage.names("")) == before
    site.publish()
    assert site.ask("from finance.t order by id") == site.delta("finance/t") == new


def test_pointer_to_a_lost_snapshot_is_said(site: Site) -> None:
    site.version(1)
    site.publish()
    site.lake.storage.write("snapshots/current.json", orjson.dumps({"number": 7}))
    with pytest.raises(LakeDamaged, match="000007"):
        site.publisher.heal()


def test_a_mart_lies_in_its_file_as_its_layout_says(site):
    site.build(
        "create schema if not exists finance",
        "create or replace table finance.t as select (range * 7919) % 1000 as id, "
        "date '2026-01-01' + cast((range * 31) % 300 as integer) as day from range(1000)",
    )
    layout = Layout("day", "month", ("id", "no_such_column"))
    table = TableRef("finance", "t")
    plain = site.publish([table])
    sorted_ = site.publish([table], layouts={table: layout})
    assert sorted_.tables[0].files == plain.tables[0].files, "the same rows are written once"
    site.build("insert into finance.t values (-1, date '2026-06-15')")
    site.publish([table], layouts={table: layout})
    rows = site.ask("select month(day), id from finance.t")
    assert rows == sorted(rows)
    assert len(rows) == 1001


def files_of(site: Site) -> dict[str, str]:
    """The month that each file of the mart is named for, and the file's own name."""
    names = site.lake.storage.names("marts/finance/t")
    found = [PurePosixPath(name) for name in names if name.endswith(".parquet")]
    return {path.parent.name: path.name for path in sorted(found)}


@pytest.mark.parametrize("type_", ["date", "timestamptz"])
def test_big_mart_is_one_file_per_month_and_only_changed_months_are_written(any_site, type_):
    site = any_site
    site.build(
        "create schema if not exists finance",
        f"create or replace table finance.t as select (range * 7919) % 1000 as id, "
        f"cast(date '2026-01-01' + cast((range * 31) % 89 as integer) as {type_}) as day "
        "from range(1000)",
        f"insert into finance.t values (5000, null), (6000, {type_} '2026-03-31')",
    )
    layout = Layout("day", "month", ("id",), min_rows=1000)
    table = TableRef("finance", "t")
    first = site.publish([table], layouts={table: layout}).tables[0]
    before = files_of(site)
    assert list(before) == [
        *(f"day_month=2026-0{month}-01" for month in (1, 2, 3)),
        "day_month=__HIVE_DEFAULT_PARTITION__",
    ]
    site.build(f"update finance.t set id = -1 where day = {type_} '2026-02-03'")
    second = site.publish([table], layouts={table: layout}).tables[0]
    after = files_of(site)
    changed = {month for month in after if after[month] != before[month]}
    assert changed == {"day_month=2026-02-01"}
    assert set(second.files) - set(first.files) == {
        name for name in second.files if "2026-02" in name
    }
    rows = site.ask("select id, day from finance.t order by all")
    assert len(rows) == 1002
    assert sorted(site.delta("finance/t"), key=str) == sorted(rows, key=str)
    site.publisher.roll_back(1)
    assert len(site.ask("from finance.t where id = -1")) == 0


def test_readers_of_delta_skip_months_that_they_do_not_ask_for(site):
    site.build(
        "create schema if not exists finance",
        "create or replace table finance.t as select range as id, "
        "date '2026-01-01' + cast(range % 89 as integer) as day from range(100)",
    )
    table = TableRef("finance", "t")
    site.publish([table], layouts={table: Layout("day", "month", min_rows=0)})
    found = DeltaTable(site.lake.storage.url("marts/finance/t"))
    actions = found.get_add_actions(flatten=True)
    bounds = sorted(
        zip(*(actions[f"{end}.day"].to_pylist() for end in ("min", "max")), strict=True)
    )
    assert bounds == [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 31)),
    ]
    dataset = found.to_pyarrow_dataset()
    asked = pc.field("day") >= date(2026, 3, 15)
    assert len(list(dataset.get_fragments(filter=asked))) == 1
    assert dataset.to_table(filter=asked).num_rows == sum(1 for n in range(100) if n % 89 >= 73)


def test_files_of_months_go_with_the_snapshots_that_need_them(site):
    table = TableRef("finance", "t")
    for value in range(3):
        site.build(
            "create schema if not exists finance",
            f"create or replace table finance.t as select {value} as v, date '2026-01-01' as day "
            "union all select 0, date '2026-02-01'",
        )
        site.publish([table], layouts={table: Layout("day", "month", min_rows=0)})
    names = site.lake.storage.names("marts/finance/t")
    assert sum(name.endswith(".parquet") for name in names) == 4
    assert site.publisher.prune(1) == [1, 2]
    names = site.lake.storage.names("marts/finance/t")
    assert sum(name.endswith(".parquet") for name in names) == 2
    assert site.ask("from finance.t order by day") == [(2, date(2026, 1, 1)), (0, date(2026, 2, 1))]
