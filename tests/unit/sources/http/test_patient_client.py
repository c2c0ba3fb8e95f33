"""The patient client: what is asked again, how long, and what is the caller's to judge."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from buck.errors import ConfigError, SourceUnreachable
from buck.sources.http import Answer, BucketRack, Patience, PatientClient, TokenBucket

Script = list[tuple[int, dict[str, str], bytes]]
DATE = "Thu, 01 Jan 2026 10:00:00 GMT"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.naps: list[float] = []

    def sleep(self, duration_s: float) -> None:
        self.naps.append(duration_s)
        self.now_s += duration_s

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def serve() -> Iterator[Callable[[Script], str]]:
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(script: Script) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536

            def do_GET(self) -> None:
                status, headers, body = script.pop(0) if len(script) > 1 else script[0]
                self.send_response_only(status)
                framing = {"Content-Length": str(len(body)), "Connection": "close"}
                for name, value in (framing | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        running.append((http, thread))
        return f"http://127.0.0.1:{http.server_port}"

    yield start
    for http, thread in running:
        http.shutdown()
        thread.join()
        http.server_close()


def client(url: str, clock: Clock, **patience: float) -> PatientClient:
    return PatientClient(
        "testpay",
        base_url=url,
        headers={"Authorization": "Bearer hush-hush"},
        patience=Patience(**patience),
        sleep=clock.sleep,
        monotonic=clock.monotonic,
    )


def test_retry_after_seconds_are_never_undercut(serve: Callable[[Script], str]) -> None:
    clock = Clock()
    url = serve([(429, {"Retry-After": "7"}, b""), (200, {"Date": DATE}, b"{}")])
    with client(url, clock) as http:
        assert http.send("GET", "/x").json() == {}
        assert http.served_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert len(clock.naps) == 1
    assert 7.0 <= clock.naps[0] <= 7.0 * 1.25


def test_retry_after_can_be_a_date(serve: Callable[[Script], str]) -> None:
    clock = Clock()
    later = {"Retry-After": "Thu, 01 Jan 2026 10:00:09 GMT", "Date": DATE}
    with client(serve([(503, later, b""), (200, {}, b"{}")]), clock) as http:
        http.send("GET", "/x")
    assert 9.0 <= clock.naps[0] <= 9.0 * 1.25


def test_waiting_longer_than_patience_is_not_begun(serve: Callable[[Script], str]) -> None:
    clock = Clock()
    url = serve([(429, {"Retry-After": "3600"}, b"")])
    with client(url, clock, limit_s=90) as http, pytest.raises(SourceUnreachable) as caught:
        http.send("GET", "/x")
    assert clock.naps == []
    assert "answered 429 to GET /x, asked once" in str(caught.value)
    assert "hush" not in f"{caught.value} {caught.value.hint} {http!r}"


def test_patience_is_bounded_in_time(serve: Callable[[Script], str]) -> None:
    clock = Clock()
    url = serve([(500, {}, b"")])
    with client(url, clock, limit_s=60) as http, pytest.raises(SourceUnreachable, match="500"):
        http.send("GET", "/x")
    assert clock.now_s <= 60
    assert len(clock.naps) > 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418])
def test_other_statuses_are_the_callers_to_judge(
    serve: Callable[[Script], str], status: int
) -> None:
    clock = Clock()
    with client(serve([(status, {}, b"no")]), clock) as http:
        assert http.send("GET", "/x", check=Answer.json).status == status
    assert clock.naps == []


def test_cut_body_and_broken_json_are_asked_again(serve: Callable[[Script], str]) -> None:
    clock = Clock()
    script = [(200, {"Content-Length": "99"}, b'{"a"'), (200, {}, b'{"a'), (200, {}, b'{"a":1}')]
    with client(serve(script), clock) as http:
        assert http.send("GET", "/x", check=Answer.json).json() == {"a": 1}
    assert len(clock.naps) == 2


def test_request_that_must_not_be_repeated_is_sent_once(serve: Callable[[Script], str]) -> None:
    clock = Clock()
    with client(serve([(500, {}, b""), (200, {}, b"{}")]), clock) as http:
        with pytest.raises(SourceUnreachable):
            http.send("POST", "/x", json={}, repeatable=False)
        assert http.send("POST", "/x", form={"a": "b"}).status == 200


def test_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'api\.stripe\.com'"):
        PatientClient("testpay", base_url="api.stripe.com")


@pytest.mark.parametrize("rate", [1.0, 4.0, 15.0, 25.0, 100.0])
def test_no_second_holds_more_than_the_rate(rate: float) -> None:
    clock = Clock()
    bucket = TokenBucket(rate, monotonic=clock.monotonic, sleep=clock.sleep)
    taken = []
    for _ in range(200):
        bucket.take()
        taken.append(clock.now_s)
    for start in taken:
        assert sum(start <= at < start + 1 for at in taken) <= rate
    # And it does not dawdle: what is not kept for bursts flows.
    assert taken[-1] <= 200 / max(0.8 * rate - 1, rate / 2)


def test_a_few_requests_go_at_once_after_a_rest() -> None:
    clock = Clock()
    bucket = TokenBucket(15.0, monotonic=clock.monotonic, sleep=clock.sleep)
    for _ in range(3):
        bucket.take()
    assert clock.naps == []
    bucket.take()
    assert clock.naps == [pytest.approx(1 / 12)]


def test_rack_without_a_rate_never_waits() -> None:
    rack = BucketRack(None)
    for _ in range(1_000):
        rack.take("/v1/charges")


def test_all_endpoints_together_keep_to_the_total() -> None:
    naps: list[float] = []
    rack = BucketRack(10.0, total_per_s=4.0, sleep=naps.append)
    for number in range(4):
        rack.take(f"/v1/{number}")
    assert naps == [pytest.approx(n / 3, abs=0.05) for n in (1, 2, 3)]


def test_loads_of_one_account_keep_to_one_limit() -> None:
    naps: list[float] = []
    racks = [BucketRack(10.0, total_per_s=4.0, sleep=naps.append, account=a) for a in "aab"]
    for rack in racks:
        rack.take("/v1/charges")
    assert naps == [pytest.approx(1 / 3, abs=0.05)], "the second of account a, but not b"
