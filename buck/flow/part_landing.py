"""The parts of a backfill, landed one after the other, or so many of them side by side.

Side by side they only read. Each waits with its rows until all parts before it have ended, and then
commits: what the lake has is left out against what really is there, and the rows lie in the lake
in the order, and under the numbers, that one part after the other gives. A part that failed has
ended, too. As many parts are under way as are wanted at once, so that many lie on the disk at most.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Protocol

from buck.flow.backfilling import part_name
from buck.flow.branches import Branches, land_branches, run_branches
from buck.records.load import LoadReport, TimeRange

Turn = Callable[[], AbstractContextManager[None]]


class LandPart(Protocol):
    """What lands one part of one source; `turn` is entered to commit it."""

    def __call__(self, source: str, part: TimeRange, turn: Turn | None) -> LoadReport:
        """The report of the load."""


class Turns:
    """Whose turn it is to commit: of each source one part at a time, in the order of the parts."""

    def __init__(self, left: Mapping[str, Sequence[str]]) -> None:
        """Give the names of the parts that are to be landed, by source."""
        self._left = {source: list(parts) for source, parts in left.items()}
        self._changed = threading.Condition()

    @contextmanager
    def wait(self, source: str, part: str) -> Iterator[None]:
        """Go on once every part before this one has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._left[source][0] == part)
        yield

    def end(self, source: str, part: str) -> None:
        """Say that a part has landed or failed."""
        with self._changed:
            self._left[source].remove(part)
            self._changed.notify_all()


def land_parts(
    wanted: Mapping[TimeRange, Sequence[str]],
    land: LandPart,
    *,
    sources_at_once: int,
    parts_at_once: int,
) -> Branches:
    """Land the sources of every part; what failed is told as `source part`.

    One after the other, the first part that fails is the last. Side by side, the others go on.

    Args:
        wanted: The parts, oldest first, and the sources that each has still to land.
        land: Lands one part of one source.
        sources_at_once: How many sources of one part land at once.
        parts_at_once: How many parts are under way at once.
    """
    parts = {part_name(part): part for part in wanted}
    if parts_at_once <= 1:
        return _one_by_one(wanted, land, at_once=sources_at_once)
    left: dict[str, list[str]] = {}
    for part, sources in wanted.items():
        for source in sources:
            left.setdefault(source, []).append(part_name(part))
    turns = Turns(left)

    def land_one(source: str, name: str) -> LoadReport:
        try:
            return land(source, parts[name], partial(turns.wait, source, name))
        finally:
            turns.end(source, name)

    def land_part(name: str) -> Branches:
        sources = wanted[parts[name]]
        return land_branches(sources, partial(land_one, name=name), at_once=sources_at_once)

    done = Branches()
    for name, outcome in run_branches(list(parts), land_part, at_once=parts_at_once).items():
        if isinstance(outcome, BaseException):
            raise outcome
        _gather(done, name, outcome)
    return done


def _one_by_one(
    wanted: Mapping[TimeRange, Sequence[str]], land: LandPart, *, at_once: int
) -> Branches:
    done = Branches()
    for part, sources in wanted.items():
        if not done.failed:
            landed = land_branches(sources, partial(land, part=part, turn=None), at_once=at_once)
            _gather(done, part_name(part), landed)
    return done


def _gather(done: Branches, name: str, outcome: Branches) -> None:
    done.loads += outcome.loads
    done.failed |= {f"{source} {name}": exc for source, exc in outcome.failed.items()}
