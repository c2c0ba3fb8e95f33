"""Records that were held back instead of landed, and what was decided about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from buck.records.table import Column

Stage = Literal["load", "check"]
"""Where a record was held: on its way into a raw table, or by a quality check."""

ID_DIGITS = 20


class HeldStatus(StrEnum):
    """What became of a held record.

    `superseded`: a newer version of the same record had landed when it was replayed.
    """

    PENDING = "pending"
    REPLAYED = "replayed"
    RELEASED = "released"
    DROPPED = "dropped"
    SUPERSEDED = "superseded"


HELD_COLUMNS: tuple[Column, ...] = (
    Column("id", "text"),
    Column("source", "text"),
    Column("table", "text"),
    Column("key", "text", personal=True),
    Column("stage", "text"),
    Column("rule", "text"),
    Column("reason", "text"),
    Column("raw", "bytes", personal=True),
    Column("load_id", "text"),
    Column("observed_at", "timestamptz"),
    Column("op", "text"),
    Column("source_ts", "timestamptz"),
    Column("seq", "bigint"),
    Column("row_hash", "bigint"),
    Column("status", "text"),
    Column("decided_at", "timestamptz"),
    Column("decision", "text"),
    Column("_buck_seq", "bigint"),
)
"""Columns of a quarantine table. One row is one state of a held record; the greatest `_buck_seq`
of an `id` is its present one."""


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One record that was held back.

    `raw` is the record as it came, as JSON; `key` is JSON of its key columns, empty if unknown.
    `rule` is a short word (`misfit`, `unreadable`, `no_key`), or the check that holds a row. `seq`
    is the `_buck_seq` that the record would have had, `row_hash` its hash if that is known.
    """

    id: str
    source: str
    table: str
    key: str
    stage: Stage
    rule: str
    reason: str
    raw: bytes
    load_id: str
    observed_at: datetime
    op: str
    source_ts: datetime | None = None
    seq: int | None = None
    row_hash: int | None = None
    status: HeldStatus = HeldStatus.PENDING
    decided_at: datetime | None = None
    decision: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the raw bytes as text, as far as they are UTF-8."""
        return {
            "id": self.id,
            "source": self.source,
            "table": self.table,
            "key": self.key,
            "stage": self.stage,
            "rule": self.rule,
            "reason": self.reason,
            "raw": self.raw.decode("utf-8", "backslashreplace"),
            "load_id": self.load_id,
            "observed_at": self.observed_at.isoformat(),
            "op": self.op,
            "source_ts": self.source_ts.isoformat() if self.source_ts else None,
            "status": str(self.status),
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
            "decision": self.decision,
        }


def held_id(source: str, table: str, *, op: str, raw: bytes) -> str:
    """The id of a held record: the same record of the same table always has the same one.

    Reading it again therefore holds nothing twice, whatever was killed in between.
    """
    gone = "d" if op == "d" else "v"
    head = f"{source}\0{table}\0{gone}\0".encode()
    return hashlib.sha256(head + raw).hexdigest()[:ID_DIGITS]
