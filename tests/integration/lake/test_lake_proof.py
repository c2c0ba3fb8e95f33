"""`buck lake verify`, `du` and `export`: what is told is what is there."""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.lake.keeping import (
    LONG_AGO,
    damages,
    folder_of,
    land_many,
    place_at,
)


def test_a_whole_lake_is_proven_by_checksums(anywhere: Any, empty_home: Path) -> None:
    land_many(anywhere, 3)
    place = place_at(anywhere, empty_home)
    told = place.buck("lake", "verify", "--json").expect(0).json
    [table] = [t for t in told["tables"] if t["table"] == "shop.items"]
    assert (table["files"], table["rows"], table["damages"]) == (3, len(anywhere.rows()), [])
    assert table["checksums"] == (3 if anywhere.format == "delta" else 0)


DAMAGES = {
    "missing": lambda f: f.unlink(),
    "size": lambda f: f.write_bytes(f.read_bytes() + b"x"),
    "checksum": lambda f: f.write_bytes(
        (b := bytearray(f.read_bytes())).__setitem__(10, b[10] ^ 1) or bytes(b)
    ),
}


@pytest.mark.parametrize("problem", DAMAGES)
def test_a_damaged_file_is_named_with_what_a_restore_needs(
    make_bench: Any, empty_home: Path, problem: str
) -> None:
    bench = make_bench()
    land_many(bench, 3)
    place = place_at(bench, empty_home)
    file = folder_of(bench) / Path(bench.log.state().files[1]).name
    DAMAGES[problem](file)
    [damage] = damages(place)
    assert damage["file"] == f"raw/shop/items/{file.name}"
    assert damage["problem"] == problem
    assert damage["needed_by"] == ["the newest version"]
    assert "bytes, 2 rows" in damage["expected"] or "SHA-256" in damage["expected"]
    shown = place.buck("lake", "verify").expect(1)
    assert file.name in shown.out
    assert "restore it from a backup" in shown.out
    if problem == "checksum":
        assert damages(place, "--quick", code=0) == [], "only a full reading notices"


@pytest.mark.parametrize("format_", ["parquet", "json"])
def test_damage_in_other_formats_is_found(make_bench: Any, empty_home: Path, format_: str) -> None:
    bench = make_bench(format_)
    land_many(bench, 3)
    place = place_at(bench, empty_home)
    assert damages(place, code=0) == []
    file = sorted(folder_of(bench).iterdir())[1]
    kept = file.read_bytes()
    file.write_bytes(b"garbage")
    assert [d["problem"] for d in damages(place)] == ["unreadable"]
    file.unlink()
    assert [d["problem"] for d in damages(place)] == ["log"]
    file.write_bytes(kept)
    assert damages(place, code=0) == []


def test_a_lost_commit_is_a_damaged_log(make_bench: Any, empty_home: Path) -> None:
    bench = make_bench()
    land_many(bench, 3)
    (folder_of(bench) / "_delta_log" / "00000000000000000001.json").unlink()
    [damage] = damages(place_at(bench, empty_home))
    assert (damage["file"], damage["problem"]) == ("raw/shop/items", "log")


def test_snapshots_are_proven_by_their_rows(any_site: Any, empty_home: Path) -> None:
    for number, rows in ((1, 2), (2, 7)):
        any_site.version(number, rows=rows)
        any_site.publish()
    place = place_at(any_site.bench, empty_home)
    assert damages(place, code=0) == []
    storage = any_site.lake.storage
    [old] = [f for f in any_site.publisher.snapshots.read(1).tables if f.name == "t"]
    storage.remove(old.files[0])
    # Another table's rows, of the right size and number by the manifest: only content tells.
    [damage] = damages(place)
    assert (damage["problem"], damage["needed_by"]) == ("missing", ["snapshot 000001"])
    storage.remove("marts.duckdb")
    assert {d["file"] for d in damages(place)} == {old.files[0], "marts.duckdb"}


def test_a_marts_changed_rows_are_noticed(site: Any, empty_home: Path) -> None:
    site.version(1, rows=2)
    snapshot = site.publish()
    [table] = [t for t in snapshot.tables if t.name == "t"]
    manifest = Path(site.bench.root) / "snapshots" / f"{snapshot.id}.json"
    told = json.loads(manifest.read_text())
    from importlib.metadata import version

    told["packages"] = {"duckdb": version("duckdb")}
    path = Path(site.bench.root) / table.files[0]
    duckdb.sql(f"copy (select id, 99 as v from '{path}') to '{path}.new' (format parquet)")
    Path(f"{path}.new").replace(path)
    for entry in told["tables"]:
        if entry["name"] == "t":
            entry["size_bytes"] = path.stat().st_size
    manifest.write_text(json.dumps(told))
    [damage] = damages(place_at(site.bench, empty_home))
    assert damage["problem"] == "content"
    assert table.content_hash in damage["expected"]


