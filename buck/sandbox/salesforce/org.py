"""The org's HTTP interface: which path answers what."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import orjson

from buck.sandbox.http import Faults, Reply, Request, json_reply
from buck.sandbox.salesforce.bulk import BulkJobs, Strikes
from buck.sandbox.salesforce.cursors import DEFAULT_PAGE_SIZE, Cursors
from buck.sandbox.salesforce.metadata import describe_object, describe_org, list_deleted
from buck.sandbox.salesforce.oauth import ConnectedApp, Sessions, TokenEndpoint, read_form
from buck.sandbox.salesforce.refusals import ApiRefusalError, OAuthRefusalError, not_found
from buck.sandbox.salesforce.store import Lateness, SalesforceStore, Snapshot

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path, not a password
API_VERSIONS = range(31, 68)
DAILY_REQUESTS = 100_000
DAILY_BULK_JOBS = 10_000

KNOBS = frozenset(
    {
        "short_page",
        "count_mismatch",
        "missing_locator",
        "truncated_gzip",
        "job_failed",
        "job_stalled",
        "expired_token",
        "token_uses",
        "request_limit",
        "late",
        "bulk_unsupported",
        "id_limit",
        "requests_used",
    }
)
"""Faults beyond those of every sandbox server.

short_page: a page lacks its last row, its count does not.
count_mismatch: a job claims to have processed one row more than it gives.
missing_locator: a page of results comes without Sforce-Locator and Sforce-NumberOfRecords.
truncated_gzip: a compressed answer ends early, its Content-Length being right.
job_failed: a Bulk job ends Failed. job_stalled: it stays InProgress.
expired_token: the token of the request has ended. token_uses: new ones end after so many requests.
request_limit: 403 REQUEST_LIMIT_EXCEEDED.
late: seconds, or {"late_s": 240, "ids": […]}: versions become visible that late.
bulk_unsupported: the object of that name cannot be queried in bulk.
id_limit: getDeleted has too much to tell: EXCEEDED_ID_LIMIT.
requests_used: so many of the day's API requests were made by others."""

_DATA = re.compile(r"/services/data/v(\d{2})\.0(/.*)?")
_GZIP_FROM_BYTES = 1_000


