"""G1, G2, G3: whatever is killed, doubled or forgotten, the lake is that of a faultless run."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from buck.flow.lake_access import pin_tables
from buck.project import open_project
from buck.records.table import Column, TableSpec
from tests.faults.landing.loader import POINTS, random_moments

SPEC = TableSpec("shop", "items", ("id",), (Column("id", "bigint"),))
COMMITTED = ("after-commit", "before-acknowledgement")
KILLS = int(os.environ.get("SOAK_KILLS", "51"))
"""Kills at random moments, over all formats and places; most on disk, where one is cheap."""
SEED = int(os.environ.get("SOAK_SEED", "20260101"))


def test_g1_killed_at_every_step_of_landing(dock: Any, faultless: Any) -> None:
    """At the first load and at later ones; each kill is followed by what a reader sees."""
    until, steps = 0, []
    points = (*POINTS, *POINTS) if dock.is_local else (*COMMITTED, *POINTS[:3])
    for round_, point in enumerate(points):
        before = faultless(*steps) if steps else []
        until += 4
        killed = dock.load(until, point=point)
        assert (killed["killed"], killed.get("signal")) == (True, 9), (point, killed)
        steps.append(until)
        expected = faultless(*steps)
        assert dock.rows() == (expected if point in COMMITTED else before), (round_, point)
        again = dock.load(until)
        landed = 0 if point in COMMITTED else len(expected) - len(before)
        assert again["landed"] == landed, (round_, point)
        assert dock.rows() == expected, (round_, point)
        assert dock.mark() == until
    assert dock.leftovers() == []


@pytest.mark.parametrize("point", COMMITTED)
def test_g1_first_load_killed_after_its_commit_is_not_repeated(
    disk_dock: Any, faultless: Any, point: str
) -> None:
    assert disk_dock.load(5, point=point)["killed"]
    assert disk_dock.rows() == faultless(5)
    assert disk_dock.load(5)["landed"] == 0
    assert disk_dock.load(9)["landed"] == len(faultless(5, 9)) - len(faultless(5))
    assert disk_dock.rows() == faultless(5, 9)


def test_g1_killed_at_random_moments(dock: Any, faultless: Any) -> None:
    """The moments are the same every time, what they hit is not."""
    dock.load(3)
    longest_s = max(dock.load(until)["seconds"] for until in (6, 9))
    steps, killed = [3, 6, 9], 0
    # Of 17 kills 13 are shared by the three disks, 4 by the six buckets.
    count = -(-KILLS * 13 // 51) if dock.is_local else -(-KILLS * 2 // 51)
    for moment_s in random_moments(count, longest_s=longest_s, seed=SEED):
        steps.append(steps[-1] + 3)
        killed += dock.load(steps[-1], kill_after_s=moment_s)["killed"]
        if dock.is_local:
            done = dock.mark() == steps[-1]
            expected = faultless(*(steps if done else steps[:-1]))
            assert dock.rows() == expected, f"killed after {moment_s:.4f} s"
        assert dock.load(steps[-1])["killed"] is False
        assert dock.rows() == faultless(*steps), f"killed after {moment_s:.4f} s"
    assert dock.leftovers() == []
    assert killed >= count // 2, "the kills came too late to prove anything"


def test_g2_of_two_loads_at_once_one_is_fenced_and_none_doubles(dock: Any, faultless: Any) -> None:
    steps: list[int] = []
    for until in (4, 8):  # creating the table, then adding to it
        gate = dock.work.parent / f"gate{until}.go"
        gate.parent.mkdir(parents=True, exist_ok=True)
        elsewhere = dock.with_(work=f"{dock.work}-2")
        both = [d.orders(until, gate=str(gate)) for d in (dock, elsewhere)]
        first, second = sorted(dock.nursery.run(*both), key=lambda said: "error" in said)
        steps.append(until)
        assert first["landed"] > 0, first
        assert second.get("error") == "LoadFenced", second
        assert "by another run meanwhile" in second["what"]
        assert "run it again" in second["hint"]
        assert dock.rows() == faultless(*steps)
    assert dock.load(8)["landed"] == 0
    assert dock.leftovers() == []


def test_g3_without_local_state_it_resumes_from_the_lake_alone(
    steady_dock: Any, faultless: Any
) -> None:
    dock = steady_dock
    dock.load(5)
    assert dock.load(9, point="before-commit")["killed"]
    shutil.rmtree(dock.work)
    assert dock.load(9)["landed"] == len(faultless(5, 9)) - len(faultless(5))
    shutil.rmtree(dock.work)
    assert dock.load(9)["landed"] == 0
    assert dock.rows() == faultless(5, 9)
    assert dock.mark() == 9


def test_table_whose_first_load_was_killed_is_no_table_yet(local: Any, tmp_path: Any) -> None:
    (tmp_path / ".buck.yml").write_text("sources: {shop: {}}")
    project = open_project(tmp_path)
    for point in ("after-files", "before-commit"):
        local.load(5, point=point)
        lake = local.lake()
        assert pin_tables(project, lake) == []
        assert pin_tables(project, lake, [SPEC])[0].version == -1
        lake.sweep()
        assert pin_tables(project, lake) == []
    local.load(5)
    assert [pin.version for pin in pin_tables(project, local.lake(), [SPEC])] == [0]


def test_g3_another_machine_finishes_what_one_began(
    disk_dock: Any, tmp_path: Any, faultless: Any
) -> None:
    disk_dock.load(5)
    assert disk_dock.load(10, point="before-commit")["killed"]
    other = disk_dock.with_(work=str(tmp_path / "other-machine"))
    assert other.load(10)["landed"] == len(faultless(5, 10)) - len(faultless(5))
    assert other.rows() == faultless(5, 10)
