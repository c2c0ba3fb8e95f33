"""What maintenance, other writers, damage and other versions of Buck do to a lake."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from buck.errors import LakeDamaged, LakeError
from buck.lake.lake import Lake

MakeBench = Callable[..., Any]


def delta(bench: Any) -> DeltaTable:
    return DeltaTable(f"{bench.root}/raw/shop/items")


def test_g10_marks_survive_compaction_checkpoint_and_vacuum(make_bench: MakeBench) -> None:
    bench = make_bench()
    for n in range(1, 12):
        bench.land([{"id": n, "name": f"row {n}"}], id_until=n, other=100 + n)
    rows = bench.rows()
    delta(bench).optimize.compact()
    delta(bench).create_checkpoint()
    delta(bench).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    delta(bench).cleanup_metadata()
    state = bench.second_machine().log.state()
    assert (state.position["id_until"], state.position["other"]) == (11, 111)
    assert state.sequence == 11
    assert len(state.files) == 1
    assert bench.rows() == rows
    assert bench.land([{"id": 11, "name": "row 11"}], id_until=11).rows_landed == 0
    assert bench.land([{"id": 12, "name": "row 12"}], id_until=12).rows_landed == 1
    assert len(bench.rows()) == 12


def test_load_begun_before_a_compaction_is_fenced_or_whole(make_bench: MakeBench) -> None:
    bench = make_bench()
    for n in (1, 2):
        bench.land([{"id": n, "name": "a"}])
    load = bench.open()
    delta(bench).optimize.compact()
    load.commit([{"id": 3, "name": "a"}])
    load.close()
    assert sorted(bench.rows()) == [(1, "a"), (2, "a"), (3, "a")]


def test_commit_tells_a_reader_of_the_history_what_it_was(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.land([{"id": 1, "name": "a"}], id_until=1)
    newest = delta(bench).history(1)[0]
    assert newest["buck.rows"] == "1"
    assert newest["buck.marks_to"] == "{'id_until': 1}"
    assert newest["buck.load_id"]


def test_sweep_removes_what_a_dead_load_left_and_nothing_else(bench: Any) -> None:
    bench.land([{"id": 1, "name": "a"}])
    folder = Path(bench.root) / "raw" / "shop" / "items"
    dead = bench.work / "landing" / "dead-load"
    dead.mkdir(parents=True)
    (dead / "rows.parquet").write_bytes(b"half")
    (folder / ".spare-123").write_bytes(b"half")
    (folder / "dead-load-0000.parquet").write_bytes(b"half") if bench.format == "delta" else None
    files = bench.log.state().files
    assert bench.lake.sweep() >= 1
    assert not dead.exists()
    assert not (folder / ".spare-123").exists()
    assert bench.files() == list(files)
    assert bench.lake.sweep() == 0
    assert bench.rows() == [(1, "a")]


def test_sweep_removes_what_was_half_written_before_anything_landed(bench: Any) -> None:
    ledger = Path(bench.root) / "data_pipeline_logs" / "2026-01-31"
    ledger.mkdir(parents=True)
    (ledger / ".spare-123").write_bytes(b"half")
    assert not list((bench.work / "landing").glob("*"))
    assert bench.lake.sweep() == 1
    assert list(ledger.iterdir()) == []


def test_sweep_leaves_what_another_process_is_writing(bench: Any) -> None:
    """A scheduler writes to the ledger while a run that it started sweeps."""
    storage, stop = bench.lake.storage, threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            storage.sweep()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        names = [f"data_pipeline_logs/2026-01-31/{n:04d}.jsonl" for n in range(300)]
        assert all(storage.create(name, name.encode()) for name in names)
    finally:
        stop.set()
        sweeper.join()
    assert storage.names("data_pipeline_logs") == names
    assert all(storage.read(name) == name.encode() for name in names)
    assert not list(Path(bench.root).rglob(".spare-*"))


def test_lake_of_a_newer_format_is_refused_on_opening(anywhere: Any) -> None:
    anywhere.land([{"id": 1, "name": "a"}])
    anywhere.lake.storage.write(
        "lake.json", json.dumps({"format_version": 99, "lake_id": "x"}).encode()
    )
    with pytest.raises(LakeDamaged, match="format version 99") as refused:
        anywhere.reopen()
    assert "upgrade" in refused.value.hint


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"format_version": "x"}', '{"lake_id": "x"}'])
def test_unreadable_lake_file_is_said(make_bench: MakeBench, payload: str) -> None:
    bench = make_bench()
    bench.land([{"id": 1, "name": "a"}])
    (Path(bench.root) / "lake.json").write_text(payload)
    with pytest.raises(LakeDamaged, match=r"lake\.json is not readable"):
        bench.reopen()


def test_opening_and_reading_create_nothing(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), tmp_path / "work")
    assert not lake.exists
    assert lake.raw_tables() == []
    assert not lake.raw("shop", "items").state().exists
    assert list(tmp_path.iterdir()) == []


def test_lake_keeps_its_name(make_bench: MakeBench) -> None:
    bench = make_bench()
    assert bench.lake.identity == bench.reopen().identity == bench.second_machine().lake.identity


LOG = "_delta_log/00000000000000000001.json"
DAMAGES: dict[str, Callable[[Path], object]] = {
    "first commit gone": lambda d: (d / LOG.replace("1.json", "0.json")).unlink(),
    "commit garbage": lambda d: (d / LOG).write_text("garbage"),
    "commit cut": lambda d: (d / LOG).write_text((d / LOG).read_text()[:80]),
    "rows gone": lambda d: next(d.glob("*.parquet")).unlink(),
    "rows garbage": lambda d: next(d.glob("*.parquet")).write_bytes(b"x" * 500),
    "rows cut": lambda d: next(d.glob("*.parquet")).write_bytes(
        next(d.glob("*.parquet")).read_bytes()[:200]
    ),
    "rows empty": lambda d: next(d.glob("*.parquet")).write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_delta_table_is_said(make_bench: MakeBench, damage: str) -> None:
    bench = make_bench()
    bench.land([{"id": 1, "name": "a"}])
    bench.land([{"id": 2, "name": "b"}])
    DAMAGES[damage](Path(bench.root) / "raw" / "shop" / "items")
    with pytest.raises(LakeDamaged) as damaged:
        bench.land([{"id": 1, "name": "a"}, {"id": 3, "name": "c"}])
    assert damaged.value.hint


@pytest.mark.parametrize("format_", ["parquet", "json"])
@pytest.mark.parametrize("damage", ["gone", "garbage", "empty", "foreign"])
def test_damaged_files_are_said(make_bench: MakeBench, format_: str, damage: str) -> None:
    bench = make_bench(format_)
    bench.land([{"id": 1, "name": "a"}])
    bench.land([{"id": 2, "name": "b"}])
    first, last = sorted((Path(bench.root) / "raw" / "shop" / "items").iterdir())
    if damage == "gone":
        first.unlink()
    elif damage == "foreign":
        last.write_text('{"id": 1}\n')
    else:
        last.write_bytes(b"" if damage == "empty" else b"garbage\n")
    with pytest.raises(LakeDamaged) as damaged:
        bench.land([{"id": 3, "name": "c"}])
    assert damaged.value.hint


def test_table_with_deletion_vectors_is_refused(make_bench: MakeBench) -> None:
    """Read as plain Parquet its deleted rows would come back."""
    bench = make_bench()
    bench.land([{"id": 1, "name": "a"}])
    folder = Path(bench.root) / "raw" / "shop" / "items" / "_delta_log"
    protocol = {
        "protocol": {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["deletionVectors"],
            "writerFeatures": ["deletionVectors"],
        }
    }
    (folder / "00000000000000000001.json").write_text(json.dumps(protocol) + "\n")
    with pytest.raises(LakeDamaged, match="deletionVectors"):
        bench.rows()


def test_lake_that_may_not_be_written_is_said(tmp_path: Path, make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.land([{"id": 1, "name": "a"}])
    items = Path(bench.root) / "raw" / "shop" / "items"
    shutil.move(items, tmp_path / "aside")
    items.write_text("a file where the folder was")
    with pytest.raises(LakeError) as refused:
        bench.land([{"id": 2, "name": "b"}])
    assert refused.value.hint


def test_long_column_list_in_json_is_read_back(make_bench: MakeBench) -> None:
    bench = make_bench("json")
    wide = {f"column_with_a_long_name_{n:05d}": "x" for n in range(2500)}
    bench.land([{"id": 1, "name": "a", **wide}], id_until=1)
    state = bench.log.state()
    assert len(state.columns) > 2500
    assert state.position["id_until"] == 1
