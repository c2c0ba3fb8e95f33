"""The records of the sandbox's org: every version of each, and what is visible of them when."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from buck.sandbox.company.change import Change
from buck.sandbox.salesforce.catalog import Catalog
from buck.sandbox.salesforce.values import format_instant

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that was deleted, listed by getDeleted for 15 days."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Version:
    at: datetime
    row: Row | None
    """None where the record was deleted for good."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """Which versions become visible only `late_s` after their SystemModstamp.

    That is how a long transaction looks from outside: a row appears with a stamp older than what
    readers have already seen. Without ids it hits every second record.
    """

    late_s: float = 0.0
    ids: frozenset[str] | None = None

    def of(self, id_: str) -> timedelta:
        """How late the versions of a record are."""
        hit = zlib.crc32(id_.encode()) % 2 == 0 if self.ids is None else id_ in self.ids
        return timedelta(seconds=self.late_s if hit else 0.0)


class SalesforceStore:
    """Every object's records, by the first 15 characters of their Ids.

    Deleted ones stay with IsDeleted until they are purged. Thread safe: the server answers
    several requests at once while the sandbox advances.
    """

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.catalog = catalog or Catalog()
        self._records: dict[str, dict[str, list[_Version]]] = {}
        self._last_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.RLock()

    def apply(self, changes: Iterable[Change]) -> None:
        """Take over the company's changes, in order; those of other systems are ignored."""
        with self._lock:
            for change in changes:
                if change.system == "salesforce":
                    self._commit(change)

    def clear(self) -> None:
        """Forget every record; the catalog stays."""
        with self._lock:
            self._records.clear()

    def counts(self) -> dict[str, int]:
        """How many records each object holds now, deleted ones not counted."""
        with self._lock:
            newest = {
                name: [versions[-1].row for versions in records.values()]
                for name, records in self._records.items()
            }
        return {
            item.name: sum(
                1 for row in newest.get(item.name.lower(), []) if row and not row.get("IsDeleted")
            )
            for item in self.catalog
        }

    def purge(self, object_name: str, id_: str, *, at: datetime) -> None:
        """Delete a record for good: queryAll no longer has it, getDeleted does."""
        with self._lock:
            versions = self._records.get(object_name.lower(), {}).get(id_[:15])
            if versions:
                self._append(versions, _Version(at.astimezone(UTC), None))

    def forget(self, object_name: str, id_: str) -> list[_Version]:
        """Take a record away without a trace, as a bulk hard delete or a lost permission does."""
        with self._lock:
            return self._records.get(object_name.lower(), {}).pop(id_[:15], [])

    def restore(self, object_name: str, versions: list[_Version]) -> None:
        """Give back what `forget` took, its stamps as they were."""
        with self._lock:
            row = versions[-1].row or versions[0].row or {}
            records = self._records.setdefault(object_name.lower(), {})
            records[str(row["Id"])[:15]] = versions

    def snapshot(self, now: datetime, *, lateness: Lateness | None = None) -> Snapshot:
        """The records as they are visible at a moment; later changes do not reach it."""
        with self._lock:
            needs_history = bool(lateness and lateness.late_s) or now < self._last_at
            late = lateness or Lateness()
            return Snapshot(
                self.catalog,
                {
                    name: {
                        id_: list(_visible(versions, id_, now=now, lateness=late))
                        if needs_history
                        else list(versions)
                        for id_, versions in records.items()
                    }
                    for name, records in self._records.items()
                },
            )

    def _commit(self, change: Change) -> None:
        table, row = change.table.lower(), dict(change.record)
        described = self.catalog.find(table)
        at = change.at.astimezone(UTC)
        version = _Version(at, row)
        if change.op == "delete":
            if described is not None and described.field("IsDeleted") is None:
                version = _Version(at, None)
            stamp = format_instant(at)
            row |= {"IsDeleted": True, "SystemModstamp": stamp, "LastModifiedDate": stamp}
        row.setdefault("SystemModstamp", format_instant(at))
        id_ = str(row["Id"])[:15]
        self._append(self._records.setdefault(table, {}).setdefault(id_, []), version)

    def _append(self, versions: list[_Version], version: _Version) -> None:
        versions.append(version)
        self._last_at = max(self._last_at, version.at)


class Snapshot:
    """The records visible at one moment."""

    def __init__(self, catalog: Catalog, records: dict[str, dict[str, list[_Version]]]) -> None:
        self.catalog = catalog
        self._records = records

    def rows(self, object_name: str, *, deleted: bool) -> list[Row]:
        """An object's records in order of creation; with `deleted`, those in the bin too."""
        records = self._records.get(object_name.lower(), {})
        newest = [versions[-1].row for versions in records.values() if versions]
        return [row for row in newest if row and (deleted or not row.get("IsDeleted"))]

    def row(self, object_name: str, id_: str) -> Row | None:
        """The record with that Id of 15 or 18 characters, or None."""
        versions = self._records.get(object_name.lower(), {}).get(id_[:15])
        return versions[-1].row if versions else None

    def find_by_id(self, object_names: Iterable[str], id_: str) -> Row | None:
        """The record with that Id in the first of the objects that has it."""
        found = (self.row(name, id_) for name in object_names)
        return next((row for row in found if row is not None), None)

    def deletions(self, object_name: str) -> list[Deletion]:
        """The deleted and the purged records of an object, in order of their deletion."""
        records = self._records.get(object_name.lower(), {})
        found = [_deletion(versions) for versions in records.values() if versions]
        return sorted((d for d in found if d is not None), key=lambda d: (d.at, d.id))


def _visible(
    versions: list[_Version], id_: str, *, now: datetime, lateness: Lateness
) -> Iterator[_Version]:
    newest = versions[-1].row or versions[0].row or {}
    late = lateness.of(str(newest.get("Id", id_)))
    return (version for version in versions if version.at + late <= now)


def _deletion(versions: list[_Version]) -> Deletion | None:
    """When the record was deleted, if it is: purging it later does not change that."""
    since: Deletion | None = None
    for version in versions:
        gone = version.row is None or bool(version.row.get("IsDeleted"))
        known = version.row or versions[0].row or {}
        since = (since or Deletion(str(known.get("Id", "")), version.at)) if gone else None
    return since
