"""The sources of a run, landed side by side: a branch that fails leaves the others running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from buck.errors import BuckError
from buck.records.load import LoadReport


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
    """Land every source, so many at once, and say what became of each.

    The threads are daemons: a run that is interrupted does not wait for a slow source, and what it
    leaves is what a killed run leaves.
    """
    if len(sources) <= 1 or at_once <= 1:
        return _gather(sources, dict(_outcome(source, land) for source in sources))
    waiting: SimpleQueue[str] = SimpleQueue()
    ended: SimpleQueue[tuple[str, LoadReport | BaseException]] = SimpleQueue()
    for source in sources:
        waiting.put(source)

    def work() -> None:
        while True:
            try:
                source = waiting.get_nowait()
            except Empty:
                return
            ended.put(_outcome(source, land))

    for number in range(min(at_once, len(sources))):
        threading.Thread(target=work, name=f"land {number}", daemon=True).start()
    return _gather(sources, dict(ended.get() for _ in sources))


class _Branch:
    """Keeps what goes wrong inside for the thread that waits, which raises it once all are done."""

    failure: Exception | None = None

    def __enter__(self) -> _Branch:
        return self

    def __exit__(self, _: object, exc: BaseException | None, __: object) -> bool:
        self.failure = exc if isinstance(exc, Exception) else None
        return self.failure is not None


def _outcome(
    source: str, land: Callable[[str], LoadReport]
) -> tuple[str, LoadReport | BaseException]:
    with _Branch() as branch:
        return source, land(source)
    assert branch.failure is not None
    return source, branch.failure


def _gather(sources: Sequence[str], outcomes: dict[str, LoadReport | BaseException]) -> Branches:
    found = [(source, outcomes[source]) for source in sources]
    return Branches(
        loads=tuple(one for _, one in found if isinstance(one, LoadReport)),
        failed={source: one for source, one in found if isinstance(one, BaseException)},
    )
