"""The HTTP server that the sandbox's APIs stand on."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from buck.errors import SandboxError
from buck.sandbox.http import (
    Clock,
    Credentials,
    HttpServer,
    Reply,
    Request,
    json_reply,
    read_credentials,
)


def answer(request: Request) -> Reply:
    if request.path == "/bug":
        raise RuntimeError("a bug of ours")
    return json_reply(
        200,
        {
            "method": request.method,
            "path": request.path,
            "query": request.query(),
            "body": request.body.decode(),
        },
    )


@pytest.fixture
def server() -> Iterator[HttpServer]:
    clock = Clock(datetime(2026, 1, 3, 4, 5, 6, 789, tzinfo=UTC))
    server = HttpServer(answer, clock=clock, control_token="t")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connection(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
    yield connection
    connection.close()


def test_one_connection_serves_many_requests(
    server: HttpServer, connection: http.client.HTTPConnection
) -> None:
    ports = set()
    for number in range(5):
        connection.request("POST", f"/x?n={number}&empty=&n=ü".replace("ü", "%C3%BC"), b"body")
        response = connection.getresponse()
        text = response.read().decode()
        assert response.headers["Date"] == "Sat, 03 Jan 2026 04:05:06 GMT"
        assert f'["n","{number}"],["empty",""],["n","ü"]' in text
        assert '"body":"body"' in text
        ports.add(connection.sock.getsockname()[1])
    assert len(ports) == 1
    assert server.requests == {"POST /x": 5}


def test_stop_closes_open_connections_and_leaves_no_thread(server: HttpServer) -> None:
    before = threading.active_count()
    idle = socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=5)
    idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(10)
    server.stop()
    while idle.recv(4096):
        pass
    idle.close()
    assert threading.active_count() <= before
    server.stop()
    with pytest.raises(SandboxError, match="not running"):
        _ = server.url


def test_a_stopped_server_can_start_again(server: HttpServer) -> None:
    with pytest.raises(SandboxError, match="already listens"):
        server.start()
    server.stop()
    assert server.start().startswith("http://127.0.0.1:")


def test_own_bugs_are_kept_for_the_tests(
    server: HttpServer, connection: http.client.HTTPConnection
) -> None:
    connection.request("GET", "/bug")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    assert "a bug of ours" in server.failures[0]


def test_credentials_are_read_and_not_shown() -> None:
    assert read_credentials("Bearer abc") == Credentials("bearer", "abc")
    assert read_credentials("Basic dXNlcjpwYXNz") == Credentials("basic", "user", "pass")
    assert "pass" not in repr(read_credentials("Basic dXNlcjpwYXNz"))
    for nothing in (None, "", "Bearer ", "Basic !!", "Basic /w==", "Digest x"):
        assert read_credentials(nothing) is None


def test_clock_turns_any_zone_into_utc() -> None:
    clock = Clock(datetime.fromisoformat("2026-01-01T02:00:00+02:00"))
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.http_date() == "Thu, 01 Jan 2026 00:00:00 GMT"
