"""The ledger `data_pipeline_logs`: what every run did, append-only, in the lake itself."""

from buck.ledger.reading import find_run, newest, read_events, read_runs
from buck.ledger.volumes import read_volumes, record_volumes
from buck.ledger.writing import RunRecorder

__all__ = [
    "RunRecorder",
    "find_run",
    "newest",
    "read_events",
    "read_runs",
    "read_volumes",
    "record_volumes",
]
