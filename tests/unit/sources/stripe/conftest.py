"""A small real Stripe server that can be told to misbehave, and raw tables in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
from dlt.extract.exceptions import ResourceExtractionError

from buck.records.table import TableSpec
from buck.sources import stripe
from buck.sources.load import Load, TableLoad, bind

KEY = "rk_live_sandbox"
DAY_S = 86_400
START_S = 1_767_225_600  # 2026-01-01
EMBEDDED = {"/v1/invoices": "lines", "/v1/subscriptions": "items"}

Row = dict[str, Any]


class FakeStripe:
    """Objects by list path, events, and what goes wrong."""

    def __init__(self) -> None:
        self.now_s = START_S + 45 * DAY_S
        self.objects: dict[str, dict[str, Row]] = {}
        self.children: dict[str, list[Row]] = {}
        self.events: list[Row] = []
        self.faults: list[Callable[[str], tuple[int, dict[str, str], bytes] | None]] = []
        self.asked: list[str] = []
        self.before_page: Callable[[str], None] = lambda _: None
        self.hidden: set[str] = set()
        self.base = ""

    @staticmethod
    def charge(n: int, created: int, **fields: Any) -> Row:
        return {
            "id": f"ch_{n:05d}", "object": "charge", "created": created, "livemode": True,
            "amount": 100 + n, "currency": "jpy", "amount_refunded": 0, **fields,
        }  # fmt: skip

    @staticmethod
    def invoice(n: int, created: int, **fields: Any) -> Row:
        return {
            "id": f"in_{n}",
            "object": "invoice",
            "created": created,
            "livemode": True,
            **fields,
        }

    @staticmethod
    def lines(count: int, *, of: str) -> list[Row]:
        return [{"id": f"il_{of}_{n}", "object": "line_item", "amount": n} for n in range(count)]

    def put(self, path: str, record: Row, *, event: str | None = None, at: int = 0) -> None:
        self.objects.setdefault(path, {})[record["id"]] = record
        if event:
            self.tell(event, record, at=at or record["created"])

    def tell(self, kind: str, record: Row, *, at: int) -> None:
        self.events.append({
            "id": f"evt_{len(self.events):05d}", "object": "event", "created": at,
            "livemode": True, "type": kind, "pending_webhooks": len(self.asked),
            "data": {"object": json.loads(json.dumps(record))},
        })  # fmt: skip

    def answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(target)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        self.asked.append(target)
        for fault in list(self.faults):
            if (spoilt := fault(target)) is not None:
                return spoilt
        self.before_page(target)
        status, body = self._route(url.path, query)
        return status, {}, json.dumps(body).encode()

    def _route(self, path: str, query: dict[str, str]) -> tuple[int, Row]:
        if path == "/v1/events":
            return self._list([e for e in self.events if e["id"] not in self.hidden], query)
        if path == "/v1/subscription_items":
            return self._list(self.children.get(query["subscription"], []), query)
        if path.endswith("/lines"):
            return self._list(self.children.get(path.split("/")[-2], []), query)
        if path.count("/") == 3:
            parent, id_ = path.rsplit("/", 1)
            record = self.objects.get(parent, {}).get(id_)
            if record is None:
                return 404, {"error": {"code": "resource_missing", "message": f"No such {id_}"}}
            return 200, self._embed(parent, record)
        records = [self._embed(path, r) for r in self.objects.get(path, {}).values()]
        return self._list(records, query)

    def _embed(self, path: str, record: Row) -> Row:
        if path not in EMBEDDED or record.get("deleted"):
            return record
        children = self.children.get(record["id"], [])
        nested = {"object": "list", "data": children[:10], "has_more": len(children) > 10}
        return {**record, EMBEDDED[path]: nested}

    def _list(self, records: list[Row], query: dict[str, str]) -> tuple[int, Row]:
        since, until = int(query.get("created[gte]", 0)), int(query.get("created[lt]", 10**12))
        found = [r for r in records if since <= r.get("created", 0) < until]
        found.sort(key=lambda r: -r.get("created", 0))
        if "starting_after" in query:
            ids = [r["id"] for r in found]
            if query["starting_after"] not in ids:
                return 400, {"error": {"param": "starting_after", "message": "No such object"}}
            found = found[ids.index(query["starting_after"]) + 1 :]
        limit = int(query.get("limit", 10))
        return 200, {"object": "list", "data": found[:limit], "has_more": len(found) > limit}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # one packet per answer
    fake: FakeStripe

    def do_GET(self) -> None:
        if self.headers["Authorization"] != f"Bearer {KEY}":
            status, headers, body = 401, {}, b'{"error": {"message": "Invalid API Key"}}'
        else:
            assert self.headers["Stripe-Version"]
            status, headers, body = self.fake.answer(self.path)
        self.send_response_only(status)
        now = datetime.fromtimestamp(self.fake.now_s, tz=UTC)
        self.send_header("Date", format_datetime(now, usegmt=True))
        self.send_header("Content-Length", headers.pop("Content-Length", str(len(body))))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = status == 200 and len(body) == 7  # a cut body

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[FakeStripe]:
    fake = FakeStripe()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"fake": fake}))
    http.daemon_threads = False
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    fake.base = f"http://127.0.0.1:{http.server_port}"
    yield fake
    http.shutdown()
    thread.join()
    http.server_close()


class Lake:
    """Raw tables in memory: appends versions that are new, keeps marks, knows its keys."""

    def __init__(self, scratch: Path, base: str) -> None:
        self.scratch, self.base, self.loads = scratch, base, 0
        self.rows: dict[str, list[Row]] = {}
        self.marks: dict[str, dict[str, int]] = {}
        self.skipped: dict[str, str] = {}
        self.metrics: dict[str, dict[str, float]] = {}

    def load(self, *tables: str, key: str = KEY, **options: Any) -> None:
        self.loads += 1
        scratch = self.scratch / str(self.loads)
        scratch.mkdir()

        def open_table(spec: TableSpec) -> TableLoad:
            known = self.marks.get(spec.name)
            held = list(self.current(spec.name).values())
            keys = [{k: row[k] for k in spec.key} for row in held]
            schema = pa.schema([(k, pa.string()) for k in spec.key])
            return TableLoad(
                spec, f"load{self.loads}", datetime(2026, 3, 1, tzinfo=UTC),
                sequence=1 if known is None else self.loads, position=known or {},
                read_keys=lambda: pa.Table.from_pylist(keys, schema=schema),
                read_hashes=lambda asked: hashes_of(held, asked),
            )  # fmt: skip

        load = Load("stripe", f"load{self.loads}", datetime.now(UTC), scratch, open_table)
        options = {"api_base": self.base, "patience_s": 5.0, **options}
        with bind(load):
            names = tables or tuple(t.name for t in stripe.DEFAULT_TABLES)
            source = stripe.source(api_key=key, tables=names, **options)
        try:
            arrived = {n: [t for t in r] for n, r in source.resources.items()}  # noqa: C416
        except ResourceExtractionError as exc:
            raise exc.__cause__ or exc from None
        for name, table in load.tables.items():
            if name in load.skipped:
                continue
            newest = {k: r["_buck_row_hash"] for k, r in self._newest(name, table.spec).items()}
            for row in (row for t in arrived[name] for row in t.to_pylist()):
                key_ = tuple(row[k] for k in table.spec.key)
                if newest.get(key_) != row["_buck_row_hash"]:
                    self.rows.setdefault(name, []).append(row)
            self.marks.setdefault(name, {}).update(table.marks)
            self.metrics[name] = table.metrics
        self.skipped = load.skipped

    def current(self, name: str) -> dict[Any, Row]:
        spec = next(t for t in stripe.ALL_TABLES if t.name == name)
        alive = {k: r for k, r in self._newest(name, spec).items() if r["_buck_op"] != "d"}
        return {k[0] if len(k) == 1 else k: r for k, r in alive.items()}

    def _newest(self, name: str, spec: TableSpec) -> dict[Any, Row]:
        rows = sorted(self.rows.get(name, []), key=lambda r: r["_buck_seq"])
        return {tuple(r[k] for k in spec.key): r for r in rows}


def hashes_of(held: list[Row], asked: pa.Table) -> pa.Table:
    """As the lake answers: the newest hash of each key asked for that is alive."""
    wanted = {tuple(row.values()) for row in asked.to_pylist()}
    names = [*asked.column_names, "_buck_row_hash"]
    schema = pa.schema([*asked.schema, ("_buck_row_hash", pa.int64())])
    rows = [{n: row[n] for n in names} for row in held]
    found = [r for r in rows if tuple(r[n] for n in asked.column_names) in wanted]
    return pa.Table.from_pylist(found, schema=schema)


@pytest.fixture
def lake(server: FakeStripe, tmp_path: Path) -> Lake:
    return Lake(tmp_path, server.base)
