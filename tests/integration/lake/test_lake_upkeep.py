"""`buck lake compact` and `vacuum`: no row changes, nothing that is needed goes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from buck.errors import LoadFenced
from buck.lake import merge_files, plan_merge
from tests.integration.lake.keeping import (
    EAGER,
    ITEMS,
    LONG_AGO,
    damages,
    folder_of,
    land_many,
    place_at,
)


@pytest.mark.parametrize("where", ["disk", "s3"])
def test_compaction_keeps_every_row_mark_and_version(
    make_bench: Any, empty_home: Path, request: Any, where: str
) -> None:
    bucket = request.getfixturevalue("bucket") if where == "s3" else None
    bench = make_bench(bucket=bucket)
    land_many(bench, 5)
    bench.land([{"id": 9, "name": "žluť", "extra": "late column"}], id=9)
    before, old = bench.rows("*"), bench.log.state()
    place = place_at(bench, empty_home, *EAGER)
    planned = place.buck("lake", "compact", "--dry-run", "--json").expect(0).json
    assert [(c["table"], c["files_before"], c["files_after"]) for c in planned] == [
        ("shop.items", 6, 1)
    ]
    assert bench.log.state().version == old.version, "a plan changes nothing"
    [done] = place.buck("lake", "compact", "--json").expect(0).json
    assert (done["files_before"], done["files_after"], done["rows"]) == (6, 1, len(before))
    state = bench.log.state()
    assert len(state.files) == 1
    assert (state.version, state.sequence) == (old.version + 1, old.sequence)
    assert state.position["id"] == 9
    assert bench.rows("*") == before
    assert bench.log.history()[0].operation == "compact"
    earlier = bench.log.state(old.version)
    assert earlier.files == old.files, "the earlier version is still there"
    # Another tool reads the same rows, in the types that the table declares.
    options = bench.lake.storage.delta_options() or None
    strange = DeltaTable(bench.lake.storage.url(ITEMS.path), storage_options=options)
    assert strange.to_pyarrow_table().num_rows == len(before)
    # The next load goes on where the last one stopped, and doubles nothing.
    assert bench.land([{"id": 9, "name": "žluť", "extra": "late column"}], id=9).rows_landed == 0
    assert bench.land([{"id": 10, "name": "new"}], id=10).rows_landed == 1
    assert len(bench.rows()) == len(before) + 1
    assert place.buck("lake", "compact", "--json").expect(0).json == []
    told = place.buck("pipeline", "logs", "lake compact", "--json").expect(0).json
    assert [e["facts"]["files_before"] for e in told if e["kind"] == "step_finished"] == [6]


def test_a_table_of_few_or_big_files_is_left_alone(make_bench: Any, empty_home: Path) -> None:
    bench = make_bench()
    land_many(bench, 3)
    place = place_at(bench, empty_home, "compaction: { min_files: 4 }")
    assert "nothing to merge" in place.buck("lake", "compact").expect(0).err
    assert len(bench.log.state().files) == 3
    assert plan_merge(bench.lake, ITEMS, min_files=3, target_bytes=4000) is None, "files are big"
    assert "did you mean shop.items?" in place.buck("lake", "compact", "shop.item").expect(2).err


def test_only_what_is_too_small_is_merged(make_bench: Any) -> None:
    bench = make_bench()
    bench.land([{"id": n, "name": os.urandom(40).hex()} for n in range(2000)], id=0)
    land_many(bench, 4, first=3000)
    [big] = [e.name for e in bench.log.entries(bench.log.state()) if e.rows == 2000]
    rows = bench.rows()
    merge = plan_merge(bench.lake, ITEMS, min_files=4, target_bytes=100_000)
    assert merge is not None
    merge_files(bench.lake, merge, load_id="m1", facts={})
    assert big in bench.log.state().files
    assert len(bench.log.state().files) == 2
    assert bench.rows() == rows


def test_landings_before_and_during_a_compaction_lose_nothing(make_bench: Any) -> None:
    bench = make_bench()
    land_many(bench, 4)
    early = bench.open()
    merge = plan_merge(bench.lake, ITEMS, min_files=2, target_bytes=10_000_000)
    assert merge is not None
    # This one comes between the reading of the state and the commit of the merged file.
    bench.land([{"id": 100, "name": "between", "more": "a new column"}], id=100)
    before = bench.rows()
    merge_files(bench.lake, merge, load_id="m1", facts={})
    assert bench.rows() == before
    with pytest.raises(LoadFenced):
        early.commit([{"id": 101, "name": "too late"}], id=101)
    early.close()
    running = bench.open()
    land = plan_merge(bench.lake, ITEMS, min_files=2, target_bytes=10_000_000)
    assert land is not None
    merge_files(bench.lake, land, load_id="m2", facts={})
    running.commit([{"id": 102, "name": "on top"}], id=102)
    running.close()
    assert bench.rows() == [*before, (102, "on top")]
    assert bench.log.state().position["id"] == 102


def test_the_second_of_two_compactions_doubles_nothing(make_bench: Any) -> None:
    """delta-rs would commit both, each with a copy of all rows."""
    bench = make_bench()
    land_many(bench, 5)
    rows = bench.rows()
    first, second = (
        plan_merge(b.lake, ITEMS, min_files=2, target_bytes=10_000_000)
        for b in (bench, bench.second_machine())
    )
    assert first is not None
    assert second is not None
    merge_files(bench.lake, first, load_id="m1", facts={})
    with pytest.raises(LoadFenced, match="changed by somebody else"):
        merge_files(bench.second_machine().lake, second, load_id="m2", facts={})
    assert bench.rows() == rows
    assert not [name for name in bench.files() if "m2" in name]


@pytest.mark.parametrize("where", ["disk", "s3"])
def test_vacuum_removes_what_nothing_reads(
    make_bench: Any, empty_home: Path, request: Any, where: str
) -> None:
    bucket = request.getfixturevalue("bucket") if where == "s3" else None
    bench = make_bench(bucket=bucket)
    land_many(bench, 5)
    rows, old = bench.rows(), bench.log.state().files
    place = place_at(bench, empty_home, *EAGER)
    place.buck("lake", "compact").expect(0)
    [told] = place.buck("lake", "vacuum", "--json").expect(0).json["tables"]
    assert sorted(told["files"]) == sorted(old)
    assert set(old) < set(bench.files()), "without --yes nothing goes"
    shown = place.buck("lake", "vacuum").expect(0)
    assert "next: buck lake vacuum --yes" in shown.err
    done = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json
    assert done["tables"][0]["size_bytes"] > 0
    assert bench.files() == list(bench.log.state().files)
    assert bench.rows() == rows
    assert damages(place, code=0) == []
    assert place.buck("lake", "vacuum", "--json").expect(0).json["tables"] == []


def test_retention_is_per_layer_and_table(make_bench: Any, empty_home: Path) -> None:
    bench = make_bench()
    land_many(bench, 5)
    few = "compaction: { min_files: 4 }"
    place = place_at(bench, empty_home, few)
    place.buck("lake", "compact").expect(0)
    [told] = place.buck("lake", "vacuum", "--json").expect(0).json["tables"]
    assert (told["files"], told["kept"]) == ([], {"retention": 5})
    place = place_at(bench, empty_home, few, "retention: { raw: 0s, tables: { shop.items: 2d } }")
    assert place.buck("lake", "vacuum", "--json").expect(0).json["tables"][0]["files"] == []
    place = place_at(bench, empty_home, few, "retention: { raw: 2d, tables: { shop.items: 0s } }")
    assert len(place.buck("lake", "vacuum", "--json").expect(0).json["tables"][0]["files"]) == 5


def test_what_is_on_its_way_to_a_commit_stays(make_bench: Any, empty_home: Path) -> None:
    bench = make_bench()
    land_many(bench, 2)
    orphan = folder_of(bench) / "elsewhere-0000.parquet"
    orphan.write_bytes(b"another machine's upload")
    place = place_at(bench, empty_home, *EAGER)
    [told] = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json["tables"]
    assert (told["files"], told["kept"]) == ([], {"not committed yet": 1})
    os.utime(orphan, (LONG_AGO, LONG_AGO))
    [told] = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json["tables"]
    assert told["files"] == [f"raw/shop/items/{orphan.name}"]
    assert not orphan.exists()


def pin(site: Any, version: int) -> Any:
    """A snapshot that was built from one version of the raw table."""
    from dataclasses import replace

    from tests.integration.lake.site import MARTS, approval, origin

    site.runs += 1
    run = f"run-{site.runs}"
    return site.publisher.publish(
        site.candidates,
        MARTS,
        approval=approval(run),
        origin=replace(origin(run), lake_versions={"shop.items": version}),
    )


def test_what_a_kept_snapshot_was_built_from_stays(site: Any, empty_home: Path) -> None:
    bench = site.bench
    land_many(bench, 3)
    site.version(1)
    pin(site, 1)
    bench.land([{"id": 50, "name": "later"}], id=50)
    old = bench.log.state()
    place = place_at(bench, empty_home, *EAGER)
    place.buck("lake", "compact").expect(0)
    usage = place.buck("lake", "du", "--json").expect(0).json
    [item] = [t for t in usage["tables"] if t["table"] == "shop.items"]
    pinned = bench.log.state(1).files
    assert item["pinned_bytes"] == sum((Path(bench.root) / f).stat().st_size for f in pinned)
    [told] = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json["tables"]
    assert told["kept"] == {"snapshot 000001": 2}
    assert sorted(told["files"]) == sorted(set(old.files) - set(pinned))
    kept = DeltaTable(folder_of(bench), version=1).to_pyarrow_table()
    assert kept.num_rows == 4, "the snapshot can be built again"
    assert damages(place, code=0) == []
    (folder_of(bench) / Path(pinned[0]).name).unlink()
    [damage] = damages(place)
    assert damage["needed_by"] == ["snapshot 000001"]


def test_a_pinned_version_that_cannot_be_read_stops_the_table(site: Any, empty_home: Path) -> None:
    bench = site.bench
    land_many(bench, 3)
    site.version(1)
    pin(site, 1)
    table = DeltaTable(folder_of(bench))
    table.optimize.compact()
    DeltaTable(folder_of(bench)).create_checkpoint()
    for commit in range(3):
        (folder_of(bench) / "_delta_log" / f"{commit:020d}.json").unlink()
    place = place_at(bench, empty_home, *EAGER)
    files = bench.files()
    done = place.buck("lake", "vacuum", "--yes", "--json").expect(1)
    [told] = done.json["tables"]
    assert "version 1, which snapshot 000001 needs, cannot be read" in told["refused"]
    assert bench.files() == files
    assert "nothing of shop.items is removed" in place.buck("lake", "vacuum").expect(1).err


READER = """
import sys
from pathlib import Path
from buck.flow.reading import open_zone
from buck.project import open_project
con = open_zone(open_project(Path()), "raw")
for _ in range(2):
    print(con.execute("select count(*) from raw.raw_shop_items").fetchone()[0], flush=True)
    sys.stdin.readline()
