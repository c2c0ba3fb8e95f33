"""A small help desk behind a JSON API, and a lake that its endpoints land in."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines.module import load_module
from buck.pipelines.run import run_source
from buck.records.load import LoadReport, LoadRules

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
TOKEN = "desk-canary-token-4711"
FILE = """
import dlt
from buck.sources import rest

TABLES = ({tables},)


@dlt.source(name="desk", section="desk")
def source(url: str = dlt.config.value, token: str = dlt.secrets.value):
    return rest.resources(
        url, tables=TABLES, auth={{"type": "bearer", "token": token}}, {options}
    )
"""


class Desk:
    """What the server answers from; a test changes it as it likes."""

    def __init__(self) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.page = 3
        self.denied: set[str] = set()
        self.failing = 0
        self.text: str | None = None
        self.asked: list[str] = []

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        name = path.strip("/")
        if name in self.denied:
            return 403, {"error": "no"}
        if self.failing:
            self.failing -= 1
            return 503, {"error": "busy"}
        found = self.records.get(name, [])
        if "since" in query:
            found = [r for r in found if str(r["updatedAt"]) >= query["since"]]
        start = int(query.get("offset", 0))
        more = start + self.page < len(found)
        rest = {k: v for k, v in query.items() if k != "offset"} | {"offset": start + self.page}
        link = f"/{name}?" + "&".join(f"{k}={v}" for k, v in rest.items())
        return 200, {"data": found[start : start + self.page], "next": link if more else None}


class Help:
    """The desk's server, and a lake beside it."""

    def __init__(self, desk: Desk, url: str, folder: Path) -> None:
        self.desk, self.url, self.folder = desk, url, folder
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self._loads = itertools.count(1)

    def declare(self, *tables: str, options: str = "") -> None:
        folder = self.folder / "pipelines"
        folder.mkdir(exist_ok=True)
        text = FILE.format(tables=", ".join(tables), options=options)
        (folder / "desk_pipeline.py").write_text(text)

    def land(self, *, rules: LoadRules | None = None, **options: Any) -> LoadReport:
        load_id = f"load{next(self._loads)}"
        landing = self.lake.landing("desk", load_id, facts={})
        try:
            return run_source(
                load_module(self.folder / "pipelines", "desk"),
                landing,
                load_id=load_id,
                as_of=AS_OF,
                options={"url": self.url, "token": TOKEN} | options,
                merge_schema=full_schema,
                rules=rules,
            )
        finally:
            landing.close()

    def raw(self, columns: str, table: str = "tickets") -> list[tuple[Any, ...]]:
        state = (log := self.lake.raw("desk", table)).state()
        con = connect(work=self.lake.work)
        try:
            sql = f"select {columns} from ({log.scan_sql(state)}) order by _buck_seq"
            return con.execute(sql).fetchall()
        finally:
            con.close()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def help_desk(desk: Desk, tmp_path: Path) -> Iterator[Help]:
    with serve(desk) as url:
        yield Help(desk, url, tmp_path)


class serve:  # noqa: N801
    """The server on a free port of the loopback, for the length of a `with` block."""

    def __init__(self, desk: Desk) -> None:
        handler = _handler(desk)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(desk: Desk) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            desk.asked.append(self.path)
            parts = urlsplit(self.path)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, body = 401, {"error": "who are you"}
            else:
                query = {k: v[0] for k, v in parse_qs(parts.query).items()}
                status, body = desk.answer(parts.path, query)
            content = (desk.text or json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
