"""What earlier runs counted in tables: the history that anomalies are judged by.

A run puts its counts into an object of their own (`….volumes.jsonl`), so weeks of history are a
hundred small reads, and on a bucket only those of the runs since this machine's last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import orjson

from buck.errors import LedgerError
from buck.ledger.objects import FOLDER, Objects
from buck.ledger.writing import RunRecorder
from buck.records.volume import TableVolume

MARK: Final = "volumes"
_NEWEST: Final = 40
"""So many runs are read whichever way they lie; older ones two a day."""
_MOST: Final = 160


def record_volumes(recorder: RunRecorder, volumes: Iterable[TableVolume]) -> None:
    """Put a run's counts into the ledger; later runs are compared with them."""
    recorder.flush()
    for volume in volumes:
        recorder.add(
            "table_measured",
            "ok",
            table=volume.table,
            as_of=volume.at.isoformat(),
            rows=volume.rows,
            missing=dict(volume.missing),
        )
    recorder.flush(MARK)


def read_volumes(objects: Objects, *, before_run: str = "") -> list[TableVolume]:
    """What runs counted, oldest run first: the newest forty of them, and two of each day before.

    Args:
        objects: The lake's storage.
        before_run: Only runs that began before this one.

    Raises:
        LedgerError: an object is damaged.
    """
    ending = f".{MARK}.jsonl"
    names = [n for n in objects.names(FOLDER) if n.endswith(ending)]
    if before_run:
        names = [n for n in names if _run_of(n) < before_run]
    return [volume for name in _thin(names) for volume in _read(objects, name)]


def _thin(names: list[str]) -> list[str]:
    half_days: dict[tuple[str, bool], str] = {}
    for name in names[:-_NEWEST]:
        run = _run_of(name)
        half_days[run[:8], run[9:11] < "12"] = name
    return [*half_days.values(), *names[-_NEWEST:]][-_MOST:]


def _run_of(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit("-", 1)[0]


def _read(objects: Objects, name: str) -> Iterable[TableVolume]:
    for line in objects.fetch(name).read_bytes().splitlines():
        try:
            record = orjson.loads(line)
            if record["kind"] != "table_measured":
                continue
            facts = record["facts"]
            yield TableVolume(
                table=str(facts["table"]),
                at=datetime.fromisoformat(facts["as_of"]),
                rows=int(facts["rows"]),
                missing={str(k): int(v) for k, v in facts["missing"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise LedgerError(f"{name} is damaged: {exc}", hint="restore or remove it") from exc
