"""`--full-refresh`: the new state of a table is there at once, the old one until then and after."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.flow.lake_access import open_lake
from buck.names import RawTable

OLD = [{"id": 1, "amount": 1, "name": "a"}, {"id": 2, "amount": 2, "name": "b"}]
NEW = [{"id": 2, "amount": 20, "name": "b"}, {"id": 3, "amount": 3, "name": "c"}]
DYING = """
import os, signal, sys
from pathlib import Path
from buck.lake import delta_log
from tests.faults.drift.conftest import Shop

root, point = Path(sys.argv[1]), sys.argv[2]
commits = []
real = delta_log.DeltaLog.commit

def commit(self, *args):
    if point == "before-commit":
        os.kill(os.getpid(), signal.SIGKILL)
    version = real(self, *args)
    commits.append(self.folder)
    if point == f"after-{len(commits)}":
        os.kill(os.getpid(), signal.SIGKILL)
    return version

delta_log.DeltaLog.commit = commit
shop = Shop.__new__(Shop)
shop.root = root
shop.refresh()
"""


def current(shop: Any) -> dict[int, int]:
    """The newest version of each key, tombstones left out."""
    found = {id_: (amount, op) for id_, amount, op in shop.rows("id, amount, _buck_op")}
    return {id_: amount for id_, (amount, op) in found.items() if op != "d"}


@pytest.fixture
def stale(shop: Any) -> Any:
    """A shop whose lake holds the old records, and whose source has the new ones."""
    shop.land(OLD)
    shop.give(NEW)
    shop.give_others(4)
    return shop


def test_refresh_brings_what_is_there_and_a_tombstone_for_what_is_gone(stale: Any) -> None:
    report = stale.refresh()
    assert current(stale) == {2: 20, 3: 3}
    assert stale.rows("id, amount, _buck_op") == [
        (1, 1, "r"),
        (2, 2, "r"),
        (2, 20, "r"),
        (3, 3, "r"),
        (1, None, "d"),
    ], "the old generation is still there"
    assert report.tables[0].rows_unchanged == 0
    assert stale.refresh().rows_landed == 0, "nothing changed, nothing lands"


@pytest.mark.parametrize("point", ["before-commit", "after-1", "after-2"])
def test_killed_refresh_leaves_every_table_wholly_old_or_wholly_new(stale: Any, point: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(stale.root), point],
        cwd=Path.cwd(),
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    items = {"before-commit": {1: 1, 2: 2}}.get(point, {2: 20, 3: 3})
    assert current(stale) == items
    others = 4 if point == "after-2" else 1
    assert len(stale.rows("id", "others")) == others
    assert stale.mark() == 1, "the mark is the one that goes with what is there"
    stale.refresh()
    assert current(stale) == {2: 20, 3: 3}
    assert (len(stale.rows()), len(stale.rows("id", "others"))) == (5, 4), "nothing lands twice"


def test_refresh_whose_source_fails_half_way_changes_nothing(stale: Any) -> None:
    from buck.errors import SourceError

    file = stale.root / "pipelines" / "shop_pipeline.py"
    text = file.read_text()
    file.write_text(text.replace("    def others():\n", "    def others():\n        1 / 0\n"))
    with pytest.raises(SourceError, match="ZeroDivisionError"):
        stale.refresh()
    assert current(stale) == {1: 1, 2: 2}
    file.write_text(text)
    stale.refresh()
    assert current(stale) == {2: 20, 3: 3}


def test_what_was_pinned_before_a_refresh_is_read_as_it_was(stale: Any) -> None:
    pin = open_lake(stale.project).pin_raw(RawTable("shop", "items"))
    stale.refresh()
    con = connect(work=stale.root / "work")
    try:
        rows = con.execute(f"select id, amount from ({pin.select_sql}) order by id").fetchall()
    finally:
        con.close()
    assert rows == [(1, 1), (2, 2)]
