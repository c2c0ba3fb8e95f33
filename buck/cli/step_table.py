"""The steps that are going on, redrawn in place on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from buck.cli.render import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from buck.records.build import Progress
    from buck.records.load import Reading

PER_SECOND = 4
BAR = 24


class StepTable:
    """One line for each step: what, how far, how long. Empty between steps; safe across threads."""

    def __init__(self, indent: str = "") -> None:
        self._indent = indent
        self._bars: Bars | None = None
        self._lines: dict[str, TaskID] = {}
        self._lock = threading.RLock()

    def start(self, step: str) -> None:
        """Draw a step from now on."""
        with self._lock:
            if self._bars is None:
                self._bars = self._drawn()
            if step not in self._lines:
                self._lines[step] = self._bars.add_task(step, total=None, far="")

    def finish(self, step: str) -> None:
        """Draw a step no longer; the terminal is as it was when none is left."""
        with self._lock:
            line = self._lines.pop(step, None)
            if self._bars is not None and line is not None:
                self._bars.remove_task(line)
                if not self._lines:
                    self.close()

    def show_node(self, progress: Progress) -> None:
        """How many of dbt's nodes are done, and the one begun last, in the step begun last."""
        with self._lock:
            if self._bars is None or not self._lines:
                return
            line = list(self._lines.values())[-1]
            if progress.kind == "started":
                done = max(progress.index - 1, 0)
                self._bars.update(line, total=progress.total, completed=done, far=progress.name)
            elif progress.index == progress.total:
                self._bars.update(line, completed=progress.total)

    def show_reading(self, step: str, ask: Callable[[], Reading]) -> None:
        """How much of a source has been read, asked each time the line is drawn."""
        with self._lock:
            if self._bars is not None and step in self._lines:
                self._bars.update(self._lines[step], far=ask)

    def say(self, text: str) -> None:
        """A line above what moves."""
        from rich.text import Text

        with self._lock:
            if self._bars is None:
                say(text)
            else:
                self._bars.console.print(Text.from_ansi(text), soft_wrap=True)

    def close(self) -> None:
        """Draw nothing any more."""
        with self._lock:
            if self._bars is not None:
                self._bars.stop()
            self._bars = None
            self._lines.clear()

    def _drawn(self) -> Bars:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            Task,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.table import Column
        from rich.text import Text

        class Counted(BarColumn):
            def render(self, task: Task) -> Any:
                """A bar only where the end is known."""
                return super().render(task) if task.total is not None else Text()

        class Far(ProgressColumn):
            def render(self, task: Task) -> Text:
                of = "" if task.total is None else f"{task.completed:,.0f}/{task.total:,.0f} "
                return Text(of).append(_said(task.fields["far"]), style="dim")

        indent = (TextColumn(self._indent[1:]),) if self._indent else ()
        bars = Progress(
            *indent,
            SpinnerColumn(),
            TextColumn("{task.description:<18}", markup=False),
            TimeElapsedColumn(),
            Counted(bar_width=BAR),
            Far(table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            console=Console(stderr=True),
            refresh_per_second=PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            expand=True,
        )
        bars.start()
        return bars


def _said(far: str | Callable[[], Reading]) -> str:
    if isinstance(far, str):
        return far
    reading = far()
    megabytes = reading.bytes / 1_000_000
    return f"{reading.rows:,} rows, {megabytes:,.1f} MB" if reading.bytes else ""
