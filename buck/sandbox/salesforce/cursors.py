"""REST queries, page by page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from buck.sandbox.salesforce.refusals import ApiRefusalError
from buck.sandbox.salesforce.soql_evaluation import QueryResult, run_soql
from buck.sandbox.salesforce.store import Snapshot

DEFAULT_PAGE_SIZE = 2000
MIN_PAGE_SIZE = 200
_OPEN_CURSORS = 50


class Cursors:
    """Query answers that are still being read; the oldest is closed when there are too many."""

    def __init__(self, *, page_size: int = DEFAULT_PAGE_SIZE) -> None:
        self._page_size = page_size
        self._open: OrderedDict[str, QueryResult] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def start(
        self, soql: str, snapshot: Snapshot, *, deleted: bool, options: str, root: str
    ) -> dict[str, Any]:
        """The first page of a query.

        Raises:
            ApiRefusalError: the query is refused.
        """
        result = run_soql(soql, snapshot, deleted=deleted)
        with self._lock:
            self._count += 1
            cursor = f"01g{self._count:012d}AAA"
            self._open[cursor] = result
            if len(self._open) > _OPEN_CURSORS:
                self._open.popitem(last=False)
        return self._page(cursor, result, first=0, size=self._size(options), root=root)

    def more(self, locator: str, *, options: str, root: str) -> dict[str, Any]:
        """The page that a `nextRecordsUrl` points to.

        Raises:
            ApiRefusalError: 400 INVALID_QUERY_LOCATOR.
        """
        cursor, _, first = locator.rpartition("-")
        with self._lock:
            result = self._open.get(cursor)
        if result is None or not first.isdigit() or int(first) >= result.total:
            raise ApiRefusalError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, result, first=int(first), size=self._size(options), root=root)

    def _size(self, options: str) -> int:
        """The page size that a `Sforce-Query-Options` header asks for, within the API's bounds."""
        name, _, asked = options.partition("=")
        if name.strip().lower() != "batchsize" or not asked.strip().isdigit():
            return self._page_size
        return min(max(int(asked), MIN_PAGE_SIZE), DEFAULT_PAGE_SIZE)

    def _page(
        self, cursor: str, result: QueryResult, *, first: int, size: int, root: str
    ) -> dict[str, Any]:
        records = result.json_rows(first=first, count=size, root=root)
        after = first + size
        page: dict[str, Any] = {"totalSize": result.total, "done": after >= result.total}
        if result.columns and not page["done"]:
            page["nextRecordsUrl"] = f"{root}/query/{cursor}-{after}"
        else:
            page["done"] = True
        page["records"] = records
        return page
