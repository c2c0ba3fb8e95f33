"""A real SQLite file lands through dlt's sql_database like every other source."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.errors import ConfigError, LoadFenced, SourceChanged, SourceUnreachable
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines import load_module, run_source
from buck.records.load import LoadReport, LoadRules, TimeRange

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
FILE = """
import dlt
from buck.sources import sql

TABLES = ({tables},)


@dlt.source(name="shop", section="shop")
def source(url: str = dlt.secrets.value):
    return sql.resources(url, tables=TABLES, {options})
"""
CREATE = """
create table "Items" (
    id integer primary key, name text, price numeric(10, 2), weight real, is_new boolean,
    made_on date, payload blob, updated_at datetime
)
"""
INSERT = 'insert into "Items" (id, name, updated_at) values (?, ?, ?)'
ITEMS = "sql.table('Items', source='shop', cursor='updated_at')"


class Shop:
    """A database file, and the lake beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.loads = folder, itertools.count(1)
        self.database = folder / "shop.db"
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self.run(CREATE)
        self.declare(ITEMS)

    def run(self, statement: str, *rows: tuple[Any, ...]) -> None:
        with closing(sqlite3.connect(self.database)) as con, con:
            con.executemany(statement, rows) if rows else con.execute(statement)

    def declare(self, *tables: str, options: str = "lookback=0") -> None:
        text = FILE.format(tables=", ".join(tables), options=options)
        (self.folder / "shop_pipeline.py").write_text(text)

    def land(self, *, url: str = "", **given: Any) -> LoadReport:
        load_id = f"load{next(self.loads)}"
        landing = self.lake.landing("shop", load_id, facts={})
        try:
            return run_source(
                load_module(self.folder, "shop"),
                landing,
                load_id=load_id,
                as_of=AS_OF,
                options={"url": url or f"sqlite:///{self.database}"},
                merge_schema=full_schema,
                **given,
            )
        finally:
            landing.close()

    def raw(self, columns: str, table: str = "items") -> list[tuple[Any, ...]]:
        log = self.lake.raw("shop", table)
        con = connect(work=self.lake.work)
        try:
            return con.execute(
                f"select {columns} from ({log.scan_sql(log.state())}) order by _buck_seq"
            ).fetchall()
        finally:
            con.close()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def day(n: int) -> str:
    return f"2026-01-{n:02d} 10:00:00.000000"


def test_values_land_with_the_types_the_database_declares(shop: Shop) -> None:
    shop.run(
        'insert into "Items" values (?, ?, ?, ?, ?, ?, ?, ?)',
        (1, "ž 🎉", 12.5, 0.1, 1, "2026-02-28", b"\x00\xff", "2026-01-01 10:00:00.123456"),
        (2, None, None, None, None, None, None, None),
    )
    assert shop.land().rows_landed == 2
    assert shop.raw("id, name, price, weight, is_new, made_on, payload, updated_at") == [
        (
            1,
            "ž 🎉",
            Decimal("12.50"),
            0.1,
            True,
            date(2026, 2, 28),
            b"\x00\xff",
            datetime(2026, 1, 1, 10, 0, 0, 123456, tzinfo=UTC),
        ),
        (2, *[None] * 7),
    ]
    assert shop.lake.raw("shop", "items").state().columns["price"] == "DECIMAL(10,2)"
    assert shop.land().rows_landed == 0


def test_changes_and_deletions_arrive_as_versions(shop: Shop) -> None:
    shop.run(INSERT, (1, "a", day(1)), (2, "b", day(2)), (3, "c", day(3)))
    assert shop.land().rows_landed == 3
    shop.run('delete from "Items" where id = 1')
    shop.run("update \"Items\" set name = 'B', updated_at = ? where id = 2", (day(4),))
    shop.run(INSERT, (4, "d", None))
    report = shop.land()
    # Only what is at or after the mark was read: 3 again, 2 and 4 anew, and the tombstone.
    assert (report.tables[0].rows_received, report.rows_landed) == (4, 3)
    assert shop.raw("id, name, _buck_op")[3:] == [(2, "B", "r"), (4, "d", "r"), (1, None, "d")]
    assert shop.land().rows_landed == 0


