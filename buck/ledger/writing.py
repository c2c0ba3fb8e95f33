"""Writing the ledger while a run goes on."""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson

from buck.errors import BuckError, LakeError, LedgerError
from buck.ledger.objects import Objects, object_name
from buck.records.run import Event, EventKind, Status

_OPEN: weakref.WeakSet[RunRecorder] = weakref.WeakSet()


class RunRecorder:
    """Records one run. What a step did is in the lake as soon as the step is over.

    Steps may go on in several threads at once; each thread's events belong to its own step.

    Args:
        objects: The lake's storage.
        run_id: Begins with the run's start, `YYYYMMDDTHHMMSS`.
        pipeline: The pipeline's name.
        on_event: Called with every event, for progress.
        number: The number of its first event.
        part: The number of its first object, above those that there are.
        ends_itself: A signal is answered by whoever has it; it is none of `open_runs`.
    """

    def __init__(
        self,
        objects: Objects,
        run_id: str,
        *,
        pipeline: str,
        on_event: Callable[[Event], None] = lambda _: None,
        number: int = 0,
        part: int = 0,
        ends_itself: bool = False,
    ) -> None:
        self.run_id = run_id
        self.pipeline = pipeline
        self._objects = objects
        self._on_event = on_event
        self._pending: list[Event] = []
        self._number = number
        self._part = part
        self._lock = threading.RLock()
        self._in = threading.local()
        self._over: BuckError | None = None
        self._is_finished = False
        self._ends_itself = ends_itself
        self._steps: list[str] = []
        self._last = ""
        self._started = time.monotonic()

    def start(self, **facts: Any) -> None:
        """Say that the run began, by whom and with what; flushed at once."""
        if not self._ends_itself:
            _OPEN.add(self)
        self.add("run_started", Status.RUNNING, pid=os.getpid(), host=socket.gethostname(), **facts)
        self.flush()

    def add(self, kind: EventKind, status: str = "", **facts: Any) -> None:
        """Record one event of the thread's current step.

        Raises:
            BuckError: somebody has stopped the run.
        """
        self._add(kind, getattr(self._in, "step", ""), status, facts)

    def _add(self, kind: EventKind, step: str, status: str, facts: dict[str, Any]) -> None:
        with self._lock:
            if self._over is not None:
                raise self._over
            event = Event(
                run_id=self.run_id,
                number=self._number,
                at=datetime.now(UTC),
                pipeline=self.pipeline,
                kind=kind,
                step=step,
                status=status,
                facts=facts,
            )
            self._number += 1
            self._is_finished |= kind == "run_finished"
            self._pending.append(event)
            self._on_event(event)

    def leave_out(self, step: str, status: Status, **facts: Any) -> None:
        """Say of a step why it is not done: what blocks it, or who has done it already."""
        self._add("step_finished", step, status, {"seconds": 0.0, **facts})

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """One step; what the block puts into the yielded mapping is recorded at its end."""
        self._in.step = name
        started = time.monotonic()
        facts: dict[str, Any] = {}
        self.add("step_started", Status.RUNNING)
        self._steps.append(name)
        try:
            yield facts
        except BuckError as exc:
            self.add("error", type(exc).__name__, message=exc.what, hint=exc.hint)
            self._finish_step(Status.FAILED, started, facts)
            raise
        self._finish_step(str(facts.pop("status", Status.OK)), started, facts)

    def finish(self, status: Status, **facts: Any) -> None:
        """Say how the run ended."""
        self._in.step = ""
        self.add("run_finished", status, seconds=self.seconds, **facts)
        self.flush()
        _OPEN.discard(self)

    def stop(self, reason: BuckError, *, status: Status = Status.FAILED, **facts: Any) -> None:
        """End a run from outside: whatever it records from now on raises the reason.

        One that has said already how it ended stays as it ended.
        """
        with self._lock:
            if not self._is_finished:
                self._add("run_finished", "", status, {"seconds": self.seconds, **facts})
            self.flush()
            self._over = reason

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has stopped the run and said so."""
        return self._over is not None

    @property
    def whereabouts(self) -> str:
        """Where the run is, to be put behind a verb."""
        if steps := ", ".join(self._steps):
            return f"in {steps}"
        return f"after {self._last}" if self._last else "at its start"

    @property
    def seconds(self) -> float:
        """How long the run has been going on."""
        return round(time.monotonic() - self._started, 3)

    def flush(self, mark: str = "") -> None:
        """Put what is pending into the lake.

        Args:
            mark: Part of the object's name, so that readers of its kind read nothing else.

        Raises:
            LedgerError: it cannot be written. A run that cannot be recorded must not go on.
        """
        with self._lock:
            if not self._pending:
                return
            lines = b"".join(orjson.dumps(e.to_dict(), default=str) + b"\n" for e in self._pending)
            try:
                created = self._objects.create(object_name(self.run_id, self._part, mark), lines)
            except LakeError as exc:
                raise LedgerError(f"the run cannot be recorded: {exc.what}", hint=exc.hint) from exc
            if not created:
                raise LedgerError(f"run {self.run_id} is recorded twice", hint="run again")
            self._part += 1
            self._pending.clear()

    def _finish_step(self, status: str, started: float, facts: dict[str, Any]) -> None:
        self._last = getattr(self._in, "step", "")
        self._steps.remove(self._last)
        seconds = round(time.monotonic() - started, 3)
        self.add("step_finished", status, seconds=seconds, **facts)
        self.flush()


def open_runs() -> tuple[RunRecorder, ...]:
    """The runs of this process that have begun and not ended."""
    return tuple(_OPEN)


def end_run(objects: Objects, events: Sequence[Event], status: Status, **facts: Any) -> None:
    """Record the end of a run that was ended from outside; its process is gone.

    Args:
        objects: The lake's storage.
        events: All that the run recorded.
        status: How it ended.
        facts: What there is to say about it.

    Raises:
        LedgerError: it cannot be written.
    """
    first, last = events[0], events[-1]
    seconds = round((datetime.now(UTC) - first.at).total_seconds(), 3)
    recorder = RunRecorder(
        objects, first.run_id, pipeline=first.pipeline, number=last.number + 1, part=len(events)
    )
    recorder.add("run_finished", status, **{"seconds": seconds, **facts})
    recorder.flush()
