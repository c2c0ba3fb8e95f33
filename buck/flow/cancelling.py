"""Ending a run that goes on."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from buck.errors import ConfigError, RunError
from buck.flow.lake_access import open_lake
from buck.flow.lock import lock_holder
from buck.ledger import end_run, newest, read_events, read_runs
from buck.project import Project
from buck.records.run import RunSummary, Status

RUNS = 20
PATIENCE_S = 20.0
NOTE = "cancelled.json"
"""Tells the process that is about to be ended by whom."""


def cancel_run(project: Project, pipeline: str, *, by: str) -> RunSummary:
    """End the pipeline's run that is going on, and record who ended it: nobody but this command.

    What it has landed stays, nothing is half published: a run may be killed at any moment.

    Raises:
        ConfigError: none of this pipeline is going on.
        RunError: it goes on on another machine, or would not end.
    """
    project.pipeline(pipeline)
    storage = open_lake(project).storage
    run = newest(read_runs(storage, limit=RUNS)).get(pipeline)
    holder = lock_holder(project.work)
    if run is None or run.status != Status.RUNNING:
        told = f"its newest run, {run.run_id}, is {run.status}" if run else "it has never run"
        raise ConfigError(
            f"no run of {pipeline} is going on: {told.replace('_', ' ')}",
            hint="buck pipeline status",
        )
    events = read_events(storage, run_id=run.run_id)
    pid = events[0].facts.get("pid")
    if holder is None or holder["pid"] != pid:
        raise RunError(
            f"run {run.run_id} of {pipeline} is not this machine's",
            hint=f"cancel it on {events[0].facts.get('host')}",
        )
    note = project.work / NOTE
    try:
        note.write_text(json.dumps({"pid": pid, "by": by}), encoding="utf-8")
        _end(project, int(holder["pid"]))
    finally:
        note.unlink(missing_ok=True)
    # It may have come to its end by itself in the meantime.
    events = read_events(storage, run_id=run.run_id)
    if events[-1].kind != "run_finished":
        error = f"cancelled by {by} in {run.step or 'its start'}"
        end_run(storage, events, Status.CANCELLED, error=error)
    return newest(read_runs(storage, limit=RUNS))[pipeline]


def cancelled_by(work: Path, pid: int) -> str:
    """Who is cancelling the run of this process; empty if nobody said so."""
    try:
        note = json.loads((work / NOTE).read_text(encoding="utf-8"))
        return str(note["by"]) if note["pid"] == pid else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _end(project: Project, pid: int) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if (lock_holder(project.work) or {}).get("pid") != pid:
                return
            time.sleep(0.05)
    raise RunError(f"process {pid} does not end", hint=f"see what it is doing: ps {pid}")