def test_ids_as_cursor_read_on_from_the_mark(shop: Shop) -> None:
    shop.declare("sql.table('Items', source='shop', cursor='id', append_only=True)")
    shop.run(INSERT, *((n, "x", None) for n in range(1, 21)))
    shop.land()
    shop.run(INSERT, (21, "y", None))
    report = shop.land()
    assert (report.tables[0].rows_received, report.rows_landed) == (2, 1)
    assert shop.lake.raw("shop", "items").state().position["id_until"] == 21


def test_mark_does_not_pass_the_runs_own_time(shop: Shop) -> None:
    shop.run(INSERT, (1, "ahead", "2036-01-01 00:00:00"))
    shop.land()
    shop.run(INSERT, (2, "now", "2026-03-02 00:00:00"))
    assert shop.land().rows_landed == 1


def test_mass_deletion_is_refused_until_confirmed(shop: Shop) -> None:
    shop.run(INSERT, *((n, "x", day(1)) for n in range(1, 151)))
    shop.land()
    shop.run('delete from "Items"')
    refused = shop.land()
    assert "buck run --confirm-deletions shop.items" in refused.skipped["items"]
    assert shop.land(confirmed=frozenset({"items"})).rows_landed == 150


def test_value_that_does_not_fit_follows_the_contract(shop: Shop) -> None:
    """SQLite takes anything in any column."""
    shop.run(INSERT, (1, "a", day(1)), (2, "b", day(2)))
    shop.run("update \"Items\" set price = 'twelve' where id = 2")
    report = shop.land()
    assert report.rows_landed == 2
    assert [i.kind for i in report.tables[0].incidents] == ["type_changed"]
    assert shop.raw("id, price, price__text") == [(1, None, None), (2, None, "twelve")]


def test_range_is_read_without_moving_the_mark(shop: Shop) -> None:
    shop.run(INSERT, *((n, "x", day(n)) for n in range(1, 10)))
    span = TimeRange(datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC))
    assert shop.land(rules=LoadRules(span=span)).rows_landed == 2
    assert shop.raw("id") == [(3,), (4,)]
    assert shop.land().rows_landed == 7


def test_two_loads_at_once_one_is_fenced(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run(INSERT, (1, "a", day(1)))
    from buck.lake.landing import Landing

    commit: Callable[..., Any] = Landing.commit
    others: list[LoadReport] = []

    def overtaken(self: Any, *args: Any, **given: Any) -> Any:
        monkeypatch.setattr(Landing, "commit", commit)
        others.append(shop.land())
        return commit(self, *args, **given)

    monkeypatch.setattr(Landing, "commit", overtaken)
    with pytest.raises(LoadFenced, match="by another run meanwhile"):
        shop.land()
    assert others[0].rows_landed == 1
    assert shop.raw("id") == [(1,)]


def test_missing_table_and_key_are_named(shop: Shop) -> None:
    shop.declare("sql.table('Orders', source='shop')")
    with pytest.raises(SourceChanged, match="no table Orders"):
        shop.land()
    shop.run('create table "Orders" (n int)')
    with pytest.raises(ConfigError, match="Orders has no primary key"):
        shop.land()


def test_addresses_are_refused_without_repeating_the_password(shop: Shop) -> None:
    for url in ("nonsense://u:s3cret@h/d", "s3cret"):
        with pytest.raises(ConfigError, match="not one that SQLAlchemy knows") as refused:
            shop.land(url=url)
        assert "s3cret" not in f"{refused.value}{refused.value.__cause__}"
    with pytest.raises(SourceUnreachable, match="unable to open"):
        shop.land(url=f"sqlite:///{shop.folder}/absent/shop.db")
