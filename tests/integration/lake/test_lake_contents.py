"""`buck lake ls` and `history`: what lies in a lake of any format, and reading changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buck.lake import list_contents, read_commits
from buck.names import RawTable
from tests.scratch import Scratch

ITEMS = RawTable("shop", "items")
ROWS = [{"id": n, "name": f"item {n}"} for n in range(5)]


def place_at(bench: Any, home: Path) -> Scratch:
    """A project whose lake is the bench's."""
    root = bench.folder / "project"
    root.mkdir(parents=True)
    (root / ".buck.yml").write_text(
        f"version: 1\nlake:\n  root: {bench.root}\n"
        f"sources:\n  shop:\n    type: files\n    format: {bench.format}\n"
    )
    return Scratch(root, home)


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_ls_says_what_a_table_holds(bench: Any, empty_home: Path) -> None:
    bench.land(ROWS[:3], id=2)
    bench.land(ROWS[3:], id=4)
    folder = bench.folder / "lake" / "raw" / "shop" / "items"
    place = place_at(bench, empty_home)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    [told] = place.buck("lake", "ls", "--json").expect(0).json
    size = sum((bench.folder / "lake" / name).stat().st_size for name in bench.files())
    assert told == {
        "table": "shop.items",
        "layer": "raw",
        "version": 1,
        "rows": 5,
        "files": 2,
        "size_bytes": size,
        "stored_bytes": bytes_in(folder),
    }
    shown = place.buck("lake", "ls").expect(0)
    assert shown.out.splitlines()[1].split()[:5] == ["raw", "shop.items", "1", "5", "2"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_history_names_every_load_newest_first(bench: Any, empty_home: Path) -> None:
    started_at = datetime.now(UTC)
    loads = []
    for rows in (ROWS[:3], ROWS[3:]):
        load = bench.open()
        loads.append(load.landing.load_id)
        load.commit(rows, id=rows[-1]["id"])
        load.close()
    told = place_at(bench, empty_home).buck("lake", "history", "shop.items", "--json")
    newest, oldest = told.expect(0).json
    assert [(c["version"], c["load_id"], c["rows"]) for c in (newest, oldest)] == [
        (1, loads[1], 2),
        (0, loads[0], 3),
    ]
    if bench.format == "delta":
        times = [datetime.fromisoformat(c["at"]) for c in (oldest, newest)]
        assert started_at.replace(microsecond=0) <= times[0] <= times[1] <= datetime.now(UTC)
    else:
        assert (newest["at"], oldest["at"]) == (None, None)


def test_what_is_not_committed_does_not_count(make_bench: Any) -> None:
    bench = make_bench()
    load = bench.open()
    assert list_contents(bench.lake) == []
    load.close()
    bench.land(ROWS, id=4)
    (bench.folder / "lake" / "raw" / "shop" / "items" / "stray.parquet").write_bytes(b"x" * 1000)
    [table] = list_contents(bench.lake)
    assert (table.rows, table.files) == (5, 1)
    assert table.stored_bytes >= table.size_bytes + 1000


def test_a_bucket_is_measured_the_same(make_bench: Any, bucket: Any) -> None:
    near, far = make_bench(folder="near"), make_bench(bucket=bucket, folder="far")
    told = []
    for bench in (near, far):
        bench.land(ROWS[:3], id=2)
        bench.land(ROWS[3:], id=4)
        [table] = list_contents(bench.lake)
        commits = read_commits(bench.lake, ITEMS)
        told.append((table.version, table.rows, table.files, [c.rows for c in commits]))
        assert 0 < table.size_bytes < table.stored_bytes
    assert told[0] == told[1] == (1, 5, 2, [2, 3])


def test_marts_are_those_that_readers_see(any_site: Any) -> None:
    for number, rows in ((1, 2), (2, 7)):
        any_site.version(number, rows=rows)
        any_site.publish()
    told = {table.table: table for table in list_contents(any_site.lake)}
    assert set(told) == {"core.dim_b", "finance.t"}
    assert {table.layer for table in told.values()} == {"marts"}
    changed, same = told["finance.t"], told["core.dim_b"]
    assert (changed.version, changed.rows, changed.files) == (2, 7, 1)
    assert (same.version, same.rows, same.files) == (2, 1, 1)
    # The first snapshot is kept, and its file with it.
    kept = any_site.lake.storage.sizes("marts/finance/t")
    assert changed.stored_bytes == sum(kept.values())
    assert len([name for name in kept if name.endswith(".parquet")]) == 2
    assert changed.size_bytes < changed.stored_bytes


@pytest.mark.parametrize(
    ("name", "hint"), [("shop.item", "did you mean shop.items?"), ("x", "buck lake ls")]
)
def test_a_table_that_is_not_there_is_named(
    make_bench: Any, empty_home: Path, name: str, hint: str
) -> None:
    bench = make_bench()
    bench.land(ROWS, id=4)
    done = place_at(bench, empty_home).buck("lake", "history", name).expect(2)
    assert f"no raw table {name!r}" in done.err
    assert hint in done.err


def test_an_empty_lake_says_so(make_bench: Any, empty_home: Path) -> None:
    place = place_at(make_bench(), empty_home)
    assert place.buck("lake", "ls", "--json").expect(0).json == []
    assert "next: buck run" in place.buck("lake", "ls").expect(0).err
    assert not (place.root / "lake" / "lake.json").exists()
