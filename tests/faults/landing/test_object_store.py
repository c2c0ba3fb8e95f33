"""G4: an object store that answers 500, loses answers, or is not there."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from buck.errors import LakeError
from buck.lake.bucket_storage import BucketStorage
from buck.lake.lake import Lake
from buck.records.access import S3Access
from tests.faults.landing import loader
from tests.faults.landing.conftest import FORMATS, VALUES, strangers_count

Judge = Callable[[str, str], str]


class Proxy(ThreadingHTTPServer):
    """Stands before the S3 server. `judge(method, path)` says what becomes of a request:

    `pass`, `refuse` (500, the store never saw it) or `lose` (done, but the answer is 500).
    """

    daemon_threads = True

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = urlsplit(endpoint).netloc
        self.judge: Judge = lambda method, path: "pass"
        self.spoiled: list[str] = []
        self.dropped = ""
        """A header that the store is kept from seeing."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        verdict = self.server.judge(self.command, self.path)
        if verdict != "pass":
            self.server.spoiled.append(f"{self.command} {self.path}")
        if verdict == "refuse":
            self.answer(500, {}, b"<Error><Code>InternalError</Code></Error>")
            return
        upstream = http.client.HTTPConnection(self.server.target, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() != self.server.dropped}
        upstream.request(self.command, self.path, body, headers)
        found = upstream.getresponse()
        payload = found.read()
        upstream.close()
        if verdict == "lose":
            self.answer(500, {}, b"<Error><Code>InternalError</Code></Error>")
        else:
            self.answer(found.status, dict(found.getheaders()), payload)

    def answer(self, status: int, headers: dict[str, str], payload: bytes) -> None:
        self.send_response_only(status)
        kept = {k: v for k, v in headers.items() if k.lower() not in HOP_BY_HOP}
        length = str(len(payload))
        if self.command == "HEAD":
            length = next((v for k, v in headers.items() if k.lower() == "content-length"), "0")
        for key, value in {**kept, "Content-Length": length}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Quiet."""


HOP_BY_HOP = {"transfer-encoding", "connection", "content-length", "content-encoding"}


@pytest.fixture
def proxy(s3_endpoint: str) -> Iterator[Proxy]:
    server = Proxy(s3_endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_lake(proxy: Proxy, bucket: Any, tmp_path: Path) -> Callable[[str], Lake]:
    def make(format_: str) -> Lake:
        access = S3Access(endpoint=proxy.endpoint, key_id="k", secret="s")
        work = tmp_path / "work"
        return Lake(bucket.root, work, s3=access, formats={"shop": format_})  # type: ignore[dict-item]

    return make


def is_commit(path: str) -> bool:
    name = path.split("?", maxsplit=1)[0]
    return "_delta_log/" in name or name.endswith(("0002.parquet", "0002.jsonl"))


def rows_of(lake: Lake) -> list[Any]:
    from buck.engine import connect

    log = lake.raw("shop", "items")
    con = connect(work=lake.work)
    try:
        sql = f"select {VALUES} from ({log.scan_sql(log.state())}) order by all"
        return con.execute(sql).fetchall()
    finally:
        con.close()


@pytest.mark.parametrize("format_", FORMATS)
def test_g4_lost_answer_of_a_commit_is_no_failure_and_no_duplicate(
    open_lake: Any, proxy: Proxy, format_: str, faultless: Any
) -> None:
    """The store did it, the client tries again and is told that the object exists already."""
    lake = open_lake(format_)
    loader.land(lake, "load1", until=5)
    lost: list[str] = []

    def lose_once(method: str, path: str) -> str:
        if method in {"PUT", "POST"} and is_commit(path) and not lost:
            lost.append(path)
            return "lose"
        return "pass"

    proxy.judge = lose_once
    report = loader.land(lake, "load2", until=10)
    assert lost
    assert report["version"] == 1
    assert rows_of(lake) == faultless(5, 10)
    assert loader.land(lake, "load3", until=10)["landed"] == 0
    assert rows_of(lake) == faultless(5, 10)


@pytest.mark.parametrize("format_", FORMATS)
def test_g4_lost_answer_of_a_creation_is_no_failure_and_no_duplicate(
    open_lake: Any, proxy: Proxy, format_: str, faultless: Any
) -> None:
    lake = open_lake(format_)
    lost: list[str] = []

    def lose_once(method: str, path: str) -> str:
        name = path.split("?", maxsplit=1)[0]
        is_first = name.endswith(("00000.json", "0001.parquet", "0001.jsonl"))
        if method in {"PUT", "POST"} and is_first and not lost:
            lost.append(path)
            return "lose"
        return "pass"

    proxy.judge = lose_once
    assert loader.land(lake, "load1", until=5)["version"] == 0
    assert lost
    assert loader.land(lake, "load2", until=5)["landed"] == 0
    assert rows_of(lake) == faultless(5)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that do not repeat a refused request for minutes."""
    original = BucketStorage.delta_options
    quick = {"max_retries": "1", "retry_timeout": "2s"}
    monkeypatch.setattr(BucketStorage, "delta_options", lambda self: {**original(self), **quick})
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("format_", FORMATS)
def test_g4_store_that_refuses_the_commit_shows_nothing_partial(
    open_lake: Any, proxy: Proxy, format_: str, faultless: Any
) -> None:
    lake = open_lake(format_)
    loader.land(lake, "load1", until=5)
    proxy.judge = lambda m, path: "refuse" if m == "PUT" and is_commit(path) else "pass"
    with pytest.raises(LakeError) as failed:
        loader.land(lake, "load2", until=10)
    assert proxy.spoiled
    assert type(failed.value) is LakeError
    assert failed.value.hint
    proxy.judge = lambda method, path: "pass"
    assert rows_of(lake) == faultless(5)
    if format_ == "delta":
        options = lake.storage.delta_options()
        assert strangers_count(lake.storage.url("raw/shop/items"), options) == [len(faultless(5))]
    assert [p.name for p in (lake.work / "landing").iterdir()] == ["load2"]
    lake.sweep()
    loader.land(lake, "load3", until=10)
    assert rows_of(lake) == faultless(5, 10)
    held = lake.raw("shop", "items").state().files
    found = [n for n in lake.storage.names("raw/shop/items") if "_delta_log" not in n]
    assert sorted(held) == found


def test_store_that_ignores_conditions_is_refused_before_anything_lands(
    open_lake: Any, proxy: Proxy
) -> None:
    proxy.dropped = "if-none-match"
    lake = open_lake("delta")
    with pytest.raises(LakeError, match="If-None-Match is ignored") as refused:
        lake.landing("shop", "load1", facts={})
    assert "conditional puts" in refused.value.hint
    assert lake.storage.names("") == []
    proxy.dropped = ""
    assert loader.land(open_lake("delta"), "load1", until=5)["landed"]


def test_absent_store_is_said_within_seconds(bucket: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    access = S3Access(endpoint=endpoint, key_id="k", secret="canary-secret")
    with pytest.raises(LakeError, match="cannot be read") as absent:
        Lake(bucket.root, tmp_path, s3=access)
    assert "endpoint" in absent.value.hint
    assert "canary" not in str(absent.value)


def test_missing_bucket_is_said(s3_endpoint: str, tmp_path: Path) -> None:
    access = S3Access(endpoint=s3_endpoint, key_id="k", secret="s")
    lake = Lake("s3://no-such-bucket/x", tmp_path, s3=access)
    with pytest.raises(LakeError, match="no-such-bucket"):
        lake.landing("shop", "load1", facts={})
