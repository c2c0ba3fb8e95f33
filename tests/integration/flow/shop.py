"""A shop whose past got rows late, to be landed by backfills."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from deltalake import DeltaTable

PIPELINE = """
import os, time
import dlt
from buck.sources import sql
from buck.sources.load import current_load

TABLES = (sql.table("items", source="shop", cursor="updated_at"),)


@dlt.source(name="shop", section="shop")
def source(url: str = dlt.secrets.value):
    span, started = current_load().span, time.time()
    time.sleep(float(os.environ.get("SLOW", "0")))
    if span:
        with open("reads.txt", "a") as file:
            file.write(f"{span.start_at:%d} {started} {time.time()}\\n")
    if span and f"{span.start_at:%d}" in os.environ.get("BAD", ""):
        raise ValueError(f"the shop cannot read {span.start_at:%d}")
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

    def rows(self) -> list[dict[str, Any]]:
        """The raw table as it lies there, in order of arrival; loads have names of their own."""
        rows = self.log.to_pyarrow_table().drop_columns(["_buck_load_id"]).to_pylist()
        return sorted(rows, key=lambda row: int(row["_buck_seq"]))

    def reads(self) -> list[tuple[str, float, float]]:
        """Each part that was read since this was asked last: from when to when."""
        file = self.project.root / "reads.txt"
        told = [line.split() for line in file.read_text().splitlines()]
        file.unlink()
        return [(day, float(start), float(end)) for day, start, end in told]

    def copy(self, copy_of: Callable[[Any], Any]) -> Shop:
        """The same shop with a lake and a database of its own."""
        twin = object.__new__(Shop)
        twin.project = copy_of(self.project)
        twin.database = twin.project.root / "shop.db"
        twin.project.edit(".buck.yml", str(self.database), str(twin.database))
        return twin

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

    def kill_after(
        self,
        parts: int,
        first: int,
        last: int,
        *more: str,
        by: signal.Signals = signal.SIGKILL,
    ) -> None:
        """Start the backfill and kill it when so many more parts have landed."""
        aim = self.log.version() + parts
        process = self.project.start(*self.args(first, last, *more), env=DAILY | {"SLOW": "0.4"})
        give_up_at = time.monotonic() + 120
        while self.log.version() < aim:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        process.send_signal(by)
        process.communicate()


def count(grid: list[dict[str, Any]]) -> dict[str, int]:
    statuses = [part["status"] for part in grid]
    return {status: statuses.count(status) for status in ("done", "failed", "left")}
