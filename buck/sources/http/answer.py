"""One answer of a server, read to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson


class AnswerUnusable(Exception):
    """An answer that arrived but cannot be used; the client asks again while it has patience."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (any case) and the complete body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            AnswerUnusable: the body is not JSON, as when it was cut or a proxy spoke instead.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as exc:
            raise AnswerUnusable(f"{len(self.body)} bytes that are not JSON") from exc

    @property
    def served_at(self) -> datetime | None:
        """The server's own time, in whole seconds, if it said one."""
        return read_http_date(self.headers.get("date"))

    def retry_after_s(self) -> float | None:
        """How long the server asked to be left alone, from seconds or from a date."""
        asked = self.headers.get("retry-after")
        if asked is None:
            return None
        try:
            return max(0.0, float(asked))
        except ValueError:
            until, now = read_http_date(asked), self.served_at
        if until is None or now is None:
            return None
        return max(0.0, (until - now).total_seconds())


def read_http_date(text: str | None) -> datetime | None:
    """An HTTP date as an aware UTC time, or None where it is absent or malformed."""
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