@pytest.mark.parametrize("format_", ["delta", "parquet"])
def test_du_says_what_came_in_since_some_days(
    make_bench: Any, empty_home: Path, format_: str
) -> None:
    bench = make_bench(format_)
    land_many(bench, 2)
    old = sum((Path(bench.root) / f).stat().st_size for f in bench.log.state().files)
    age(bench)
    bench.land([{"id": 70, "name": "new"}, {"id": 71, "name": "newer"}], id=71)
    place = place_at(bench, empty_home)
    told = place.buck("lake", "du", "--json").expect(0).json
    [item] = [t for t in told["tables"] if t["table"] == "shop.items"]
    assert (item["rows"], item["rows_added"]) == (6, 2)
    assert item["bytes_added"] == item["size_bytes"] - old > 0
    whole = place.buck("lake", "du", "--days", "30", "--json").expect(0).json["tables"][0]
    assert (whole["rows_added"], whole["bytes_added"]) == (6, whole["size_bytes"])
    assert told["total"]["stored_bytes"] >= item["stored_bytes"] >= item["size_bytes"]
    assert "bytes stored" in place.buck("lake", "du").expect(0).err


def age(bench: Any) -> None:
    """Everything that lies there was written nine days ago."""
    for path in folder_of(bench).rglob("*"):
        if path.suffix == ".json" and path.parent.name == "_delta_log":
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            for line in lines:
                if "commitInfo" in line:
                    line["commitInfo"]["timestamp"] = int(LONG_AGO * 1000)
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        os.utime(path, (LONG_AGO, LONG_AGO))


def test_du_of_marts_counts_from_an_earlier_snapshot(site: Any, empty_home: Path) -> None:
    site.version(1, rows=2)
    old = site.publish()
    manifest = Path(site.bench.root) / "snapshots" / f"{old.id}.json"
    told = json.loads(manifest.read_text())
    told["published_at"] = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    manifest.write_text(json.dumps(told))
    site.version(2, rows=7)
    site.publish()
    usage = place_at(site.bench, empty_home).buck("lake", "du", "--json").expect(0).json
    tables = {t["table"]: t for t in usage["tables"]}
    assert (tables["finance.t"]["rows"], tables["finance.t"]["rows_added"]) == (7, 5)
    assert tables["core.dim_b"]["bytes_added"] == 0
    [first] = [t for t in old.tables if t.name == "t"]
    assert tables["finance.t"]["pinned_bytes"] == first.size_bytes
    assert usage["total"]["pinned_bytes"] == first.size_bytes


def test_export_writes_what_the_lake_holds(bench: Any, empty_home: Path) -> None:
    rows = [{"id": 1, "name": 'a,"b"\nc'}, {"id": 2, "name": None}, {"id": 3, "name": ""}]
    bench.land(rows, id=3)
    place = place_at(bench, empty_home)
    out = place.root / "new folder" / "items.parquet"
    done = place.buck("lake", "export", "shop.items", "--to", str(out), "--json").expect(0).json
    assert (done["rows"], done["layer"], done["version"]) == (3, "raw", 0)
    assert done["size_bytes"] == out.stat().st_size
    found = duckdb.sql(f"select id, name from '{out}' order by id").fetchall()
    assert found == [(r["id"], r["name"]) for r in rows]
    text = out.with_suffix(".csv")
    place.buck("lake", "export", "shop.items", "--to", str(text)).expect(0)
    with text.open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [r["name"] for r in read] == ['a,"b"\nc', "", ""]
    assert sorted(p.name for p in out.parent.iterdir()) == ["items.csv", "items.parquet"]


def test_export_of_a_published_mart(any_site: Any, empty_home: Path) -> None:
    any_site.version(3, rows=4)
    any_site.publish()
    place = place_at(any_site.bench, empty_home)
    out = place.root / "t.parquet"
    place.buck("lake", "export", "finance.t", "--to", str(out)).expect(0)
    assert duckdb.sql(f"from '{out}' order by id").fetchall() == [(n, 3) for n in range(4)]


def test_export_leaves_what_was_there_unless_it_is_whole(make_bench: Any, empty_home: Path) -> None:
    bench = make_bench()
    land_many(bench, 2)
    place = place_at(bench, empty_home)
    out = place.root / "items.parquet"
    out.write_text("mine")
    args = ("lake", "export", "shop.items", "--to", str(out))
    assert "is there already" in place.buck(*args).expect(2).err
    lost = folder_of(bench) / Path(bench.log.state().files[0]).name
    kept = lost.read_bytes()
    lost.unlink()
    place.buck(*args, "--overwrite").expect(1)
    assert out.read_text() == "mine"
    lost.write_bytes(kept)
    place.buck(*args, "--overwrite").expect(0)
    assert duckdb.sql(f"select count(*) from '{out}'").fetchall() == [(4,)]
    assert sorted(p.name for p in place.root.iterdir()) == [".buck.yml", "items.parquet", "lake"]
    assert "--format" in place.buck(*args[:3], "--to", "x.txt").expect(2).err
    near = place.buck("lake", "export", "shop.itms", "--to", "x.csv").expect(2)
    assert "did you mean shop.items?" in near.err


def test_an_empty_lake_needs_no_upkeep(make_bench: Any, empty_home: Path) -> None:
    place = place_at(make_bench(), empty_home)
    for command in ("du", "verify", "compact", "vacuum"):
        place.buck("lake", command).expect(0)
    assert not (place.root / "lake" / "lake.json").exists()