class SalesforceOrg:
    """Answers requests from a store. Thread safe; knows nothing of sockets.

    Args:
        store: The records.
        now: The company's present.
        apps: Who may ask for tokens.
        faults: What goes wrong; made with `KNOBS`.
        page_size: Rows on a REST page unless the request says otherwise.
    """

    def __init__(
        self,
        store: SalesforceStore,
        *,
        now: Callable[[], datetime],
        apps: Sequence[ConnectedApp],
        faults: Faults,
        page_size: int = DEFAULT_PAGE_SIZE,
    ) -> None:
        self.store = store
        self.faults = faults
        self.sessions = Sessions()
        self.used = 0
        """API requests since the start, tokens not counted."""
        self._now = now
        self._tokens = TokenEndpoint(apps, self.sessions, now=now)
        self._cursors = Cursors(page_size=page_size)
        self._jobs = BulkJobs(now=now)
        self._lock = threading.Lock()

    def answer(self, request: Request, *, own_url: str) -> Reply:
        """The reply to a request; refusals included."""
        path = unquote(request.path).rstrip("/")
        try:
            if path == TOKEN_PATH:
                return self._token(request, own_url=own_url)
            if path == "/services/data":
                return json_reply(200, [_version(number) for number in API_VERSIONS])
            return self._packed(request, self._data(request, path))
        except OAuthRefusalError as refusal:
            return json_reply(refusal.status, refusal.body())
        except ApiRefusalError as refusal:
            return json_reply(refusal.status, refusal.body())

    def _token(self, request: Request, *, own_url: str) -> Reply:
        if request.method != "POST":
            raise OAuthRefusalError("invalid_request", "must use HTTP POST")
        uses = self.faults.value("token_uses", TOKEN_PATH)
        form = read_form(request.body)
        return json_reply(200, self._tokens.grant(form, own_url=own_url, uses=uses))

    def _data(self, request: Request, path: str) -> Reply:
        found = _DATA.fullmatch(path)
        if found is None or int(found.group(1)) not in API_VERSIONS:
            raise not_found()
        strikes = self._strikes(request.path)
        authorization = request.headers.get("authorization", "")
        if strikes("expired_token"):
            self.sessions.expire(authorization)
        self.sessions.check(authorization)
        with self._lock:
            self.used += 1
            used = self.used + self._foreign()
        if used > DAILY_REQUESTS or strikes("request_limit"):
            raise ApiRefusalError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        root = f"/services/data/v{found.group(1)}.0"
        parts = [part for part in (found.group(2) or "").split("/") if part]
        reply = self._resource(request, parts, root=root, strikes=strikes)
        usage = {"Sforce-Limit-Info": f"api-usage={used}/{DAILY_REQUESTS}"}
        return Reply(reply.status, reply.body, {**reply.headers, **usage})

    def _resource(
        self, request: Request, parts: Sequence[str], *, root: str, strikes: Strikes
    ) -> Reply:
        if parts[:2] == ["jobs", "query"]:
            return self._job(request, parts[2:], version=root[-4:], strikes=strikes)
        if request.method != "GET":
            raise not_found()
        catalog, query = self.store.catalog, dict(request.query())
        content: dict[str, Any]
        match parts:
            case []:
                names = ("sobjects", "query", "queryAll", "limits", "jobs")
                content = {name: f"{root}/{name}" for name in names}
            case ["sobjects"]:
                content = describe_org(catalog, root=root)
            case ["sobjects", name, "describe"]:
                content = describe_object(catalog, name, root=root)
            case ["sobjects", name, "deleted"]:
                content = self._deleted(request, name, strikes=strikes)
            case ["limits"]:
                content = self._limits()
            case ["query" | "queryAll", *locators] if len(locators) <= 1:
                content = self._page(request, parts, query.get("q", ""), root=root)
                if content["records"] and strikes("short_page"):
                    content["records"].pop()
            case _:
                raise not_found()
        return json_reply(200, content)

    def _deleted(self, request: Request, name: str, *, strikes: Strikes) -> dict[str, Any]:
        if strikes("id_limit"):
            raise ApiRefusalError(400, "EXCEEDED_ID_LIMIT", "There are too many deleted records")
        snapshot = self._snapshot(request.path)
        return list_deleted(snapshot, name, dict(request.query()), now=self._now())

    def _page(
        self, request: Request, parts: Sequence[str], soql: str, *, root: str
    ) -> dict[str, Any]:
        options = request.headers.get("sforce-query-options", "")
        if len(parts) > 1:
            return self._cursors.more(parts[1], options=options, root=root)
        snapshot, deleted = self._snapshot(request.path), parts[0] == "queryAll"
        return self._cursors.start(soql, snapshot, deleted=deleted, options=options, root=root)

    def _job(
        self, request: Request, names: Sequence[str], *, version: str, strikes: Strikes
    ) -> Reply:
        jobs, path = self._jobs, request.path
        content: dict[str, Any]
        match request.method, names:
            case "POST", []:
                refused = {str(name).lower() for name in self.faults.values("bulk_unsupported")}
                order, snapshot = _read_json(request.body), self._snapshot(path)
                content = jobs.create(order, snapshot, version=version, refused=refused)
            case "GET", []:
                content = jobs.list()
            case "GET", [job_id]:
                content = jobs.poll(job_id, strikes=strikes)
            case "PATCH", [job_id]:
                content = jobs.abort(job_id, _read_json(request.body))
            case "DELETE", [job_id]:
                jobs.delete(job_id)
                return Reply(204)
            case "GET", [job_id, "results"]:
                return self._job_results(dict(request.query()), job_id, strikes=strikes)
            case _:
                raise not_found()
        return json_reply(200, content)

    def _job_results(self, query: Mapping[str, str], job_id: str, *, strikes: Strikes) -> Reply:
        page = self._jobs.results(
            job_id,
            max_records=query.get("maxRecords", ""),
            locator=query.get("locator", ""),
            strikes=strikes,
        )
        headers = {"Content-Type": "text/csv"}
        if not strikes("missing_locator"):
            headers["Sforce-Locator"] = page.locator
            headers["Sforce-NumberOfRecords"] = str(page.count)
        return Reply(200, page.text.encode(), headers)

    def _limits(self) -> dict[str, Any]:
        def limit(most: int, used: int) -> dict[str, int]:
            return {"Max": most, "Remaining": max(0, most - used)}

        return {
            "DailyApiRequests": limit(DAILY_REQUESTS, self.used + self._foreign()),
            "DailyBulkV2QueryJobs": limit(DAILY_BULK_JOBS, self._jobs.count),
            "DailyBulkV2QueryFileStorageMB": limit(976_562, 0),
        }

    def _foreign(self) -> int:
        return int(self.faults.value("requests_used", "") or 0)

    def _snapshot(self, path: str) -> Snapshot:
        late = self.faults.value("late", path)
        if isinstance(late, dict):
            ids = frozenset(late["ids"]) if "ids" in late else None
            lateness = Lateness(float(late["late_s"]), ids)
        else:
            lateness = Lateness(float(late or 0))
        return self.store.snapshot(self._now(), lateness=lateness)

    def _strikes(self, path: str) -> Strikes:
        return lambda knob: self.faults.take(knob, path) is not None

    def _packed(self, request: Request, reply: Reply) -> Reply:
        """The reply, compressed where the client reads gzip, as Salesforce does."""
        accepted = request.headers.get("accept-encoding", "")
        if "gzip" not in accepted or len(reply.body) < _GZIP_FROM_BYTES:
            return reply
        body = gzip.compress(reply.body, compresslevel=1, mtime=0)
        if self._strikes(request.path)("truncated_gzip"):
            body = body[: len(body) // 2]
        return Reply(reply.status, body, {**reply.headers, "Content-Encoding": "gzip"})


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise ApiRefusalError(400, "JSON_PARSER_ERROR", "The request body is not a JSON object")
    return content


def _version(number: int) -> dict[str, str]:
    url = f"/services/data/v{number}.0"
    return {"label": f"Version {number}", "url": url, "version": f"{number}.0"}
