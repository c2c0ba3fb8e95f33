"""A chat and a mail server on this machine, which remember what they were told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.serving import serve


@dataclass
class Sink:
    """What an HTTP server was asked; `status` is what it answers."""

    url: str = ""
    status: int = 200
    posts: list[tuple[str, Any]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # Before the answer: whoever asked may look at once.
            if found.status == 200:
                found.posts.append((self.path, json.loads(body)))
            self.answer()

        def do_GET(self) -> None:
            # Before the answer: whoever asked may look at once.
            found.pings.append(self.path)
            self.answer()

        def answer(self) -> None:
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serve(Handler) as found.url:
        yield found


@dataclass
class Mailbox:
    """What a mail server took."""

    port: int = 0
    mails: list[Any] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    found = Mailbox()

    class Handler:
        async def handle_DATA(  # noqa: N802  as aiosmtpd calls it
            self, server: Any, session: Any, envelope: Any
        ) -> str:
            found.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            return "250 taken"

    def login(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> Any:
        found.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found.port = probe.getsockname()[1]
    controller = Controller(
        Handler(),
        hostname="127.0.0.1",
        port=found.port,
        authenticator=login,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield found
    finally:
        controller.stop()
