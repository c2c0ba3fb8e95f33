"""A backfill in parts, killed and resumed: every part once, other days untouched, no mark moves."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from deltalake import DeltaTable

from buck.flow.backfilling import part_name, split_span
from buck.records.load import TimeRange

PIPELINE = """
import os, time
import dlt
from buck.sources import sql

TABLES = (sql.table("items", source="shop", cursor="updated_at"),)


@dlt.source(name="shop", section="shop")
def source(url: str = dlt.secrets.value):
    time.sleep(float(os.environ.get("SLOW", "0")))
    return sql.resources(url, tables=TABLES, lookback=0)
"""
SOURCE = """sources:
  shop:
    type: database
    options: { url: "sqlite:///{folder}/shop.db" }
"""
DAILY = {"BUCK__PERFORMANCE__PARTITIONING__DEFAULT_GRANULARITY": "day"}


class Shop:
    """A settled project with one more source, into whose past rows came late."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.database = project.root / "shop.db"
        (project.root / "pipelines" / "shop_pipeline.py").write_text(PIPELINE)
        project.edit(
            ".buck.yml", "\nsources:\n", "\n" + SOURCE.replace("{folder}", str(project.root))
        )
        project.edit(
            ".buck.yml",
            "\npipelines:\n",
            "\npipelines:\n  shop_daily: { sources: [shop], select: dim_country }\n",
        )
        self.write("create table items (id integer primary key, name text, updated_at datetime)")
        self.insert((1000, "today", "2026-03-01 00:00:00.000000"))
        project.buck("run", "shop_daily").expect(0)
        # All of these lie behind the mark, so no ordinary run sees them.
        self.insert(*((n, "late", f"2026-01-{n:02d} 12:00:00.000000") for n in range(1, 32)))
        project.buck("run", "shop_daily").expect(0)
        assert self.landed() == [1000]

    def write(self, statement: str, *rows: tuple[Any, ...]) -> None:
        with closing(sqlite3.connect(self.database)) as con, con:
            con.executemany(statement, rows) if rows else con.execute(statement)

    def insert(self, *rows: tuple[Any, ...]) -> None:
        self.write("insert into items values (?, ?, ?)", *rows)

    @property
    def log(self) -> DeltaTable:
        return DeltaTable(self.project.lake / "raw" / "shop" / "items")

    def landed(self) -> list[int]:
        """Every row version of the raw table, by its id."""
        return sorted(self.log.to_pyarrow_table(columns=["id"])["id"].to_pylist())

    def mark(self) -> Any:
        """The mark that the next load reads from."""
        events = self.project.buck("pipeline", "logs", "shop_daily", "--json").expect(0).json
        return next(e["facts"]["marks_to"] for e in reversed(events) if e["kind"] == "table_landed")

    def backfill(self, first: int, last: int, *more: str, **env: str) -> Any:
        args = self.args(first, last, *more)
        return self.project.buck(*args, env=DAILY | env)

    def args(self, first: int, last: int, *more: str) -> tuple[str, ...]:
        """The days from the first to the last of January, both included."""
        end = f"2026-01-{last + 1:02d}" if last < 31 else "2026-02-01"
        return ("backfill", "shop_daily", "--start", f"2026-01-{first:02d}", "--end", end, *more)

    def grid(self, first: int, last: int) -> list[dict[str, Any]]:
        found = self.backfill(first, last, "--grid", "--json").expect(0).json
        assert [part["start"][8:10] for part in found] == [
            f"{n:02d}" for n in range(first, last + 1)
        ]
        return list(found)

    def kill_after(self, parts: int, first: int, last: int) -> None:
        """Start the backfill and kill it when so many more parts have landed."""
        aim = self.log.version() + parts
        process = self.project.start(*self.args(first, last), env=DAILY | {"SLOW": "0.4"})
        give_up_at = time.monotonic() + 120
        while self.log.version() < aim:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def shop(published: Any, copy_of: Callable[[Any], Any]) -> Shop:
    project = copy_of(published)
    project.connect(published.work / "sandbox")
    return Shop(project)


