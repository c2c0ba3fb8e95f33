"""Going back: what a rollback publishes, what it keeps from being published, and when killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from buck.errors import GateClosed, LakeDamaged
from buck.lake import Publisher
from buck.names import TableRef
from tests.integration.lake.site import MARTS, Site

OLD, NEW = [(0, 1), (1, 1)], [(0, 2), (1, 2), (2, 2)]


def test_what_was_taken_back_does_not_return_by_itself(any_site: Site) -> None:
    for number in (1, 2):
        any_site.version(number)
        any_site.publish()
    any_site.publisher.roll_back(1, run_id="run-r", reason="wrong rates")
    any_site.version(3)
    with pytest.raises(GateClosed, match=r"000002 was withdrawn by a rollback: wrong rates"):
        any_site.publish()
    assert any_site.ask("select distinct v from finance.t") == [(1,)]
    hold = Publisher(any_site.bench.second_machine().lake).snapshots.hold()
    assert hold is not None
    assert (hold.withdrawn, hold.run_id, hold.reason) == ((2,), "run-r", "wrong rates")
    snapshot = any_site.publish(lifts_hold=True)
    assert (snapshot.number, snapshot.previous) == (3, 1)
    assert any_site.ask("select distinct v from finance.t") == [(3,)]
    any_site.version(4)
    assert any_site.publish().previous == 3, "the hold is lifted for good"


def test_going_to_the_newest_takes_the_rollback_back(site: Site) -> None:
    for number in (1, 2, 3):
        site.version(number)
        site.publish()
    withdrawn = []
    for number in (2, 1, 2, 3):
        site.publisher.roll_back(number)
        hold = site.publisher.snapshots.hold()
        withdrawn.append(hold.withdrawn if hold else ())
        assert site.ask("select distinct v from finance.t") == [(number,)]
    assert withdrawn == [(3,), (2, 3), (3,), ()]
    site.version(4)
    assert site.publish().number == 4


def test_a_manifest_that_was_never_published_holds_nothing(site: Site) -> None:
    """A publish that was killed before its commit point is no rollback."""
    site.version(1)
    site.publish()
    site.version(2)
    site.publish()
    site.publisher.snapshots.point_to(site.publisher.snapshots.read(1))
    assert site.publisher.snapshots.hold() is None
    site.version(3)
    assert site.publish().previous == 1


def test_a_snapshot_that_lost_a_file_is_not_gone_back_to(site: Site) -> None:
    site.version(1)
    files = [f for t in site.publish().tables if t.name == "t" for f in t.files]
    site.version(2)
    site.publish()
    site.lake.storage.remove(files[0])
    with pytest.raises(LakeDamaged):
        site.publisher.roll_back(1)
    assert site.publisher.snapshots.hold() is None
    assert site.ask("select distinct v from finance.t") == [(2,)]
    assert site.delta("finance/t")[0] == (0, 2)


# Every storage step of a rollback, in order; a kill comes before the n-th of them.
KILLED = """
import os, signal, sys
from pathlib import Path
from buck.lake import Lake, Publisher, publishing
from buck.lake.folder_storage import FolderStorage

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
Publisher(Lake(root, work)).roll_back(1)
"""


@pytest.mark.parametrize("step", range(1, 7))
def test_killed_rollback_is_old_or_new_and_heals(site: Site, step: int) -> None:
    site.version(1)
    site.publish()
    site.version(2, rows=3)
    site.publish()
    command = [sys.executable, "-c", KILLED, site.bench.root, str(site.bench.work), str(step)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    assert (done.returncode == 0) == (step == 6), "there are five steps to be killed at"
    assert site.ask("from finance.t order by id") in (OLD, NEW)
    publisher = Publisher(site.lake)
    healed = publisher.heal()
    assert healed is not None
    expected = {1: OLD, 2: NEW}[healed.number]
    assert site.ask("from finance.t order by id") == site.delta("finance/t") == expected
    assert site.ask("select snapshot_id from core.buck_snapshot") == [(healed.id,)]
    assert (publisher.snapshots.hold() is None) == (healed.number == 2)
    assert publisher.roll_back(2).number == 2
    assert site.ask("from finance.t order by id") == site.delta("finance/t") == NEW


# A dashboard in a process of its own: opens the file, asks over both marts, closes it, again.
STRANGER = """
import json, sys, time
import duckdb
marts, stop = sys.argv[1:]
from pathlib import Path
SQL = (
    "select (select any_value(snapshot_id) from core.buck_snapshot), "
    "(select list_distinct(list(v)) from finance.t), (select count(*) from finance.t), "
    "(select list(name) from core.dim_b)"
)
while not Path(stop).exists():
    started = time.perf_counter()
    try:
        with duckdb.connect(marts, read_only=True) as con:
            seen = con.execute(SQL).fetchall()
    except Exception as exc:
        seen = f"{type(exc).__name__}: {exc}"
    print(json.dumps([seen, time.perf_counter() - started]), flush=True)
    time.sleep(0.01)
"""


def test_fifty_publishes_and_rollbacks_under_a_reader(site: Site, tmp_path: Path) -> None:
    """Every read is one complete snapshot that was approved, and none fails."""
    expected = {}

    def publish(number: int, **how: Any) -> None:
        site.build(
            f"create or replace table finance.t as select range as id, {number} as v "
            f"from range({number})",
            f"create or replace table core.dim_b as select 'v{number}' as name",
        )
        expected[site.publish(**how).id] = [[number], number, [f"v{number}"]]

    site.build("create schema finance", "create schema core")
    publish(1)
    stop, answers = tmp_path / "stop", tmp_path / "answers"
    with answers.open("w") as out:
        command = [sys.executable, "-c", STRANGER, str(site.file()), str(stop)]
        stranger = subprocess.Popen(command, stdout=out)
    try:
        for number in range(2, 27):
            if number % 5 == 0:
                with pytest.raises(duckdb.Error):
                    site.publish([*MARTS, TableRef("finance", "missing")], lifts_hold=True)
            publish(number, lifts_hold=True)
            site.publisher.roll_back(number - 1)
    finally:
        stop.touch()
        stranger.wait(30)
    reads = [json.loads(line) for line in answers.read_text().splitlines()]
    assert len(reads) > 50
    for seen, _ in reads:
        ((snapshot, *content),) = seen
        assert content == expected[snapshot]
    assert len({seen[0][0] for seen, _ in reads}) > 20, "the reader was there all the time"
