"""The sources of a run, landed side by side: a branch that fails leaves the others running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TypeVar

from buck.errors import BuckError
from buck.records.load import LoadReport

Result = TypeVar("Result")


@dataclass(slots=True)
class Branches:
    """What became of every source, in the order in which the pipeline names them."""

    loads: tuple[LoadReport, ...] = ()
    failed: dict[str, BaseException] = field(default_factory=dict)

    def raise_first(self) -> None:
        """Raise what the first failed source raised; a bug before anything else."""
        bugs = [exc for exc in self.failed.values() if not isinstance(exc, BuckError)]
        for exc in (*bugs, *self.failed.values()):
            raise exc


def land_branches(
    sources: Sequence[str], land: Callable[[str], LoadReport], *, at_once: int
) -> Branches:
    """Land every source, so many at once, and say what became of each."""
    outcomes = run_branches(sources, land, at_once=at_once)
    return Branches(
        loads=tuple(one for one in outcomes.values() if isinstance(one, LoadReport)),
        failed={s: one for s, one in outcomes.items() if isinstance(one, BaseException)},
    )


def run_branches(
    names: Sequence[str], work: Callable[[str], Result], *, at_once: int
) -> dict[str, Result | BaseException]:
    """What the work gave or raised for every name, in their order; so many at once.

    They are begun in their order. The threads are daemons: a run that is interrupted does not wait
    for a slow source, and what it leaves is what a killed run leaves.
    """
    if len(names) <= 1 or at_once <= 1:
        return dict(_outcome(name, work) for name in names)
    waiting: SimpleQueue[str] = SimpleQueue()
    ended: SimpleQueue[tuple[str, Result | BaseException]] = SimpleQueue()
    for name in names:
        waiting.put(name)

    def go_on() -> None:
        while True:
            try:
                name = waiting.get_nowait()
            except Empty:
                return
            ended.put(_outcome(name, work))

    for number in range(min(at_once, len(names))):
        threading.Thread(target=go_on, name=f"land {number}", daemon=True).start()
    outcomes = dict(ended.get() for _ in names)
    return {name: outcomes[name] for name in names}


class _Branch:
    """Keeps what goes wrong inside for the thread that waits, which raises it once all are done."""

    failure: BaseException | None = None

    def __enter__(self) -> _Branch:
        return self

    def __exit__(self, _: object, exc: BaseException | None, __: object) -> bool:
        # sys.exit() in a thread would end it without a word, and the others would wait for ever.
        self.failure = exc if isinstance(exc, Exception | SystemExit) else None
        return self.failure is not None


def _outcome(name: str, work: Callable[[str], Result]) -> tuple[str, Result | BaseException]:
    with _Branch() as branch:
        return name, work(name)
    assert branch.failure is not None
    return name, branch.failure
