"""Describe and getDeleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from buck.sandbox.salesforce.catalog import Catalog
from buck.sandbox.salesforce.refusals import ApiRefusalError, not_found
from buck.sandbox.salesforce.sobject import SObject
from buck.sandbox.salesforce.store import Snapshot
from buck.sandbox.salesforce.values import format_instant, parse_instant

RECYCLE_BIN = timedelta(days=15)


def describe_org(catalog: Catalog, *, root: str) -> dict[str, Any]:
    """The global describe."""
    objects = [item.summary(root=root) for item in catalog]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def describe_object(catalog: Catalog, name: str, *, root: str) -> dict[str, Any]:
    """One object's describe.

    Raises:
        ApiRefusalError: 404 where there is no such object.
    """
    return _find(catalog, name).describe(root=root)


def list_deleted(
    snapshot: Snapshot, name: str, query: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """What getDeleted says for `start` ≤ deletion < `end`, purged records included.

    Raises:
        ApiRefusalError: 400 for a stretch that is empty or begins more than 15 days ago.
    """
    item = _find(snapshot.catalog, name)
    try:
        start, end = parse_instant(query["start"]), parse_instant(query["end"])
    except (KeyError, ValueError):
        message = "start and end have to be times with an offset"
        raise ApiRefusalError(400, "INVALID_REPLICATION_DATE", message) from None
    if item.field("IsDeleted") is None:
        message = f"object type {item.name} is not replicable"
        raise ApiRefusalError(400, "INVALID_TYPE_FOR_OPERATION", message)
    oldest = now - RECYCLE_BIN
    if end <= start or start < oldest:
        message = f"start must be before end, and not before {format_instant(oldest)}"
        raise ApiRefusalError(400, "INVALID_REPLICATION_DATE", message)
    found = [d for d in snapshot.deletions(item.name) if start <= d.at < end]
    return {
        "deletedRecords": [{"id": d.id, "deletedDate": format_instant(d.at)} for d in found],
        "earliestDateAvailable": format_instant(oldest),
        "latestDateCovered": format_instant(min(end, now)),
    }


def _find(catalog: Catalog, name: str) -> SObject:
    item = catalog.find(name)
    if item is None:
        raise not_found()
    return item
