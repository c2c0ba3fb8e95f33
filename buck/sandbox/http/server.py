"""A small HTTP/1.1 server on loopback: threads, keep-alive, simulated time, faults on demand."""

from __future__ import annotations

import hmac
import socket
import ssl
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import orjson

from buck.errors import SandboxError
from buck.sandbox.http.clock import Clock
from buck.sandbox.http.faults import Faults
from buck.sandbox.http.message import Reply, Request, json_reply

Answer = Callable[[Request], Reply]
ErrorBody = Callable[[int], bytes]
CONTROL_HEADER = "x-sandbox-control"
"""Carries the control token, without which `/_control/…` refuses to do anything."""
_CONTROL = "/_control/"


def _plain_error(status: int) -> bytes:
    return orjson.dumps({"error": {"message": responses.get(status, "error")}})


class HttpServer:
    """Answers requests on 127.0.0.1 until stopped.

    Args:
        answer: Turns a request into a reply; called from many threads.
        clock: Gives the `Date` header.
        control_token: What `/_control/…` requests must carry.
        faults: The faults that the control endpoint sets; generic ones are handled here.
        error_body: The body of an injected error status, in the server's own shape.
        tls: Serves https where given.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        clock: Clock,
        control_token: str,
        faults: Faults | None = None,
        error_body: ErrorBody = _plain_error,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.clock = clock
        self.faults = faults or Faults()
        self.requests: Counter[str] = Counter()
        """How many requests came in, by method and path."""
        self.failures: list[str] = []
        """Tracebacks of our own bugs; a test asserts there are none."""
        self._answer = answer
        self._token = control_token.encode()
        self._error_body = error_body
        self._tls = tls
        self._listener: _Listener | None = None
        self._thread: Thread | None = None
        self._lock = Lock()

    def start(self, port: int = 0) -> str:
        """Start serving; gives the base address. Port 0 lets the system choose."""
        if self._listener is not None:
            raise SandboxError(f"the server already listens on {self.url}")
        self._listener = _Listener(port, self, self._tls)
        self._thread = Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self.url

    @property
    def url(self) -> str:
        """The base address, without a trailing slash."""
        if self._listener is None:
            raise SandboxError("the server is not running", hint="call start() first")
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.server_address[1]}"

    def stop(self) -> None:
        """Stop serving and close every connection; does nothing where it is not running."""
        listener, thread = self._listener, self._thread
        if listener is None or thread is None:
            return
        listener.shutdown()
        thread.join()
        listener.close_connections()
        listener.server_close()
        self._listener = self._thread = None

    def handle(self, request: Request) -> Reply:
        """The reply to a request: control, an injected error, or the real answer."""
        if request.path.startswith(_CONTROL):
            return self._control(request)
        with self._lock:
            self.requests[f"{request.method} {request.path}"] += 1
        delay = self.faults.take("delay_s", request.path)
        if delay is not None:
            time.sleep(float(delay.value))
        fault = self.faults.take("status", request.path)
        if fault is not None:
            headers = {"Content-Type": "application/json"}
            if fault.retry_after is not None:
                headers["Retry-After"] = str(fault.retry_after)
            return Reply(int(fault.value), self._error_body(int(fault.value)), headers)
        return self._answer(request)

    def _control(self, request: Request) -> Reply:
        given = request.headers.get(CONTROL_HEADER, "").encode()
        if not hmac.compare_digest(given, self._token):
            return json_reply(403, {"error": f"the {CONTROL_HEADER} header is missing or wrong"})
        what = request.path.removeprefix(_CONTROL)
        try:
            return json_reply(200, self._obey(request.method, what, request.body))
        except (SandboxError, ValueError, TypeError) as exc:
            return json_reply(400, {"error": str(exc), "hint": getattr(exc, "hint", "")})

    def _obey(self, method: str, what: str, body: bytes) -> Any:
        match what:
            case "faults":
                return self._obey_faults(method, body)
            case "clock":
                if method == "POST":
                    self.clock.set(datetime.fromisoformat(orjson.loads(body)["now"]))
                return {"now": self.clock.now().isoformat()}
            case "requests":
                with self._lock:
                    if method == "DELETE":
                        self.requests.clear()
                    return dict(self.requests)
        raise SandboxError(f"no control called {what}", hint="faults, clock or requests")

    def _obey_faults(self, method: str, body: bytes) -> Any:
        if method == "DELETE":
            self.faults.clear()
        if method == "POST":
            given = orjson.loads(body)
            for spec in given if isinstance(given, list) else [given]:
                self.faults.add(spec)
        return {"faults": self.faults.describe()}


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, owner: HttpServer, tls: ssl.SSLContext | None) -> None:
        self.owner = owner
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # The standard library would ask DNS for the host's name here.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake happens at the first read, in the connection's own thread.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._open_lock:
            self._open.discard(request)

    def close_connections(self) -> None:
        """Wake every waiting handler by closing its connection, and wait for them to leave."""
        deadline_s = time.monotonic() + 2
        while self._open and time.monotonic() < deadline_s:
            with self._open_lock:
                waiting = list(self._open)
            for connection in waiting:
                try:
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    continue
            time.sleep(0.005)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up, or distrusts our certificate, is no failure of ours.
        if not isinstance(sys.exception(), OSError):
            self.owner.failures.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length) if length else b""
        owner = self.server.owner
        reply = owner.handle(Request(self.command, path, query, headers, body))
        cut = None
        if not path.startswith(_CONTROL) and reply.status < 400:
            cut = owner.faults.take("cut_after_bytes", path)
        lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"Date: {owner.clock.http_date()}", f"Content-Length: {len(reply.body)}"]
        payload = reply.body if self.command != "HEAD" else b""
        if cut is not None:
            payload = payload[: int(cut.value)]
            self.close_connection = True
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        self.wfile.write(head + payload)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815
