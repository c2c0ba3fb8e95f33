"""Trying again what can pass by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from buck.errors import BuckError
from buck.ledger import RunRecorder
from buck.project import Retries, duration_s

Result = TypeVar("Result")


def is_passing(exc: BaseException) -> bool:
    """Whether an error can pass by itself: a source that does not answer, a lock, a race."""
    return isinstance(exc, BuckError) and exc.retryable


def retry(call: Callable[[], Result], rules: Retries, recorder: RunRecorder) -> Result:
    """What the call gives, tried again as the pipeline says; each further try is recorded.

    The waits grow from `delay` by doubling, with as much as `delay` added by chance, and are never
    longer than `max_delay`. An error that cannot pass is raised at once.
    """
    if not rules.count:
        return call()
    from tenacity import (
        RetryCallState,
        Retrying,
        retry_if_exception,
        stop_after_attempt,
        wait_exponential_jitter,
    )

    def record(state: RetryCallState) -> None:
        exc = state.outcome.exception() if state.outcome else None
        wait_s = round(state.next_action.sleep, 1) if state.next_action else 0.0
        what = exc.what if isinstance(exc, BuckError) else str(exc)
        attempt = state.attempt_number
        recorder.add("retried", type(exc).__name__, attempt=attempt, wait_s=wait_s, message=what)
        recorder.flush()

    first_s = duration_s(rules.delay)
    return Retrying(
        stop=stop_after_attempt(rules.count + 1),
        wait=wait_exponential_jitter(
            multiplier=first_s, max=duration_s(rules.max_delay), jitter=first_s
        ),
        retry=retry_if_exception(is_passing),
        before_sleep=record,
        reraise=True,
    )(call)
