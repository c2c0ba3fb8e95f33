"""Ctrl-C and `buck pipeline cancel`: a thread ends a run, whatever the others are doing.

A run may be killed at any moment. So nobody is asked to come to an end: DuckDB, dlt and dbt would
each make another error of it. The run is recorded, a person is told, and the process is over.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from buck.errors import BuckError, RunInterrupted

if TYPE_CHECKING:
    from pathlib import Path

    from buck.ledger import RunRecorder

SAFE = "what was landed stays, nothing is half published"
AGAIN = "the same command again goes on"
PATIENCE_S = 10.0
"""So long may recording take; a second signal ends the process at once."""

DEAF_S = 1.0
"""So long may the main thread take to notice where no run is going on."""


class _Ending:
    """What the thread needs to know of the command."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.heard = threading.Event()
        self.unwinds = False
        """The command has more to clean up than its run: the main thread ends it."""
        self.work: Path | None = None
        self.again = AGAIN
        self.be_quiet: Callable[[], None] = lambda: None


ENDING = _Ending()


def watch_signals() -> None:
    """From now on SIGINT and SIGTERM end the run that is going on; without one they do as ever."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # Told at once, also while the main thread is in a query or dlt has its own handlers.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    for number, handler in usual.items():
        # Whoever starts us may want us to take no notice.
        if signal.getsignal(number) is handler:
            signal.signal(number, _in_main_thread)
    threading.Thread(target=_wait, args=(reader,), name="signals", daemon=True).start()


def stand_back() -> None:
    """Let nobody else speak, and no other exit code be given, once a signal has ended the run."""
    if ENDING.begun.is_set():
        time.sleep(2 * PATIENCE_S)


def say_interrupted() -> None:
    """Say what a command without a run of its own leaves when it is interrupted."""
    typer.echo(f"interrupted; {SAFE}", err=True)


def _in_main_thread(number: int, _: object) -> None:
    if ENDING.begun.is_set() or _open_runs():
        return
    ENDING.heard.set()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _open_runs() -> Sequence[RunRecorder]:
    if ENDING.unwinds:
        return ()
    # Not imported here: without it there is no run, and a signal may come at any moment.
    find: Any = getattr(sys.modules.get("buck.ledger"), "open_runs", tuple)
    found: Sequence[RunRecorder] = find()
    return found


def _wait(reader: int) -> None:
    while True:
        number = os.read(reader, 1)[0]
        if number in (signal.SIGINT, signal.SIGTERM) and (runs := _open_runs()):
            ENDING.begun.set()
            threading.Thread(target=_end, args=(number, runs), daemon=True).start()
            select.select([reader], [], [], PATIENCE_S)
            os._exit(128 + number)
        if number == signal.SIGINT and signal.getsignal(number) is _in_main_thread:
            _see_to_it()


def _see_to_it() -> None:
    """End a command of which the main thread does not hear: it is in a long query."""
    is_heard = ENDING.heard.wait(PATIENCE_S if ENDING.unwinds else DEAF_S)
    ENDING.heard.clear()
    if not is_heard:
        ENDING.be_quiet()
        say_interrupted()
        sys.stderr.flush()
        os._exit(128 + signal.SIGINT)


def _end(number: int, runs: Sequence[RunRecorder]) -> None:
    from buck.records.run import Status

    try:
        status, word = Status.INTERRUPTED, "interrupted"
        if number == signal.SIGTERM:
            by = _cancelled_by()
            status = Status.CANCELLED if by else Status.INTERRUPTED
            at = f"at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
            word = f"cancelled by {by} {at}" if by else "ended by SIGTERM"
        ENDING.be_quiet()
        for run in runs:
            what, kept = f"{word} {run.whereabouts}", ""
            try:
                run.stop(RunInterrupted(what, hint=ENDING.again), status=status, error=what)
            except BuckError as exc:
                kept = f" ({exc.what})"
            typer.echo(f"{what}: {SAFE}{kept}", err=True)
        typer.echo(f"next: {ENDING.again}", err=True)
        sys.stderr.flush()
    finally:
        os._exit(128 + number)


def _cancelled_by() -> str:
    from buck.flow.cancelling import cancelled_by

    return cancelled_by(ENDING.work, os.getpid()) if ENDING.work else ""
