"""The ledger `data_pipeline_logs`: what every run did, append-only, in the lake itself."""

from buck.ledger.dues import find_due
from buck.ledger.reading import (
    find_run,
    new_objects,
    newest,
    read_events,
    read_object,
    read_runs,
)
from buck.ledger.volumes import read_volumes, record_volumes
from buck.ledger.writing import RunRecorder, end_run, open_runs

__all__ = [
    "RunRecorder",
    "end_run",
    "find_due",
    "find_run",
    "new_objects",
    "newest",
    "open_runs",
    "read_events",
    "read_object",
    "read_runs",
    "read_volumes",
    "record_volumes",
]
