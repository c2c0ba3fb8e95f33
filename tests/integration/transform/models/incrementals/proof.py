"""Histories go through a lake batch by batch, then every incremental mart is compared."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from buck.sandbox.company import day_start
from buck.transform import models
from tests.integration.transform.models.conftest import RawLake
from tests.integration.transform.models.incrementals.histories import (
    BATCHES,
    DAYS,
    History,
    Version,
    batches_of,
)

INCREMENTAL = "config.materialized:incremental"
# Views are made once; what is rebuilt each time is what incremental models are or read.
SELECT = (INCREMENTAL, f"+{INCREMENTAL},config.materialized:table")
OWNER = re.compile(r"h(\d+)x")


@dataclass(frozen=True)
class Difference:
    """A row that one way of building a mart has and the other has not."""

    table: str
    finding: str
    row: tuple[Any, ...]

    @property
    def owner(self) -> int | None:
        """The number of the history it belongs to, where the row says so."""
        found = OWNER.search(str(self.row))
        return int(found.group(1)) if found else None


def as_of(batch: int):
    """The moment of a batch's build: later with every batch, as in real life."""
    return day_start(0) + timedelta(days=(batch + 1) * DAYS / BATCHES)


def incremental_marts(lake: RawLake) -> list[str]:
    """Every incremental model of the project, `schema.name`."""
    return [f"{m.schema}.{m.name}" for m in models(lake.parsed) if m.materialized == "incremental"]


def land(lake: RawLake, batch: Sequence[tuple[int, Version]], number: int) -> None:
    """One batch, as one load per table."""
    by_table: dict[tuple[str, str], list[tuple[str, dict[str, Any], Any]]] = {}
    for owner, version in batch:
        rows = by_table.setdefault(version.table, [])
        rows.append((version.op, version.rendered(owner), version.at))
    for table, versions in by_table.items():
        lake.append(table, versions, as_of=as_of(number))


def prove(
    lake: RawLake, histories: Sequence[History], *, seed: int = 0, batches: int = BATCHES
) -> list[Difference]:
    """What incremental builds after every batch left different from a full refresh at the end."""
    lake.build(as_of=as_of(0), command="seed")
    lake.build(as_of=as_of(0), command="run", select=[f"+{INCREMENTAL}"])
    for number, batch in enumerate(batches_of(histories, random.Random(seed), batches)):
        land(lake, batch, number)
        lake.build(as_of=as_of(number), command="run", select=SELECT)
    return compare_with_full_refresh(lake)


def compare_with_full_refresh(lake: RawLake) -> list[Difference]:
    """Every incremental mart as it is now, against the same built from nothing."""
    marts = incremental_marts(lake)
    with lake.connect() as con:
        con.execute("create schema kept")
        for number, mart in enumerate(marts):
            con.execute(f"create table kept.m{number} as from {mart}")
    lake.build(as_of=as_of(BATCHES - 1), command="run", select=SELECT, full_refresh=True)
    found = []
    with lake.connect() as con:
        for number, mart in enumerate(marts):
            for finding, left, right in (
                ("not in a full build", f"kept.m{number}", mart),
                ("only in a full build", mart, f"kept.m{number}"),
            ):
                rows = con.execute(f"from {left} except all from {right}").fetchall()
                found += [Difference(mart, finding, row) for row in rows]
        con.execute("drop schema kept cascade")
    return found


def shrink(
    history: History,
    fails: Callable[[Sequence[History]], list[bool]],
    *,
    rounds: int = 12,
) -> History:
    """The least that still fails: ways to leave something out are tried side by side in a lake.

    Args:
        history: One that fails by itself.
        fails: Says of each of some histories, put into one new lake, whether it fails.
        rounds: How many lakes to spend.
    """
    part = max(len(history) // 2, 1)
    for _ in range(rounds):
        smaller = [
            history[:start] + history[start + part :] for start in range(0, len(history), part)
        ]
        smaller = [candidate for candidate in smaller if candidate]
        worse = [h for h, failed in zip(smaller, fails(smaller), strict=True) if failed]
        if worse:
            history = worse[0]
            part = min(part, max(len(history) // 2, 1))
        elif part == 1:
            break
        else:
            part = max(part // 2, 1)
    return history
