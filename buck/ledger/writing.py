"""Writing the ledger while a run goes on."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson

from buck.errors import BuckError, LakeError, LedgerError
from buck.ledger.objects import Objects, object_name
from buck.records.run import Event, EventKind, Status


class RunRecorder:
    """Records one run. What a step did is in the lake as soon as the step is over.

    Args:
        objects: The lake's storage.
        run_id: Begins with the run's start, `YYYYMMDDTHHMMSS`.
        pipeline: The pipeline's name.
        on_event: Called with every event, for progress.
    """

    def __init__(
        self,
        objects: Objects,
        run_id: str,
        *,
        pipeline: str,
        on_event: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self.run_id = run_id
        self.pipeline = pipeline
        self._objects = objects
        self._on_event = on_event
        self._pending: list[Event] = []
        self._number = 0
        self._part = 0
        self._step = ""
        self._started = time.monotonic()

    def start(self, **facts: Any) -> None:
        """Say that the run began, by whom and with what; flushed at once."""
        self.add("run_started", Status.RUNNING, pid=os.getpid(), host=socket.gethostname(), **facts)
        self.flush()

    def add(self, kind: EventKind, status: str = "", **facts: Any) -> None:
        """Record one event of the current step."""
        event = Event(
            run_id=self.run_id,
            number=self._number,
            at=datetime.now(UTC),
            pipeline=self.pipeline,
            kind=kind,
            step=self._step,
            status=status,
            facts=facts,
        )
        self._number += 1
        self._pending.append(event)
        self._on_event(event)

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """One step; what the block puts into the yielded mapping is recorded at its end."""
        self._step = name
        started = time.monotonic()
        facts: dict[str, Any] = {}
        self.add("step_started", Status.RUNNING)
        try:
            yield facts
        except BuckError as exc:
            self.add("error", type(exc).__name__, message=exc.what, hint=exc.hint)
            self._finish_step(Status.FAILED, started, facts)
            raise
        self._finish_step(str(facts.pop("status", Status.OK)), started, facts)

    def finish(self, status: Status, **facts: Any) -> None:
        """Say how the run ended."""
        self._step = ""
        seconds = round(time.monotonic() - self._started, 3)
        self.add("run_finished", status, seconds=seconds, **facts)
        self.flush()

    def flush(self, mark: str = "") -> None:
        """Put what is pending into the lake.

        Args:
            mark: Part of the object's name, so that readers of its kind read nothing else.

        Raises:
            LedgerError: it cannot be written. A run that cannot be recorded must not go on.
        """
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
        seconds = round(time.monotonic() - started, 3)
        self.add("step_finished", status, seconds=seconds, **facts)
        self.flush()
