"""Noticing saved files by looking at their times: a few hundred files take about a millisecond."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

LOOKED_AT: Final = {".sql", ".yml", ".yaml", ".csv", ".md", ".py"}
LEFT_OUT: Final = {"target", "logs", "dbt_packages", "__pycache__"}
PAUSE_S: Final = 0.2
"""Between two looks: a person does not notice it, and a processor does not either."""

Seen = dict[Path, tuple[int, int]]


class Watch:
    """Which files of a folder were saved, added or removed since the last look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._look()

    def changes(self) -> list[Path]:
        """What is different since the last call, relative to the folder, sorted."""
        before, self._seen = self._seen, self._look()
        every = before.keys() | self._seen.keys()
        found = [path for path in every if before.get(path) != self._seen.get(path)]
        return sorted(path.relative_to(self._folder) for path in found)

    def wait(self, *, is_over: Callable[[], bool] = lambda: False) -> Iterator[list[Path]]:
        """Every save, as the files that belong to it; editors that write twice are waited for.

        Ends at the first save after which `is_over`.
        """
        while True:
            time.sleep(PAUSE_S)
            found = set(self.changes())
            if not found:
                continue
            while more := self._settle():
                found |= more
            if is_over():
                return
            yield sorted(found)

    def _settle(self) -> set[Path]:
        time.sleep(PAUSE_S / 4)
        return set(self.changes())

    def _look(self) -> Seen:
        found: Seen = {}
        waiting = [self._folder]
        while waiting:
            try:
                entries = list(waiting.pop().iterdir())
            except OSError:
                continue
            for path in entries:
                if path.name.startswith(".") or path.name in LEFT_OUT:
                    continue
                if path.suffix in LOOKED_AT:
                    try:
                        told = path.stat()
                    except OSError:
                        # An editor that replaces a file removes it for a moment.
                        continue
                    found[path] = (told.st_mtime_ns, told.st_size)
                elif path.is_dir():
                    waiting.append(path)
        return found
