"""How commands reach the running sandbox: JSON over HTTP on the loopback, with a token."""

from __future__ import annotations

import hmac
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from buck.errors import BuckError, SandboxError

HOST = "127.0.0.1"
Command = Callable[[Mapping[str, Any]], dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.owner.token}".encode()):
            self._answer(HTTPStatus.UNAUTHORIZED, {"error": "wrong or missing token", "hint": ""})
            return
        command = self.server.owner.commands.get(self.path.strip("/"))
        if command is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": f"no command {self.path!r}", "hint": ""})
            return
        try:
            arguments = json.loads(body or b"{}")
            result = command(arguments)
        except BuckError as exc:
            self._answer(HTTPStatus.CONFLICT, {"error": exc.what, "hint": exc.hint})
        except (ValueError, KeyError, TypeError) as exc:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": f"bad arguments: {exc!r}", "hint": ""})
        else:
            self._answer(HTTPStatus.OK, result)

    def _answer(self, code: HTTPStatus, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the log is for what goes wrong."""


class ControlServer:
    """Carries out commands for whoever knows the token."""

    def __init__(self, token: str, *, commands: Mapping[str, Command]) -> None:
        self.token = token
        self.commands = commands
        self.port = 0
        self._listener: _Listener | None = None

    def listen(self, port: int) -> str:
        """Take a port, 0 for one of the system's choice; gives the address. Nobody answers yet."""
        self._listener = _Listener((HOST, port), _Handler)
        self._listener.owner = self
        self.port = self._listener.server_port
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Answer from a thread of its own."""
        if self._listener is not None:
            threading.Thread(
                target=self._listener.serve_forever, args=(0.1,), daemon=True, name="control"
            ).start()

    def stop(self) -> None:
        """Answer no more."""
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: ControlServer

    def server_bind(self) -> None:
        """Bind without asking DNS for the host's name, as the standard library would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]


def send_command(
    name: str,
    arguments: Mapping[str, Any],
    *,
    port: int,
    token: str,
    wait_s: float = 120.0,
) -> dict[str, Any]:
    """The running sandbox's answer to a command.

    Raises:
        SandboxError: it refused, with its reason; or it did not answer.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=wait_s)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", f"/{name}", body=json.dumps(arguments), headers=headers)
        response = connection.getresponse()
        content: dict[str, Any] = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise SandboxError(
            f"the sandbox did not answer {name!r} on port {port}: {exc or type(exc).__name__}",
            hint="buck sandbox up",
        ) from exc
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        raise SandboxError(content["error"], hint=content["hint"])
    return content
