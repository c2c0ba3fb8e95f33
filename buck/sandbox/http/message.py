"""Requests and replies as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a server sees it."""

    method: str
    path: str
    """Without the query, percent-decoding left to the server."""
    query_text: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    def query(self) -> list[tuple[str, str]]:
        """The query's pairs in their order, decoded; empty values kept."""
        return parse_qsl(self.query_text, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a JSON body."""
    return Reply(
        status, orjson.dumps(value), {"Content-Type": "application/json", **(headers or {})}
    )
