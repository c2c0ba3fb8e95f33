"""Bulk API 2.0 query jobs."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from buck.sandbox.salesforce.fields import COMPOUND_TYPES
from buck.sandbox.salesforce.refusals import ApiRefusalError, not_found
from buck.sandbox.salesforce.soql_evaluation import QueryResult, run_soql
from buck.sandbox.salesforce.store import Snapshot
from buck.sandbox.salesforce.values import format_instant

DEFAULT_MAX_RECORDS = 50_000

_DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "SEMICOLON": ";",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}
_LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
Strikes = Callable[[str], bool]
"""Whether a fault of that name happens now; asking uses it up."""
_ENDED = frozenset({"JobComplete", "Aborted", "Failed"})


@dataclass(slots=True)
class _Job:
    id: str
    operation: str
    delimiter: str
    line_ending: str
    created_at: datetime
    version: str
    result: QueryResult
    state: str = "UploadComplete"
    claimed: int = 0

    def describe(self) -> dict[str, Any]:
        moment = format_instant(self.created_at)
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.result.item.name,
            "createdById": "005000000000001AAA",
            "createdDate": moment,
            "systemModstamp": moment,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "jobType": "V2Query",
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
            "numberRecordsProcessed": self.claimed,
            "retries": 0,
            "totalProcessingTime": 0,
            **({"errorMessage": "InternalServerError"} if self.state == "Failed" else {}),
        }


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of a job's results."""

    text: str
    count: int
    locator: str
    """The next page's, or the word null at the end."""


class BulkJobs:
    """Query jobs: a job finishes after it has been asked for its state `polls` times."""

    def __init__(self, *, now: Callable[[], datetime], polls: int = 2) -> None:
        self._now = now
        self.polls = polls
        self._jobs: dict[str, _Job] = {}
        self._asked: dict[str, int] = {}
        self.count = 0
        self._lock = threading.Lock()

    def create(
        self,
        order: Mapping[str, Any],
        snapshot: Snapshot,
        *,
        version: str,
        refused: Collection[str] = (),
    ) -> dict[str, Any]:
        """Start a job; what it will give is what the snapshot holds.

        Args:
            order: The request's body.
            snapshot: The records.
            version: The API version of the request, like "62.0".
            refused: Objects (in lower case) that cannot be queried in bulk.

        Raises:
            ApiRefusalError: the query or the order is refused.
        """
        operation = str(order.get("operation", ""))
        if operation not in ("query", "queryAll"):
            raise ApiRefusalError(400, "INVALIDJOB", f"Unsupported operation: {operation}")
        delimiter = str(order.get("columnDelimiter") or "COMMA")
        line_ending = str(order.get("lineEnding") or "LF")
        if delimiter not in _DELIMITERS or line_ending not in _LINE_ENDINGS:
            raise ApiRefusalError(400, "INVALIDJOB", "Unsupported columnDelimiter or lineEnding")
        soql = str(order.get("query", ""))
        result = run_soql(soql, snapshot, deleted=operation == "queryAll")
        _check_supported(result, refused)
        with self._lock:
            self.count += 1
            job_id = f"750{self.count:012d}AAA"
            job = _Job(job_id, operation, delimiter, line_ending, self._now(), version, result)
            self._jobs[job_id] = job
            self._asked[job_id] = 0
        return job.describe()

    def list(self) -> dict[str, Any]:
        """All jobs, oldest first."""
        records = [job.describe() for job in self._jobs.values()]
        return {"done": True, "records": records, "nextRecordsUrl": None}

    def poll(self, job_id: str, *, strikes: Strikes) -> dict[str, Any]:
        """A job's state; asking moves it on, unless a fault strikes."""
        job = self._job(job_id)
        if job.state in _ENDED:
            return job.describe()
        with self._lock:
            self._asked[job_id] += 1
            asked = self._asked[job_id]
        job.state = "InProgress"
        if asked >= self.polls and not strikes("job_stalled"):
            failed = strikes("job_failed")
            job.state = "Failed" if failed else "JobComplete"
            job.claimed = job.result.total + strikes("count_mismatch")
        return job.describe()

    def abort(self, job_id: str, order: Mapping[str, Any]) -> dict[str, Any]:
        """Stop a job that has not ended."""
        job = self._job(job_id)
        if order.get("state") != "Aborted" or job.state in _ENDED:
            message = f"Aborting a job in state {job.state} is not allowed"
            raise ApiRefusalError(400, "INVALIDJOBSTATE", message)
        job.state = "Aborted"
        return job.describe()

    def delete(self, job_id: str) -> None:
        """Forget a job that has ended."""
        job = self._job(job_id)
        if job.state not in _ENDED:
            message = f"Deleting a job in state {job.state} is not allowed"
            raise ApiRefusalError(400, "INVALIDJOBSTATE", message)
        with self._lock:
            self._jobs.pop(job_id, None)

    def results(
        self, job_id: str, *, max_records: str, locator: str, strikes: Strikes
    ) -> ResultPage:
        """A page of a finished job's rows as CSV, every value quoted."""
        job = self._job(job_id)
        if job.state != "JobComplete":
            message = f"The job is in state {job.state}, results are not available"
            raise ApiRefusalError(400, "INVALIDJOBSTATE", message)
        size = int(max_records) if max_records.isdigit() else DEFAULT_MAX_RECORDS
        first = _read_locator(locator)
        size = max(size, 1)
        rows = job.result.csv_rows(first=first, count=size)
        after = first + size
        count = len(rows)
        if rows and strikes("short_page"):
            rows.pop()
        buffer = io.StringIO()
        writer = csv.writer(
            buffer,
            delimiter=_DELIMITERS[job.delimiter],
            lineterminator=_LINE_ENDINGS[job.line_ending],
            quoting=csv.QUOTE_ALL,
        )
        writer.writerow(job.result.header())
        writer.writerows(rows)
        ended = after >= job.result.total
        return ResultPage(buffer.getvalue(), count, "null" if ended else _make_locator(after))

    def _job(self, job_id: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise not_found(f"No job found with id: {job_id}")
        return job


def _check_supported(result: QueryResult, refused: Collection[str]) -> None:
    name = result.item.name
    if name.lower() in refused:
        message = f"Entity '{name}' is not supported by the Bulk API."
        raise ApiRefusalError(400, "INVALIDENTITY", message)
    if not result.columns:
        message = "Aggregate Relationships not supported in Bulk Query"
        raise ApiRefusalError(400, "FUNCTIONALITY_NOT_ENABLED", message)
    if any(column.field.type in COMPOUND_TYPES for column in result.columns):
        message = "Selecting compound data not supported in Bulk Query"
        raise ApiRefusalError(400, "FUNCTIONALITY_NOT_ENABLED", message)


def _make_locator(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def _read_locator(locator: str) -> int:
    if not locator:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    if not text.isdigit():
        raise ApiRefusalError(400, "INVALID_LOCATOR", "The locator is not valid")
    return int(text)
