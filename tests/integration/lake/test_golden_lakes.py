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

from buck.errors import LakeDamaged, LakeError
from buck.lake.lake import FORMAT_VERSION, Lake
from buck.lake.migrating import WAYS, migrate
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


def test_it_is_migrated_to_the_newest_format(golden: Bench, empty_home: Path) -> None:
    place = place_at(golden, empty_home)
    told = place.buck("lake", "migrate", "--yes", "--json").expect(0).json
    assert told["after"] == FORMAT_VERSION
    assert f"format {FORMAT_VERSION}, the newest" in place.buck("lake", "migrate").expect(0).out
    assert golden.rows("id, name, colour") == LANDED
    assert damages(place, code=0) == []


def test_every_format_but_the_newest_has_a_way_to_the_next() -> None:
    assert sorted(WAYS) == list(range(1, FORMAT_VERSION))


def test_a_migration_that_is_killed_is_gone_again(golden: Bench) -> None:
    """Two formats that there are not, since there has been one."""
    seen: list[str] = []

    def first(lake: Lake) -> None:
        seen.append("first")
        lake.storage.write("notes/second", b"1")

    def dies(_: Lake) -> None:
        seen.append("dies")
        raise KeyboardInterrupt

    newest = FORMAT_VERSION + 2
    ways = {**WAYS, FORMAT_VERSION: first, FORMAT_VERSION + 1: dies}
    assert migrate(golden.lake, dry_run=True, newest=newest, ways=ways).after == newest
    assert seen == [], "a plan does nothing"
    with pytest.raises(KeyboardInterrupt):
        migrate(golden.lake, newest=newest, ways=ways)
    assert golden.rows("id, name, colour") == LANDED
    found = migrate(golden.lake, newest=newest, ways={**ways, FORMAT_VERSION + 1: first})
    assert (found.before, found.after) == (FORMAT_VERSION + 1, newest), "it went on, not anew"
    assert seen == ["first", "dies", "first"]
    again = migrate(golden.lake, newest=newest, ways=ways)
    assert again.before == again.after == newest
    with pytest.raises(LakeDamaged, match="reads up to"):
        Lake(golden.lake.root, golden.lake.work)


def test_without_a_lake_there_is_nothing_to_migrate(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no lake"):
        migrate(Lake(str(tmp_path / "lake"), tmp_path / "work"))


def _wide() -> TableSpec:
    return replace(SPEC, columns=(*SPEC.columns, Column("colour", "text")))
