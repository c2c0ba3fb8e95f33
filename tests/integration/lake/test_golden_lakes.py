"""A lake of every format that there has been can be read, proven, continued and gone back in.

`golden/format_1` is a lake as that format's Buck left it: two loads of a Delta table, the second
with a column more; two snapshots of two marts; one recorded run. It lacks the file that readers
open, which is made from the rest. Golden lakes are never made anew: they are what is out there.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from buck.lake.lake import FORMAT_VERSION
from buck.ledger import read_runs
from buck.records.table import Column, TableSpec
from tests.integration.lake.conftest import SPEC, Bench
from tests.integration.lake.keeping import damages, place_at
from tests.integration.lake.site import Site

GOLDEN = Path(__file__).parent / "golden"
FORMATS = sorted(int(folder.name.removeprefix("format_")) for folder in GOLDEN.iterdir())
LANDED = [(1, "one", None), (2, "žluť", None), (2, "two", "red"), (3, None, None)]


@pytest.fixture(params=FORMATS)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    shutil.copytree(GOLDEN / f"format_{request.param}", tmp_path / "lake")
    return Bench(tmp_path, "delta")


def test_every_format_has_a_golden_lake() -> None:
    assert list(range(1, FORMAT_VERSION + 1)) == FORMATS, "a new format needs a lake of the old"


def test_what_was_landed_published_and_recorded_is_there(golden: Bench, empty_home: Path) -> None:
    assert golden.rows("id, name, colour") == LANDED
    first = golden.log.state(0)
    assert first.position["id"] == 2
    assert golden.log.state().position["id"] == 3
    [run] = read_runs(golden.lake.storage)
    assert (run.pipeline, run.status, run.rows_landed) == ("shop_daily", "ok", 2)
    assert run.snapshot_after == "000002"
    place = place_at(golden, empty_home)
    assert damages(place, code=0) == []
    site = Site(golden)
    healed = site.publisher.heal()
    assert healed is not None
    assert healed.number == 2
    assert site.ask("select * from finance.t order by id") == [(0, 2), (1, 2), (2, 2)]
    assert site.ask("select * from core.dim_b") == [(1, "ž")]
    assert site.delta("finance/t") == [(0, 2), (1, 2), (2, 2)]


def test_it_goes_on_from_where_it_stood(golden: Bench, empty_home: Path) -> None:
    again: list[dict[str, Any]] = [{"id": 2, "name": "two", "colour": "red"}]
    wide = _wide()
    assert golden.land(again, spec=wide, id=3).rows_landed == 0, "the hash of a row is the same"
    new = [{"id": 4, "name": "four", "colour": "blue"}]
    assert golden.land(new, spec=wide, id=4).rows_landed == 1
    assert golden.rows("id, name, colour") == [*LANDED, (4, "four", "blue")]
    site = Site(golden)
    site.publisher.heal()
    site.version(3, rows=1)
    third = site.publish()
    assert third.number == 3
    kept = {t.name: t.files for t in third.tables}
    assert "000001-" in kept["dim_b"][0], "a mart that is the same keeps its file of then"
    place = place_at(golden, empty_home)
    assert damages(place, code=0) == []


def _wide() -> TableSpec:
    return replace(SPEC, columns=(*SPEC.columns, Column("colour", "text")))
