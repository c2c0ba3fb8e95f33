"""Parts of a backfill side by side: the lake of one after the other, killed anywhere, resumed."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.flow.shop import Shop, count


@pytest.fixture(scope="module")
def settled(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Made once; tests take copies."""
    project = published.copy(tmp_path_factory.mktemp("shop") / "project")
    project.connect(published.work / "sandbox")
    return Shop(project)


def overlaps(reads: list[tuple[str, float, float]]) -> int:
    """The most parts that were being read at one moment."""
    return max(
        sum(start <= at < end for _, start, end in reads) for at in (start for _, start, _ in reads)
    )


def test_side_by_side_gives_the_rows_of_one_after_the_other(
    settled: Shop, copy_of: Callable[[Any], Any]
) -> None:
    shop = settled.copy(copy_of)
    # The lake has one day's rows already: one of them as it still is, one in another version. The
    # last part is bad, so that nothing is built here.
    shop.insert((1012, "known", "2026-01-12 08:00:00.000000"))
    shop.backfill(12, 16, BAD="13").expect(1)
    shop.write("update items set name = 'changed' where id in (12, 13)")
    shop.reads()
    twin = shop.copy(copy_of)

    twin.backfill(10, 16, BAD="16", SLOW="0.3").expect(1)
    assert overlaps(twin.reads()) == 1, "without --parallel nothing is side by side"
    shop.backfill(10, 16, "--parallel", "3", BAD="16", SLOW="0.3").expect(1)
    reads = shop.reads()
    assert sorted(int(day) for day, *_ in reads) == list(range(10, 17)), "each once"
    assert overlaps(reads) == 3, "three parts were read at one time, and never more"

    assert shop.landed() == [10, 11, 12, 12, 13, 14, 15, 1000, 1012], "what it had was left out"
    assert shop.rows() == twin.rows()
    assert shop.project.leftovers() == []


def test_a_part_that_fails_leaves_the_others_running(
    settled: Shop, copy_of: Callable[[Any], Any]
) -> None:
    shop = settled.copy(copy_of)
    # The first part that lands makes the table, so those beside it were read for none: they are
    # read again.
    shutil.rmtree(shop.project.lake / "raw" / "shop" / "items")
    failed = shop.backfill(10, 14, "--parallel", "3", BAD="11 13", SLOW="0.3").expect(1)
    assert "the shop cannot read 11" in failed.err
    assert "3 done, 2 failed, 0 left" in failed.err
    assert [(row["id"], row["_buck_seq"] >> 32) for row in shop.rows()] == [
        (10, 1),
        (12, 2),
        (14, 3),
    ]
    told = [part["status"] for part in shop.grid(10, 14)]
    assert told == ["done", "failed", "done", "failed", "done"]
    shop.backfill(10, 14, "--parallel", "3", BAD="11").expect(1)
    assert shop.landed() == [10, 12, 13, 14]
    assert count(shop.grid(10, 14)) == {"done": 4, "failed": 1, "left": 0}

    refused = shop.backfill(10, 14, "--parallel", "0").expect(2)
    assert "--parallel 0 is less than one part at a time" in refused.err


def test_killed_side_by_side_it_goes_on_and_every_part_is_once(
    settled: Shop, copy_of: Callable[[Any], Any]
) -> None:
    shop = settled.copy(copy_of)
    mark = shop.mark()
    shop.kill_after(1, 10, 18, "--parallel", "3")
    told = shop.grid(10, 18)
    assert count(told)["failed"] == 0
    assert 1 <= len(shop.landed()) - 1 < 9
    done = {part["runs"]["shop"]: part["start"] for part in told if part["status"] == "done"}
    shop.kill_after(2, 10, 18, "--parallel", "3", by=signal.SIGINT)
    shop.reads()

    shop.backfill(10, 18, "--parallel", "3").expect(0)
    assert shop.landed() == [*range(10, 19), 1000], "every day once, no other day"
    told = shop.grid(10, 18)
    assert count(told) == {"done": 9, "failed": 0, "left": 0}
    assert done.items() <= {p["runs"]["shop"]: p["start"] for p in told}.items()
    assert len(shop.reads()) < 8, "what had landed was not read again"
    assert shop.project.leftovers() == []
    shop.project.buck("run", "shop_daily").expect(0)
    assert shop.landed() == [*range(10, 19), 1000]
    assert shop.mark() == mark, "no watermark moved"