"""


def test_an_open_reader_keeps_its_files_until_it_ends(make_bench: Any, empty_home: Path) -> None:
    bench = make_bench()
    land_many(bench, 5)
    place = place_at(bench, empty_home, *EAGER)
    reader = place.start("-c", READER, program=(sys.executable,))
    assert reader.stdin is not None
    assert reader.stdout is not None
    try:
        assert reader.stdout.readline() == "10\n"
        place.buck("lake", "compact").expect(0)
        [told] = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json["tables"]
        assert told["files"] == []
        assert told["kept"] == {f"process {reader.pid} (reads raw tables)": 5}
        reader.stdin.write("again\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "10\n", "the reader still reads"
    finally:
        reader.kill()
        reader.communicate()
    [told] = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json["tables"]
    assert len(told["files"]) == 5, "a killed reader keeps nothing"


def test_files_of_marts_that_no_snapshot_names_go(site: Any, empty_home: Path) -> None:
    site.version(1)
    snapshot = site.publish()
    folder = Path(site.bench.root) / "marts" / "finance" / "t"
    dead = folder / "000002-0123456789ab.parquet"
    dead.write_bytes(b"of a publish that was killed")
    place = place_at(site.bench, empty_home)
    [told] = place.buck("lake", "vacuum", "--yes", "--json").expect(0).json["tables"]
    assert (told["files"], told["kept"]) == ([], {"retention": 1})
    for file in folder.glob("*.parquet"):
        os.utime(file, (LONG_AGO, LONG_AGO))
    place.buck("lake", "vacuum", "--yes").expect(0)
    left = {f"marts/finance/t/{f.name}" for f in folder.glob("*.parquet")}
    assert left == {f for t in snapshot.tables if t.name == "t" for f in t.files}
    assert site.delta("finance/t") == [(0, 1), (1, 1)]