def count(grid: list[dict[str, Any]]) -> dict[str, int]:
    statuses = [part["status"] for part in grid]
    return {status: statuses.count(status) for status in ("done", "failed", "left")}


def test_a_killed_backfill_goes_on_where_it_was(shop: Shop) -> None:
    mark = shop.mark()
    assert count(shop.grid(10, 14)) == {"done": 0, "failed": 0, "left": 5}
    shop.kill_after(2, 10, 14)
    told = shop.grid(10, 14)
    # The part that had just landed may not have been recorded.
    assert count(told)["done"] in (1, 2)
    assert count(told)["left"] == 5 - count(told)["done"]
    assert told[0]["rows_landed"] == 1
    first = told[0]["runs"]["shop"]

    # The source is away: one part fails, the others stay as they are.
    aside = shop.database.rename(shop.database.with_suffix(".away"))
    failed = shop.backfill(10, 14).expect(1)
    assert count(shop.grid(10, 14))["failed"] == 1
    assert "1 failed" in failed.err
    assert "next: the same command goes on" in failed.err
    aside.rename(shop.database)

    done = shop.backfill(10, 14, "--json").expect(0).json
    assert done["rows_landed"] <= 4
    assert shop.landed() == [10, 11, 12, 13, 14, 1000], "every day once, no other day"
    told = shop.grid(10, 14)
    assert count(told) == {"done": 5, "failed": 0, "left": 0}
    assert told[0]["runs"]["shop"] == first, "it was not landed again"
    shown = shop.backfill(10, 14, "--grid").expect(0)
    assert "5 done, 0 failed, 0 left" in shown.err
    assert "2026-01-10..2026-01-11" in shown.out

    # Done is done: the same range again is another backfill, and finds everything known.
    again = shop.backfill(10, 14, "--json").expect(0).json
    assert (again["rows_landed"], len(again["loads"])) == (0, 5)
    assert shop.landed() == [10, 11, 12, 13, 14, 1000]
    shop.project.buck("run", "shop_daily").expect(0)
    assert shop.mark() == mark, "no watermark moved"
    assert shop.landed() == [10, 11, 12, 13, 14, 1000]
    assert shop.project.leftovers() == []


@pytest.mark.soak
def test_a_month_killed_five_times(shop: Shop) -> None:
    for _ in range(5):
        shop.kill_after(4, 1, 31)
    shop.backfill(1, 31).expect(0)
    assert shop.landed() == [*range(1, 32), 1000]
    assert count(shop.grid(1, 31))["done"] == 31
    shop.project.buck("run", "shop_daily").expect(0)
    assert shop.landed() == [*range(1, 32), 1000]


@pytest.mark.parametrize(
    ("granularity", "names"),
    [
        ("year", ["2026-01-30..2026-03-02"]),
        ("month", ["2026-01-30..2026-02-01", "2026-02-01..2026-03-01", "2026-03-01..2026-03-02"]),
        ("day", [f"2026-01-{n}" for n in (30, 31)] + [f"2026-02-{n:02d}" for n in range(1, 29)]),
    ],
)
def test_a_range_is_cut_by_the_calendar(granularity: Any, names: list[str]) -> None:
    span = TimeRange(datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    parts = split_span(span, granularity)
    told = [part_name(part) for part in parts]
    if granularity == "day":
        names = [*names, "2026-03-01"]
        told = [name[:10] for name in told]
    assert told == names
    assert (parts[0].start_at, parts[-1].end_at) == (span.start_at, span.end_at)
    assert all(a.end_at == b.start_at for a, b in pairwise(parts))


def test_parts_of_hours_begin_on_the_hour() -> None:
    span = TimeRange(
        datetime(2026, 1, 1, 22, 30, tzinfo=UTC), datetime(2026, 1, 2, 0, 15, tzinfo=UTC)
    )
    assert [part_name(part) for part in split_span(span, "hour")] == [
        "2026-01-01T22:30:00..2026-01-01T23:00:00",
        "2026-01-01T23:00:00..2026-01-02T00:00:00",
        "2026-01-02T00:00:00..2026-01-02T00:15:00",
    ]
