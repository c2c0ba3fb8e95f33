"""Where backups lie, and everything that goes wrong on the way there and back."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buck.errors import LakeDamaged, LakeLocked
from buck.flow.lock import hold_lock
from buck.lake import BackupPlace, put_back
from buck.lake.folder_storage import FolderStorage
from tests.scratch import Scratch

MANY = 300


def place_at(bench: Any, home: Path, bucket: Any = None) -> Scratch:
    """A project whose lake is the bench's, and which may use a bucket."""
    root = bench.folder / "project"
    root.mkdir(parents=True, exist_ok=True)
    (root / ".buck.yml").write_text(
        f"version: 1\nlake:\n  root: {bench.root}\n"
        f"sources:\n  shop:\n    type: files\n    format: {bench.format}\n"
    )
    access = getattr(bench.bucket or bucket, "access", None)
    env = {}
    if access is not None:
        env = {
            "AWS_ENDPOINT_URL": access.endpoint,
            "AWS_ACCESS_KEY_ID": access.key_id,
            "AWS_SECRET_ACCESS_KEY": access.secret,
        }
    return Scratch(root, home, env)


def land(bench: Any, *numbers: int) -> None:
    for n in numbers:
        bench.land([{"id": n, "name": f"item {n}"}], id=n)


def crowd(bench: Any) -> None:
    """Many small objects, so that there is time to be killed."""
    folder = Path(bench.root) / "data_pipeline_logs" / "2026-01-01"
    folder.mkdir(parents=True)
    for n in range(MANY):
        (folder / f"20260101T000000-x-{n:06d}.jsonl").write_text(f'{{"n": {n}}}\n')


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and ".buck" not in p.parts
    }


@pytest.mark.parametrize("way", ["disk to s3", "s3 to disk"])
def test_there_and_back_between_disk_and_bucket(
    make_bench: Any, bucket: Any, empty_home: Path, tmp_path: Path, way: str
) -> None:
    in_bucket = way == "s3 to disk"
    bench = make_bench("parquet", bucket=bucket if in_bucket else None)
    land(bench, 1, 2)
    project = place_at(bench, empty_home, bucket)
    to = str(tmp_path / "backups") if in_bucket else f"{bucket.root}-backups"
    project.buck("backup", "--to", to).expect(0)
    rows = bench.rows()
    # Another load is told apart from the one that bears its name after the restore.
    land(bench, 3)
    project.buck("query", "--raw", "select * from raw.raw_shop_items").expect(0)
    project.buck("restore", to, "--replace").expect(0)
    assert bench.second_machine().rows() == rows
    bench.reopen()
    other = bench.second_machine()
    other.folder = bench.folder / "third"
    other.work = bench.folder / "third"
    other._lake = None
    other.land([{"id": 4, "name": "another third load"}], id=4)
    told = project.buck("query", "--raw", "--json", "select id, name from raw.raw_shop_items")
    assert sorted((r["id"], r["name"]) for r in told.expect(0).json) == [
        *rows,
        (4, "another third load"),
    ]
    project.buck("lake", "verify").expect(0)


def test_older_backups_go_with_what_only_they_have(
    make_bench: Any, empty_home: Path, tmp_path: Path
) -> None:
    bench, to = make_bench(), tmp_path / "backups"
    project = place_at(bench, empty_home)
    made, rows = [], {}
    for n in range(1, 4):
        land(bench, n)
        made.append(project.buck("backup", "--to", str(to), "--json").expect(0).json["backup"])
        rows[made[-1]] = bench.rows()
    (to / "objects" / "ab" / "abandoned").parent.mkdir(exist_ok=True)
    (to / "objects" / "ab" / "abandoned").write_bytes(b"of a backup that was killed")
    land(bench, 4)
    done = project.buck("backup", "--to", str(to), "--keep", "2", "--json").expect(0).json
    assert done["pruned"] == made[:2]
    left = project.buck("restore", str(to), "--list", "--json").expect(0).json
    assert [one["backup"] for one in left] == [made[2], done["backup"]]
    held = {p.name for p in to.glob("objects/*/*")}
    named = set()
    for manifest in to.glob("backups/*.json"):
        told = json.loads(manifest.read_text())
        named |= {one["sha256"] for one in told["objects"].values()}
    assert held == named
    project.buck("restore", str(to), "--backup", made[2], "--replace").expect(0)
    assert bench.second_machine().rows() == rows[made[2]]
    refused = project.buck("backup", "--to", "x", "--keep", "0").expect(2)
    assert "greater than or equal to 1" in refused.err


