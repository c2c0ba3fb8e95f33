"""Which runs were for which moment of a schedule."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson

from buck.errors import LedgerError
from buck.ledger.objects import FOLDER, Objects
from buck.ledger.reading import read_events, summarise
from buck.records.run import RunSummary

FIRST = "-000000.jsonl"
"""The end of the name of a run's first object, which says what the run is for."""


def find_due(objects: Objects, pipeline: str, due_at: datetime) -> list[RunSummary]:
    """The runs of a pipeline for one moment of its schedule, oldest first.

    Raises:
        LedgerError: an object is damaged.
    """
    # Clocks of machines differ a little; a run that is early by a day is not for this moment.
    since = f"{FOLDER}/{(due_at - timedelta(days=1)):%Y-%m-%d}"
    names = [n for n in objects.names(FOLDER) if n.endswith(FIRST) and n > since]
    found = [run for name in names if (run := _run_for(objects, name, pipeline, due_at))]
    return [summarise(read_events(objects, run_id=run)) for run in sorted(found)]


def _run_for(objects: Objects, name: str, pipeline: str, due_at: datetime) -> str | None:
    payload = objects.fetch(name).read_bytes()
    try:
        begun = orjson.loads(payload.split(b"\n", 1)[0])
        is_for = begun["pipeline"] == pipeline and begun["facts"].get("due_at")
        if is_for and datetime.fromisoformat(is_for) == due_at:
            return str(begun["run_id"])
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise LedgerError(f"{name} is damaged: {exc}", hint="restore or remove it") from exc
    return None
