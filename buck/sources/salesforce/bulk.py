"""Bulk API 2.0 query jobs: asked for, waited for, fetched, counted and removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from buck.errors import SourceError, SourceUnreachable
from buck.sources.http import Answer, AnswerUnusable
from buck.sources.salesforce.session import OrgSession, read_json
from buck.sources.salesforce.values import parse_csv

PAGE_ROWS = 20_000
ROWS_AT_ONCE = 5_000
"""Rows are given in parts of a page: as records they take many times the room of their CSV."""
JOB_TRIES = 3


@dataclass(frozen=True, slots=True)
class Polling:
    """How often a job's state is asked for, and for how long."""

    first_s: float = 0.2
    growth: float = 1.5
    cap_s: float = 10.0
    limit_s: float = 3_600.0
    sleep: Callable[[float], None] = time.sleep


class _JobIncomplete(Exception):
    """The job failed or its rows do not add up; another one may."""


def bulk_query(
    session: OrgSession,
    soql: str,
    *,
    about: str,
    fields: Sequence[str],
    scratch: Path,
    polling: Polling | None = None,
    page_rows: int = PAGE_ROWS,
) -> Iterator[list[list[str]]]:
    """A query's rows as CSV values in batches, deleted rows included.

    All pages are fetched into `scratch` and counted against what the page and the job say before
    the first is given; a job that fails or whose count is wrong is made again.

    Args:
        session: The org.
        soql: The query.
        about: The object's name.
        fields: The API names that the query selects.
        scratch: A folder for the pages; they are removed as they are read.
        polling: How to wait for a job.
        page_rows: Rows on a page, at most.

    Raises:
        SourceUnreachable: three jobs failed or were incomplete, or one took too long.
        ObjectDenied: the object cannot be queried in bulk.
    """
    for attempt in range(1, JOB_TRIES + 1):
        try:
            pages = _run_job(
                session,
                soql,
                about=about,
                fields=fields,
                scratch=scratch,
                polling=polling or Polling(),
                page_rows=page_rows,
            )
            break
        except _JobIncomplete as exc:
            if attempt == JOB_TRIES:
                raise SourceUnreachable(
                    f"salesforce's bulk query of {about} failed {attempt} times: {exc}",
                    hint="run again later; Setup, Bulk Data Load Jobs shows the jobs",
                ) from exc
    for path in pages:
        rows = parse_csv(path.read_bytes(), fields=fields)
        path.unlink()
        for first in range(0, len(rows), ROWS_AT_ONCE):
            yield rows[first : first + ROWS_AT_ONCE]


def _run_job(
    session: OrgSession,
    soql: str,
    *,
    about: str,
    fields: Sequence[str],
    scratch: Path,
    polling: Polling,
    page_rows: int,
) -> list[Path]:
    order = {"operation": "queryAll", "query": soql, "contentType": "CSV", "lineEnding": "LF"}
    jobs = f"{session.root}/jobs/query"
    job = read_json(session.send("POST", jobs, about=about, content=order, check=read_json))
    url = f"{jobs}/{job['id']}"
    ended = False
    try:
        total = _await_job(session, url, about=about, polling=polling)
        ended = True
        return _fetch_pages(
            session,
            url,
            about=about,
            fields=fields,
            scratch=scratch,
            page_rows=page_rows,
            total=total,
        )
    finally:
        # Jobs are kept for a week and count against a quota, but one left behind is no loss of
        # data: an org in trouble is asked once.
        if not ended:
            with suppress(SourceError):
                abort = {"state": "Aborted"}
                session.send("PATCH", url, about=about, content=abort, repeatable=False)
        with suppress(SourceError):
            session.send("DELETE", url, about=about, repeatable=False)


def _await_job(session: OrgSession, url: str, *, about: str, polling: Polling) -> int:
    """How many rows the job says it has, once it is complete."""
    waited_s, pause_s = 0.0, polling.first_s
    while True:
        job: dict[str, Any] = read_json(session.get(url, about=about, check=read_json))
        match job["state"]:
            case "JobComplete":
                return int(job["numberRecordsProcessed"])
            case "Failed" | "Aborted" as state:
                raise _JobIncomplete(f"job {job['id']} {state}: {job.get('errorMessage', '')}")
            case state:
                if waited_s + pause_s > polling.limit_s:
                    raise SourceUnreachable(
                        f"salesforce's bulk query of {about} is still {state} after "
                        f"{waited_s:.0f} s",
                        hint="run again later; Setup, Bulk Data Load Jobs shows the jobs",
                    )
        polling.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(pause_s * polling.growth, polling.cap_s)


def _fetch_pages(
    session: OrgSession,
    url: str,
    *,
    about: str,
    fields: Sequence[str],
    scratch: Path,
    page_rows: int,
    total: int,
) -> list[Path]:
    pages: list[Path] = []
    locator, seen = "", 0
    while True:
        params = {"maxRecords": str(page_rows), **({"locator": locator} if locator else {})}
        answer = session.get(
            f"{url}/results",
            about=about,
            params=params,
            headers={"Accept": "text/csv"},
            check=partial(_check_page, fields=fields, first=seen, total=total),
        )
        path = scratch / f"{about.lower()}-{len(pages):06d}.csv"
        path.write_bytes(answer.body)
        pages.append(path)
        seen += int(answer.headers["Sforce-NumberOfRecords"])
        locator = answer.headers.get("Sforce-Locator", "null")
        if locator in ("", "null"):
            break
    if seen != total:
        for path in pages:
            path.unlink()
        raise _JobIncomplete(f"it gave {seen} rows and claims {total}")
    return pages


def _check_page(answer: Answer, *, fields: Sequence[str], first: int, total: int) -> None:
    said = answer.headers.get("Sforce-NumberOfRecords", "")
    if not said.isdigit():
        raise AnswerUnusable("a page without Sforce-NumberOfRecords")
    have = len(parse_csv(answer.body, fields=fields))
    if have != int(said):
        raise AnswerUnusable(f"a page of {have} rows that says {said}")
    if answer.headers.get("Sforce-Locator") is None and first + have != total:
        # Only the counts can prove that a page without a locator is the last one.
        raise AnswerUnusable("a page without Sforce-Locator")
