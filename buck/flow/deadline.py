"""A run that takes longer than its pipeline allows: stopped at the timeout, late at the SLA."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from buck.errors import LedgerError, RunTimedOut
from buck.flow.alerting import Ending, tell
from buck.flow.observing import End, observe_end
from buck.ledger import RunRecorder
from buck.project import Pipeline, Project, duration_s
from buck.records.freshness import duration_text
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
            observe_end(project, recorder, End(Status.FAILED, reason.what))
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


def lateness(pipeline: Pipeline, recorder: RunRecorder, due_at: datetime | None) -> dict[str, Any]:
    """How long a run took since it was due, or began, beside what it may take; for the ledger."""
    took_s = recorder.seconds
    if due_at:
        took_s = round((datetime.now(UTC) - due_at).total_seconds(), 3)
    if pipeline.sla is None:
        return {"since_due_s": took_s}
    sla_s = duration_s(pipeline.sla)
    return {"sla_s": sla_s, "since_due_s": took_s, "is_late": took_s > sla_s}


def late_text(late: Mapping[str, Any]) -> str:
    """The same for people; empty if the run was in time."""
    if not late.get("is_late"):
        return ""
    took, sla = duration_text(int(late["since_due_s"])), duration_text(late["sla_s"])
    return f"the run ended {took} after it was due or began, and may take {sla}"
