"""Getting dbt and Soda ready while sources are still landing.

Importing dbt and parsing a project takes seconds of this process; landing mostly waits for others.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from buck.errors import BuckError

if TYPE_CHECKING:
    from buck.transform import DbtWorkspace


class Warmup:
    """A thread that imports dbt and Soda and parses the dbt project, started at most once."""

    def __init__(self, space: DbtWorkspace) -> None:
        self._thread = threading.Thread(target=_warm_up, args=(space,), daemon=True)
        self._lock = threading.Lock()
        self._is_started = False

    def start(self) -> None:
        """Begin, if it has not begun yet."""
        with self._lock:
            if not self._is_started:
                self._is_started = True
                self._thread.start()

    def wait(self) -> None:
        """Wait until everything is ready, or has failed in a way the build will tell."""
        if self._is_started:
            self._thread.join()


def _warm_up(space: DbtWorkspace) -> None:
    from buck.quality import preload as preload_soda
    from buck.transform import ensure_parsed
    from buck.transform import preload as preload_dbt

    preload_dbt()
    # What is wrong with the project is said by the build itself, with its context.
    with suppress(BuckError):
        ensure_parsed(space)
    preload_soda()
