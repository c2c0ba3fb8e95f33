"""G4: a disk that fills up gives a clear error, nothing half visible; the next run continues."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.landing.conftest import FORMATS, strangers_count

ROOM_BYTES = 1_500_000


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A tiny file system of our own; only root may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("mounting a small file system takes root on Linux")
    command = [mount, "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(folder)], check=True)


def visible(dock: Any) -> tuple[list[Any], int]:
    """The rows and the mark; of a Delta table also what strangers read."""
    rows = dock.rows()
    if dock.order.format == "delta":
        assert strangers_count(f"{dock.root}/raw/shop/items") == [len(rows)] * 2
    return rows, dock.mark()


@pytest.mark.parametrize("room_kb", [0, 40])
@pytest.mark.parametrize("format_", FORMATS)
def test_g4_full_disk_shows_nothing_partial(
    local: Any, full_disk: Path, format_: str, room_kb: int, faultless: Any
) -> None:
    dock = local.with_(root=str(full_disk / "lake"), format=format_)
    dock.load(10)
    ballast = full_disk / "ballast"
    fill(ballast, leave_kb=room_kb)
    failed = dock.load(20, ballast=400_000)
    assert failed["killed"] is False
    assert failed["error"] == "LakeError", failed
    assert "space" in failed["what"] or "full" in failed["what"]
    assert visible(dock) == (faultless(10), 10)
    ballast.unlink()
    dock.load(20)
    assert visible(dock) == (faultless(10, 20), 20)
    assert dock.leftovers() == []


def fill(file: Path, *, leave_kb: int) -> None:
    free = shutil.disk_usage(file.parent).free
    file.write_bytes(b"x" * max(0, free - leave_kb * 1024))
