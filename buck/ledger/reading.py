"""Reading the ledger, also while a run goes on."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

import orjson

from buck.errors import LedgerError
from buck.ledger.objects import FOLDER, Objects
from buck.records.run import Event, RunSummary, Status


def read_events(
    objects: Objects,
    *,
    pipeline: str | None = None,
    day: date | None = None,
    run_id: str | None = None,
    since_runs: int | None = None,
) -> list[Event]:
    """Events in order of their run's start and their number.

    Args:
        objects: The lake's storage.
        pipeline: Only this pipeline's.
        day: Only runs that started on this day (UTC).
        run_id: Only this run's.
        since_runs: Only the newest so many runs.
    """
    folder = f"{FOLDER}/{day.isoformat()}" if day else FOLDER
    names = [n for n in objects.names(folder) if n.endswith(".jsonl")]
    if run_id:
        names = [n for n in names if _run_of(n) == run_id]
    if since_runs and not pipeline:
        newest = sorted({_run_of(n) for n in names})[-since_runs:]
        names = [n for n in names if _run_of(n) in newest]
    events = [e for name in names for e in _read(objects, name)]
    return [e for e in events if pipeline is None or e.pipeline == pipeline]


def new_objects(objects: Objects, seen: Collection[str], *, since: date | None) -> list[str]:
    """Names of the ledger's objects that are not among those seen, of runs since a day."""
    first = f"{FOLDER}/{since.isoformat()}" if since else FOLDER
    names = (n for n in objects.names(FOLDER) if n.endswith(".jsonl") and n >= first)
    return [n for n in names if n not in seen]


def read_object(objects: Objects, name: str) -> list[Event]:
    """The events of one object.

    Raises:
        LedgerError: it is damaged.
    """
    return list(_read(objects, name))


def find_run(objects: Objects, run_id: str) -> list[Event]:
    """The events of the one run whose id begins so; none if there is no such run, or several."""
    names = [n for n in objects.names(FOLDER) if n.endswith(".jsonl")]
    found = {_run_of(n) for n in names if run_id and _run_of(n).startswith(run_id)}
    return read_events(objects, run_id=found.pop()) if len(found) == 1 else []


def read_runs(
    objects: Objects, *, pipeline: str | None = None, limit: int = 20
) -> list[RunSummary]:
    """The newest runs, newest first."""
    events = read_events(objects, pipeline=pipeline, since_runs=limit)
    by_run: dict[str, list[Event]] = {}
    for event in events:
        by_run.setdefault(event.run_id, []).append(event)
    return [summarise(by_run[r]) for r in sorted(by_run, reverse=True)][:limit]


def summarise(events: list[Event]) -> RunSummary:
    """One run from its events."""
    first, last = events[0], events[-1]
    finished = last if last.kind == "run_finished" else None
    errors = [e.facts.get("message") for e in events if e.kind == "error"]
    errors += [finished.facts.get("error")] if finished else []
    published = [e for e in events if e.kind in ("published", "rolled_back")]
    outcomes = Counter(e.status for e in events if e.kind == "check_judged")
    steps = [e.step for e in events if e.kind == "step_started"]
    broken = [e.step for e in events if e.kind == "step_finished" and e.status == Status.FAILED]
    status = Status(finished.status) if finished else _unfinished(first)
    as_of = first.facts.get("as_of")
    return RunSummary(
        run_id=first.run_id,
        pipeline=first.pipeline,
        status=status,
        started_at=first.at,
        as_of=datetime.fromisoformat(as_of) if as_of else None,
        seconds=finished.facts.get("seconds") if finished else None,
        rows_landed=sum(_rows(e) for e in events if e.kind == "table_landed"),
        checks=dict(outcomes),
        snapshot=str(published[-1].facts.get("snapshot", "")) if published else "",
        snapshot_after=str(finished.facts.get("snapshot") or "") if finished else "",
        step=broken[0] if broken else steps[-1] if steps else "",
        error=next((str(e) for e in errors if e), ""),
    )


def _rows(event: Event) -> int:
    return int(event.facts.get("rows_landed", 0))


def _unfinished(first: Event) -> Status:
    """Running, unless the process that began it on this machine is gone."""
    if first.facts.get("host") != socket.gethostname():
        return Status.RUNNING
    pid = first.facts.get("pid")
    # Zero and below would mean groups of processes, ours among them.
    if not isinstance(pid, int) or pid <= 0:
        return Status.INTERRUPTED
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return Status.INTERRUPTED
    except PermissionError:
        pass
    return Status.RUNNING


def _run_of(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit("-", 1)[0]


def _read(objects: Objects, name: str) -> Iterator[Event]:
    payload = objects.read(name)
    for line in (payload or b"").splitlines():
        try:
            yield _event(orjson.loads(line))
        except (orjson.JSONDecodeError, KeyError, ValueError, TypeError) as exc:
            raise LedgerError(f"{name} is damaged: {exc}", hint="restore or remove it") from exc


def _event(record: dict[str, Any]) -> Event:
    return Event(
        run_id=record["run_id"],
        number=record["number"],
        at=datetime.fromisoformat(record["at"]),
        pipeline=record["pipeline"],
        kind=record["kind"],
        step=record["step"],
        status=record["status"],
        facts=record["facts"],
    )


def newest(runs: Iterable[RunSummary]) -> dict[str, RunSummary]:
    """Each pipeline's newest run."""
    found: dict[str, RunSummary] = {}
    for run in sorted(runs, key=lambda r: r.run_id):
        found[run.pipeline] = run
    return found
