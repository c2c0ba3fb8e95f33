"""How the ledger lies in the lake: one object of JSON lines per flush, never rewritten.

`data_pipeline_logs/2026-01-31/<run_id>-000002.jsonl`: the day is that of the run's start, so one
day's runs are one listing, and concurrent runs never write the same object.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

FOLDER = "data_pipeline_logs"


class Objects(Protocol):
    """What the ledger needs of the lake's storage."""

    def create(self, name: str, payload: bytes) -> bool:
        """Put an object that must not exist yet."""

    def read(self, name: str) -> bytes | None:
        """An object's bytes, or None."""

    def fetch(self, name: str) -> Path:
        """A local file with the bytes of an object, which never changes once written."""

    def names(self, folder: str) -> list[str]:
        """Names of all objects below a folder, sorted."""


def object_name(run_id: str, part: int, mark: str = "") -> str:
    """The name of a run's n-th object. A run's id begins with its start: `20260131T060000-…`.

    With a mark it ends with that: `…-000004.volumes.jsonl`.
    """
    day = f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"
    return f"{FOLDER}/{day}/{run_id}-{part:06d}{mark and f'.{mark}'}.jsonl"
