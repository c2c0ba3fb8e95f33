"""Locks, damaged files, a full disk, a bug of ours: what is said, and that nothing is lost."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buck.flow.lock import hold_lock


@pytest.fixture
def behind(early: Any, published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A project with twelve days to catch up."""
    project = copy_of(early)
    project.connect(published.work / "sandbox")
    return project


def test_a_locked_project_names_who_holds_it(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    with hold_lock(project.work, "buck run nightly"):
        done = project.buck("run").expect(1)
        checked = project.buck("quality", "check").expect(1)
        doctor = project.buck("doctor")
        reading = project.buck("query", "from core.buck_snapshot", "--json").expect(0)
    for said in (done.err, checked.err, doctor.out):
        assert f"process {os.getpid()}" in said
        assert "buck run nightly" in said
        assert "--wait" in said
    assert reading.json[0]["snapshot_id"] == f"{published.snapshot()['number']:06d}"


def test_a_run_can_wait_for_the_lock(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    released = threading.Event()

    def hold() -> None:
        with hold_lock(project.work, "a short one"):
            time.sleep(3)
            released.set()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        time.sleep(0.2)
        project.buck("run", "--wait", "120").expect(0)
        assert released.is_set()
    finally:
        holder.join()


@pytest.mark.parametrize("name", ["lake.json", "snapshots/current.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format_version": "x"}', b"\xff\xfe"])
def test_a_damaged_file_is_named_and_nothing_is_overwritten(
    published: Any, copy_of: Any, name: str, content: bytes
) -> None:
    project = copy_of(published)
    before = project.published_bytes() | {name: hashlib.sha256(content).hexdigest()}
    (project.lake / name).write_bytes(content)
    done = project.buck("run").expect(1)
    assert name in done.err
    assert "hint: " in done.err
    assert "Traceback" not in done.err
    assert project.bytes_of(before) == before
    doctor = project.buck("doctor").expect(1)
    assert name in doctor.out, "the doctor that the hint sends to must see it too"


def test_a_lake_of_a_newer_format_is_left_alone(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    (project.lake / "lake.json").write_text('{"format_version": 99, "lake_id": "x"}')
    done = project.buck("run").expect(1)
    assert "format version 99" in done.err
    assert "pip install -U buck-lakehouse" in done.err


def test_a_lost_manifest_is_named(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    number = project.snapshot()["number"]
    (project.lake / "snapshots" / f"{number:06d}.json").unlink()
    before = project.marts.read_bytes()
    for args in (("query", "select 1"), ("pipeline", "status"), ("doctor",), ("run",)):
        done = project.buck(*args).expect(1)
        assert f"{number:06d}" in done.err + done.out
    assert "remove snapshots/current.json" in done.err
    assert project.marts.read_bytes() == before, "readers of the file are not disturbed"
    # What the hint says to do leads out of it.
    (project.lake / "snapshots" / "current.json").unlink()
    project.buck("run").expect(0)
    assert project.facts() == published.facts()


def test_a_corrupt_raw_file_stops_the_run_and_leaves_the_marts(behind: Any) -> None:
    from deltalake import DeltaTable

    file = Path(DeltaTable(behind.lake / "raw" / "stripe" / "charges").file_uris()[0])
    content = file.read_bytes()
    file.write_bytes(content[:200] + b"\0" * 400 + content[600:])
    before = behind.published_bytes()
    done = behind.buck("run").expect(1)
    assert "raw" in done.err
    assert "charges" in done.err
    assert "hint: " in done.err
    assert behind.published_bytes() == before
    assert behind.runs()[0]["status"] == "failed"
    file.write_bytes(content)
    behind.buck("run").expect(0)


def test_a_lost_raw_file_stops_the_run_and_leaves_the_marts(behind: Any) -> None:
    from deltalake import DeltaTable

    file = Path(DeltaTable(behind.lake / "raw" / "app" / "users").file_uris()[0])
    file.unlink()
    before = behind.published_bytes()
    done = behind.buck("run").expect(1)
    assert file.name in done.err
    assert "hint: " in done.err
    assert behind.published_bytes() == before


def test_a_damaged_build_database_is_said(behind: Any) -> None:
    (behind.work / "build.duckdb").write_bytes(b"not a database at all" * 1000)
    done = behind.buck("run")
    if done.code:
        assert done.code == 1
        assert "build.duckdb" in done.err
        assert "hint: " in done.err


def test_a_model_that_fails_is_named_with_its_file(behind: Any, published: Any) -> None:
    (model,) = (behind.root / "transform").rglob("agg_monthly_revenue.sql")
    good = model.read_text()
    model.write_text("select no_such_column from {{ ref('fct_payments') }}")
    before = behind.published_bytes()
    done = behind.buck("run").expect(1)
    assert "agg_monthly_revenue" in done.err
    assert "no_such_column" in done.err
    assert behind.published_bytes() == before
    model.write_text(good)
    behind.buck("run").expect(0)
    assert behind.facts() == published.facts()


def test_a_bug_of_ours_leaves_a_file_to_report(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    broken = (
        "import sys\n"
        "from buck.cli.app import main\n"
        "import buck.flow.run\n"
        "def bug(*_, **__): return {}['what nobody thought of']\n"
        "buck.flow.run.run_pipeline = bug\n"
        "sys.argv = ['buck', 'run']\n"
        "main()\n"
    )
    done = project.python("-c", broken).expect(70)
    assert "what nobody thought of" in done.err
    assert "bug in Buck" in done.err
    (crash,) = (project.work / "crashes").iterdir()
    assert str(crash.relative_to(project.root)) in done.err
    assert "Traceback" in crash.read_text()
    assert "Traceback" not in done.err


def test_a_bug_within_a_run_is_told_by_the_ledger(behind: Any) -> None:
    broken = (
        "import sys\n"
        "from buck.cli.app import main\n"
        "import buck.flow.run\n"
        "def bug(*_, **__): raise ZeroDivisionError('in the middle')\n"
        "buck.flow.run.check_candidates = bug\n"
        "sys.argv = ['buck', 'run']\n"
        "main()\n"
    )
    before = behind.published_bytes()
    behind.python("-c", broken).expect(70)
    run = behind.runs()[0]
    assert (run["status"], run["error"]) == ("failed", "ZeroDivisionError")
    assert behind.published_bytes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that can be filled without hurting anybody."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_nothing_is_half_published(
    early: Any, published: Any, small_disk: Path, assert_same_raw: Callable[..., None]
) -> None:
    project = early.copy(small_disk / "project")
    project.connect(published.work / "sandbox")
    before = project.published_bytes()
    ballast = small_disk / "ballast"
    for free_bytes in (100_000, 2_000_000, 5_000_000):
        room = shutil.disk_usage(small_disk).free - free_bytes
        ballast.write_bytes(b"\0" * room)
        done = project.buck("run").expect(1)
        ballast.unlink()
        assert "disk" in done.err.lower() or "space" in done.err.lower()
        assert "hint: " in done.err
        assert "Traceback" not in done.err
        assert project.published_bytes() == before
    project.buck("run").expect(0)
    assert project.facts() == published.facts()
    assert_same_raw(project, published)
    assert project.leftovers() == []
