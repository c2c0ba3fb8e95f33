"""What the sandbox's HTTP servers stand on: the server itself, its clock, and its faults."""

from __future__ import annotations

from buck.sandbox.http.clock import Clock
from buck.sandbox.http.credentials import Credentials, read_credentials
from buck.sandbox.http.faults import Faults
from buck.sandbox.http.message import Reply, Request, json_reply
from buck.sandbox.http.server import CONTROL_HEADER, HttpServer

__all__ = [
    "CONTROL_HEADER",
    "Clock",
    "Credentials",
    "Faults",
    "HttpServer",
    "Reply",
    "Request",
    "json_reply",
    "read_credentials",
]
