"""Records that are gone from the org although no query says so: purged, merged, deleted for good.

`IsDeleted` tells of a deletion only while the record is in the recycle bin. getDeleted tells of
fifteen days; comparing all ids tells the rest, and finds what was missed the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from buck.sources.load import TableLoad
from buck.sources.salesforce.marks import DELETED_UNTIL, READ_UNTIL, RECONCILED_AT, read_mark
from buck.sources.salesforce.session import ObjectDenied, OrgSession, read_json
from buck.sources.salesforce.values import Row, read_instant

if TYPE_CHECKING:
    import pyarrow as pa

ASK_EVERY = timedelta(days=1)
COMPARE_EVERY = timedelta(days=7)
LONGEST_LAG = timedelta(days=14)
"""A gap beyond this may hide deletions that getDeleted, with its fifteen days, no longer tells."""
_TOLD_FOR = timedelta(days=15)
_TELLS_TOO_LITTLE = frozenset({"EXCEEDED_ID_LIMIT", "INVALID_REPLICATION_DATE"})
_FEW = 100


class Sweep(StrEnum):
    """What a load does about records that are gone."""

    NONE = "none"
    ASK = "ask"
    COMPARE = "compare"


def choose_sweep(
    table: TableLoad, *, now: datetime, until: datetime, has_cursor: bool, tells_deleted: bool
) -> Sweep:
    """What is due, by the marks of the last commit.

    A table without rows has nothing to sweep. One that is read whole, and one whose last load is
    too long ago, is compared.
    """
    if table.is_first:
        return Sweep.NONE
    since = read_mark(table, READ_UNTIL)
    compared_at = read_mark(table, RECONCILED_AT)
    if since is None or not has_cursor or until - since > LONGEST_LAG:
        return Sweep.COMPARE
    if compared_at is None or now - compared_at >= COMPARE_EVERY:
        return Sweep.COMPARE
    told_until = read_mark(table, DELETED_UNTIL)
    if tells_deleted and (told_until is None or until - told_until >= ASK_EVERY):
        return Sweep.ASK
    return Sweep.NONE


@dataclass(slots=True)
class Seen:
    """The ids that a load has read, while a sweep is due; deleted ones apart."""

    alive: list[pa.Array] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def add(self, rows: Sequence[Row]) -> None:
        """Remember a page's ids."""
        import pyarrow as pa

        gone = {row["id"] for row in rows if row.get("isdeleted")}
        self.deleted |= gone
        alive = [row["id"] for row in rows if row["id"] not in gone]
        self.alive.append(pa.array(alive, pa.string()))

    def all_ids(self) -> pa.Array:
        """Every id seen."""
        import pyarrow as pa

        gone = pa.array(sorted(self.deleted), pa.string())
        return pa.concat_arrays([*self.alive, gone])


@dataclass(frozen=True, slots=True)
class Told:
    """What getDeleted said: when each id was deleted, and up to when that is complete."""

    deleted_at: Mapping[str, datetime]
    until: datetime
    is_complete: bool = True
    """False where deletions before the asked time may be missing."""


def ask_deleted(
    session: OrgSession, name: str, *, since: datetime | None, until: datetime, now: datetime
) -> Told:
    """The deletions after one time up to another, as far back as the org tells."""
    oldest = now - _TOLD_FOR + timedelta(minutes=1)
    start = max(since or oldest, oldest)
    path = f"{session.root}/sobjects/{quote(name, safe='')}/deleted"
    params = {"start": _stamp(start), "end": _stamp(until)}
    try:
        answer = session.get(path, about=name, params=params, check=read_json)
    except ObjectDenied as exc:
        # Too many deletions to tell, or none of the time asked for: only the ids can tell. An
        # object that is not replicated at all waits for the weekly comparison.
        return Told({}, until, is_complete=exc.code not in _TELLS_TOO_LITTLE)
    told: dict[str, Any] = read_json(answer)
    earliest, covered = told.get("earliestDateAvailable"), told.get("latestDateCovered")
    return Told(
        {str(r["id"]): read_instant(r["deletedDate"]) for r in told.get("deletedRecords") or ()},
        min(until, read_instant(covered)) if covered else until,
        is_complete=not earliest or since is None or read_instant(earliest) <= start,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a comparison of ids found."""

    missing: tuple[str, ...]
    """Held by the lake and unknown to the org, its recycle bin included."""
    unread: tuple[str, ...]
    """To be read again: known to the org and not to the lake, or deleted in the org only."""
    held: int
    listed: int

    def is_suspicious(self, max_share: float) -> bool:
        """Whether so much is missing that the list is more likely wrong than the lake."""
        if not self.missing or max_share >= 1:
            return False
        return self.listed == 0 or len(self.missing) > max(_FEW, max_share * self.held)


def compare_ids(table: TableLoad, listed: Iterator[list[Row]], seen: Seen) -> Difference:
    """The org's ids against the lake's as they were before this load, and what it has read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    there = Seen()
    for rows in listed:
        there.add(rows)
    everywhere = there.all_ids()
    known = table.known_keys()["id"].cast(pa.string()).combine_chunks()
    explained = pa.concat_arrays([everywhere, pa.array(sorted(seen.deleted), pa.string())])
    missing = _without(known, explained)
    alive = pa.concat_arrays([pa.array([], pa.string()), *there.alive])
    unread = _without(alive, pa.concat_arrays([known, seen.all_ids()])).to_pylist()
    in_bin = pa.array(sorted(there.deleted - seen.deleted), pa.string())
    unread += in_bin.filter(pc.is_in(in_bin, value_set=known)).to_pylist()
    return Difference(
        tuple(sorted(missing.to_pylist())), tuple(sorted(unread)), len(known), len(everywhere)
    )


def _without(ids: pa.Array, others: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return ids.filter(pc.invert(pc.is_in(ids, value_set=others)))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00"
