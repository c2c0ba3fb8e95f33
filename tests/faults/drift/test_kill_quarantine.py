"""G1 for the quarantine: a kill between holding and landing neither loses nor doubles a record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.lake.lake import Lake
from buck.records.access import S3Access

HOLDER = Path(__file__).parent / "holder.py"
POINTS = {"held-uploaded": (0, 0), "held": (0, 3), "landed": (6, 3)}
"""Where a load is killed, and how many records have landed and are held right after."""


class Dock:
    """A lake that loads of other processes land in."""

    def __init__(self, root: str, work: Path, format_: str, endpoint: str) -> None:
        self.root, self.work, self.format, self.endpoint = root, work, format_, endpoint
        access = S3Access(endpoint=endpoint, key_id="k", secret="s") if endpoint else None
        self.lake = Lake(root, work, s3=access, formats={"shop": format_})  # type: ignore[dict-item]

    def load(self, load_id: str, point: str = "none") -> dict[str, Any]:
        arguments = [self.root, str(self.work), self.format, point, load_id]
        done = subprocess.run(
            [sys.executable, str(HOLDER), *arguments],
            env={**os.environ, "TEST_ENDPOINT": self.endpoint},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode == -9:
            return {"killed": True}
        assert done.stdout, done.stderr
        return dict(json.loads(done.stdout))

    def ids(self) -> list[int]:
        log = self.lake.raw("shop", "items")
        state = log.state()
        if not state.exists:
            return []
        con = connect(work=self.work)
        try:
            return [r[0] for r in con.execute(f"select id from ({log.scan_sql(state)})").fetchall()]
        finally:
            con.close()

    def held(self) -> list[int]:
        return [json.loads(record.raw)["id"] for record in self.lake.quarantine.read()]


CASES = [
    *((place, point) for place in ("delta-disk", "delta-s3") for point in POINTS),
    *((place, point) for place in ("json-disk", "parquet-s3") for point in ("held", "landed")),
]
"""In the other formats one object is the whole commit: nothing lies between upload and commit."""


@pytest.fixture
def dock(request: pytest.FixtureRequest, tmp_path: Path) -> Dock:
    format_, place = request.param.split("-")
    root, endpoint = str(tmp_path / "lake"), ""
    if place == "s3":
        root = request.getfixturevalue("bucket").root
        endpoint = request.getfixturevalue("s3_endpoint")
    return Dock(root, tmp_path / "work", format_, endpoint)


@pytest.mark.parametrize(("dock", "point"), CASES, indirect=["dock"])
def test_g1_killed_load_holds_and_lands_every_record_once(dock: Dock, point: str) -> None:
    assert dock.load("load1", point) == {"killed": True}
    assert (len(dock.ids()), len(dock.held())) == POINTS[point]
    dock.load("load2")
    assert sorted(dock.ids()) == [1, 2, 4, 5, 7, 8]
    assert sorted(dock.held()) == [3, 6, 9]
    assert dock.load("load3") == {"landed": 0, "held": 0}
    held = set(dock.lake.storage.names("quarantine"))
    files = {
        n for t in dock.lake.quarantine.tables() for n in dock.lake.quarantine.log(t).state().files
    }
    assert {n for n in held if "_delta_log" not in n} == files, "nothing is left behind"
