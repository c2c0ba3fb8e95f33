"""Ending a run that takes longer than its pipeline allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from buck.errors import LedgerError, RunTimedOut
from buck.flow.alerting import Ending, tell
from buck.ledger import RunRecorder
from buck.project import Project, duration_s
from buck.records.run import Status


@contextmanager
def deadline(
    project: Project,
    recorder: RunRecorder,
    timeout: str | None,
    *,
    on_timeout: Callable[[RunTimedOut], None] = lambda _: None,
) -> Iterator[None]:
    """Stop the block's run once the timeout has passed: recorded, told, and over.

    Something that hangs cannot be asked to end. The run is recorded as failed, whatever it records
    afterwards raises `RunTimedOut`, and `on_timeout` may end the process: a run may be killed at
    any moment.
    """
    if timeout is None:
        yield
        return

    def stop() -> None:
        reason = RunTimedOut(
            f"{recorder.pipeline} took longer than {timeout} and was stopped",
            hint=f"see where the time went with `buck pipeline logs {recorder.pipeline}`, or raise "
            f"pipelines.{recorder.pipeline}.timeout",
        )
        try:
            tell(project, recorder, Ending(Status.FAILED, error=reason.what, hint=reason.hint))
            recorder.stop(reason, error=reason.what)
        except LedgerError:
            pass
        finally:
            on_timeout(reason)

    timer = threading.Timer(duration_s(timeout), stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