def test_a_backup_that_lost_objects_to_another_machine_is_none(
    make_bench: Any, empty_home: Path, tmp_path: Path
) -> None:
    bench = make_bench()
    land(bench, 1)

    class Robbed(FolderStorage):
        """Another machine prunes just before the manifest is written."""

        def create(self, name: str, payload: bytes | Path) -> bool:
            victim = next(n for n in self.names("objects"))
            self.remove(victim)
            return super().create(name, payload)

    place = BackupPlace(Robbed(tmp_path / "backups"), tmp_path / "work")
    with pytest.raises(LakeLocked, match="another machine removed old backups"):
        place.back_up(bench.lake, "one")
    assert place.list_backups() == []


def wait_for(what: Callable[[], bool], process: Any) -> None:
    give_up_at = time.monotonic() + 60
    while not what():
        assert process.poll() is None, "it was over too soon"
        assert time.monotonic() < give_up_at
        time.sleep(0.002)


def test_a_killed_backup_is_no_backup_and_is_continued(
    make_bench: Any, empty_home: Path, tmp_path: Path
) -> None:
    bench, to = make_bench(), tmp_path / "backups"
    land(bench, 1, 2)
    crowd(bench)
    project = place_at(bench, empty_home)
    process = project.start("backup", "--to", str(to))
    wait_for(lambda: len([*to.glob("objects/*/*")]) > 20, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert "there is no backup" in project.buck("restore", str(to), "--list").expect(2).err
    held = len([p for p in to.glob("objects/*/*") if not p.name.startswith(".")])
    done = project.buck("backup", "--to", str(to), "--json").expect(0).json
    assert held >= 15
    assert done["copied"] <= done["objects"] - held
    assert [p for p in to.rglob("*") if p.name.startswith(".spare")] == []
    before = tree(bench.folder / "lake")
    project.buck("restore", str(to), "--replace").expect(0)
    after = tree(bench.folder / "lake")
    assert {n: b for n, b in after.items() if n in before and n != "lake.json"} == {
        n: b for n, b in before.items() if n != "lake.json" and n in after
    }


def test_a_killed_restore_keeps_everybody_out_and_is_continued(
    make_bench: Any, empty_home: Path, tmp_path: Path
) -> None:
    bench, to = make_bench(), str(tmp_path / "backups")
    land(bench, 1, 2)
    crowd(bench)
    project = place_at(bench, empty_home)
    project.buck("backup", "--to", to).expect(0)
    rows, lake = bench.rows(), Path(bench.root)
    for path in sorted(lake.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    process = project.start("restore", to)
    wait_for(lambda: len([*lake.glob("data_pipeline_logs/*/*")]) > 20, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    refused = project.buck("lake", "ls").expect(1)
    assert "was not restored to its end" in refused.err
    assert "buck restore" in refused.err
    done = project.buck("restore", to, "--json").expect(0).json
    assert done["copied"] < done["objects"] - 20
    assert bench.second_machine().rows() == rows
    land(bench, 3)
    assert len(bench.rows()) == 3


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_a_damaged_backup_restores_nothing(
    make_bench: Any, empty_home: Path, tmp_path: Path, damage: str
) -> None:
    bench, to = make_bench(), tmp_path / "backups"
    land(bench, 1, 2)
    project = place_at(bench, empty_home)
    project.buck("backup", "--to", str(to)).expect(0)
    land(bench, 3)
    before = tree(bench.folder / "lake")
    biggest = max(to.glob("objects/*/*"), key=lambda p: p.stat().st_size)
    [manifest] = to.glob("backups/*.json")
    if damage == "changed":
        content = bytearray(biggest.read_bytes())
        content[5] ^= 1
        biggest.write_bytes(content)
    elif damage == "missing":
        biggest.unlink()
    else:
        manifest.write_text(manifest.read_text().replace('"size_bytes": ', '"size_bytes": 1'))
    done = project.buck("restore", str(to), "--replace").expect(1)
    assert "damaged" in done.err
    assert damage in done.err or damage == "manifest"
    assert tree(bench.folder / "lake") == before


def test_a_lake_is_not_overwritten_unasked(
    make_bench: Any, empty_home: Path, tmp_path: Path
) -> None:
    bench, other, to = make_bench(), make_bench(folder="other"), str(tmp_path / "backups")
    land(bench, 1)
    land(other, 7)
    project = place_at(bench, empty_home)
    project.buck("backup", "--to", to).expect(0)
    bench.land([{"id": 1, "name": "a"}], spec=spec_named("later"))
    refused = project.buck("restore", to).expect(2)
    assert "there is a lake" in refused.err
    assert "--replace" in refused.err
    assert [str(t) for t in bench.lake.raw_tables()] == ["shop.items", "shop.later"]
    project.buck("restore", to, "--replace").expect(0)
    assert [str(t) for t in bench.reopen().raw_tables()] == ["shop.items"]
    elsewhere = place_at(other, empty_home)
    assert "another lake" in elsewhere.buck("backup", "--to", to).expect(2).err
    inside = f"{bench.root}/backups"
    assert "inside the lake" in project.buck("backup", "--to", inside).expect(2).err
    assert "there is no backup" in project.buck("restore", str(tmp_path / "no")).expect(2).err
    assert "there is no backup 'x'" in project.buck("restore", to, "--backup", "x").expect(2).err


def spec_named(name: str) -> Any:
    from dataclasses import replace

    from tests.integration.lake.conftest import SPEC

    return replace(SPEC, name=name)


def test_no_run_is_in_between(make_bench: Any, empty_home: Path, tmp_path: Path) -> None:
    bench = make_bench()
    land(bench, 1)
    project = place_at(bench, empty_home)
    with hold_lock(project.work, "buck run"):
        for args in (("backup", "--to"), ("restore",)):
            done = project.buck(*args, str(tmp_path / "backups"))
            assert done.code == (1 if args[0] == "backup" else 2)
        assert "(buck run, since" in project.buck("backup", "--to", str(tmp_path / "b")).err
    project.buck("backup", "--to", str(tmp_path / "b")).expect(0)


class Interrupting(FolderStorage):
    """A place during whose first upload another machine lands into the lake."""

    def __init__(self, root: Path, land: Callable[[], None]) -> None:
        super().__init__(root)
        self._land: Callable[[], None] | None = land

    def upload(self, file: Path, name: str, *, move: bool = False) -> None:
        super().upload(file, name, move=move)
        if self._land is not None:
            interrupt, self._land = self._land, None
            interrupt()


def test_what_another_machine_lands_meanwhile_is_whole(make_bench: Any, tmp_path: Path) -> None:
    bench = make_bench()
    land(bench, 1, 2)
    other = bench.second_machine()
    place = BackupPlace(
        Interrupting(tmp_path / "backups", lambda: land(other, 3)), tmp_path / "work"
    )
    done = place.back_up(bench.lake, "b1")
    back = make_bench(folder="back")
    put_back(place, done.backup, FolderStorage(Path(back.root)), replace=False)
    assert back.rows() == bench.rows() == [(1, "item 1"), (2, "item 2"), (3, "item 3")]
    assert back.land([{"id": 3, "name": "item 3"}], id=3).rows_landed == 0


def test_a_backup_without_a_name_for_the_lake_is_refused(make_bench: Any, tmp_path: Path) -> None:
    bench = make_bench()
    land(bench, 1)
    place = BackupPlace(FolderStorage(tmp_path / "backups"), tmp_path / "work")
    done = place.back_up(bench.lake, "b1")
    told = json.loads(done.backup.to_json())
    assert "lake.json" in told["objects"]
    with pytest.raises(LakeDamaged, match="damaged"):
        type(done.backup).from_json(b"{}", where="b1.json")
