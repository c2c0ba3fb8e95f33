"""`marts.duckdb` is made from the file before, and says what the snapshot says all the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from buck.lake.served_file import build_served_file
from buck.names import TableRef
from buck.records.layout import Layout
from tests.integration.lake.site import Site

BIG, SMALL = TableRef("finance", "big"), TableRef("core", "small")
LAYOUTS = {BIG: Layout("day", "month", ("id",), min_rows=100)}
START = (
    "create schema if not exists finance",
    "create schema if not exists core",
    "create or replace table finance.big as select range as id, 0 as v, "
    "cast(date '2026-01-01' + cast(range % 300 as integer) as date) as day from range(3000)",
    "insert into finance.big values (9000, 0, null)",
    "create or replace table core.small as select 1 as one",
)


@pytest.fixture
def big(site: Site) -> Site:
    site.build(*START)
    return site


def publish(site: Site, *tables: TableRef) -> Any:
    return site.publish(list(tables) or [SMALL, BIG], layouts=LAYOUTS)


def content(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows, and the stamp."""
    with duckdb.connect(str(file), read_only=True) as con:
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        views = con.execute("from duckdb_views() where not internal").fetchall()
        assert views == []
        return {name: con.execute(f"from {name} order by all").fetchall() for (name,) in names}


def assert_as_if_new(site: Site, tmp_path: Path) -> None:
    current = site.publisher.snapshots.current()
    assert current is not None
    fresh = tmp_path / "fresh.duckdb"
    build_served_file(site.lake, current, fresh)
    assert content(site.file()) == content(fresh)


def test_random_changes_leave_a_file_as_if_it_were_new(big: Site, tmp_path: Path) -> None:
    dice = random.Random(7)
    publish(big)
    sizes = [big.file().stat().st_size]
    for number in range(1, 16):
        day = f"date '2026-{dice.randint(1, 10):02d}-{dice.randint(1, 28):02d}'"
        change = dice.choice(
            (
                f"update finance.big set v = {number} where day = {day}",
                f"delete from finance.big where day = {day}",
                f"insert into finance.big select 10000 + range, {number}, {day} from range(50)",
                f"update finance.big set v = {number} where day is null",
                f"update core.small set one = {number}",
                "delete from finance.big where day >= date '2026-10-01'",
                "select 1",
            )
        )
        big.build(change)
        publish(big)
        assert_as_if_new(big, tmp_path)
        if number % 5 == 0:
            big.publisher.roll_back(number - 2)
            assert_as_if_new(big, tmp_path)
            big.publisher.roll_back(number + 1)
        sizes.append(big.file().stat().st_size)
    assert max(sizes) < 4 * sizes[0], "free space is given back"


def test_what_others_did_to_the_file_does_not_stay(big: Site, tmp_path: Path) -> None:
    publish(big)
    with duckdb.connect(str(big.file())) as con:
        con.execute("update finance.big set v = 99 where id = 5")
        con.execute("delete from core.small")
        con.execute("create table core.mine as select 1")
        con.execute("create schema own; create view own.v as select 1")
        con.execute("create view finance.v as select 1")
    big.build("update finance.big set v = 1 where day = date '2026-02-03'")
    publish(big)
    assert_as_if_new(big, tmp_path)
    assert big.ask("select count(*) from finance.big where v = 99") == [(0,)]


@pytest.mark.parametrize("damage", [b"no database", b""])
def test_a_damaged_file_is_replaced(big: Site, tmp_path: Path, damage: bytes) -> None:
    publish(big)
    big.file().write_bytes(damage)
    publish(big)
    assert_as_if_new(big, tmp_path)


def test_marts_and_columns_come_and_go(big: Site, tmp_path: Path) -> None:
    publish(big)
    big.build("alter table finance.big add column note varchar")
    publish(big, BIG)
    assert_as_if_new(big, tmp_path)
    assert set(content(big.file())) == {"core.buck_snapshot", "finance.big"}
    publish(big)
    big.build("create or replace table finance.big as select 1 as id, date '2026-01-01' as day")
    publish(big)
    assert_as_if_new(big, tmp_path)


def test_months_that_did_not_change_are_not_read(
    big: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(big)
    big.build("update finance.big set v = 1 where day = date '2026-02-03'")
    read: list[str] = []
    storage = type(big.lake.storage)
    fetch = storage.fetch
    monkeypatch.setattr(storage, "fetch", lambda self, name: read.append(name) or fetch(self, name))
    publish(big)
    assert [name.split("/")[3] for name in read if name.startswith("marts/")] == [
        "day_month=2026-02-01"
    ]
