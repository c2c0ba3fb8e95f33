"""REST queries page by page, deleted rows included, every page counted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from buck.errors import SourceUnreachable
from buck.sources.http import Answer, AnswerUnusable
from buck.sources.salesforce.session import OrgSession, read_json

PAGE_ROWS = 2000


def count_rows(session: OrgSession, soql: str, *, about: str) -> int:
    """What a `SELECT COUNT()` answers, deleted rows included."""
    answer = session.get(f"{session.root}/queryAll", about=about, params={"q": soql})
    return int(read_json(answer)["totalSize"])


def query_all(session: OrgSession, soql: str, *, about: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of a query in pages of at most 2000, in the order the org gives them.

    The answer is what the org held when the first page was asked for. A page with fewer rows
    than its place in the answer calls for is asked for again.

    Raises:
        SourceUnreachable: the org's pages do not add up to its own total.
    """
    headers = {"Sforce-Query-Options": f"batchSize={PAGE_ROWS}"}
    path, params = f"{session.root}/queryAll", {"q": soql}
    seen = 0
    while True:
        answer = session.get(
            path,
            about=about,
            params=params or None,
            headers=headers,
            check=partial(_check_page, first=seen),
        )
        page = read_json(answer)
        records: list[dict[str, Any]] = page["records"]
        total = int(page["totalSize"])
        seen += len(records)
        if records:
            yield records
        if page["done"]:
            break
        path, params = str(page["nextRecordsUrl"]), {}
    if seen != total:
        raise SourceUnreachable(
            f"salesforce gave {seen} of {total} rows of {about}", hint="run again"
        )


def _check_page(answer: Answer, *, first: int) -> None:
    page = read_json(answer)
    try:
        have, total, done = len(page["records"]), int(page["totalSize"]), bool(page["done"])
        following = None if done else str(page["nextRecordsUrl"])
    except (KeyError, TypeError, ValueError) as exc:
        raise AnswerUnusable("a page without records or a total") from exc
    after = total if following is None else _offset(following)
    if after is not None and first + have != after:
        raise AnswerUnusable(f"a page of {have} rows instead of {after - first}")


def _offset(following: str) -> int | None:
    """The number of the next page's first row, where the locator says it: `…-2000`."""
    digits = following.rpartition("-")[2]
    return int(digits) if digits.isdigit() else None
