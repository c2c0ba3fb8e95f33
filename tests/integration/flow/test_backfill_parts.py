"""A backfill in parts, killed and resumed: every part once, other days untouched, no mark moves."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from buck.flow.backfilling import part_name, split_span
from buck.records.load import TimeRange
from tests.integration.flow.shop import Shop, count


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
@pytest.mark.parametrize("parallel", ["1", "3"])
def test_a_month_killed_five_times(shop: Shop, parallel: str) -> None:
    for _ in range(5):
        shop.kill_after(4, 1, 31, "--parallel", parallel)
    shop.backfill(1, 31, "--parallel", parallel).expect(0)
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
