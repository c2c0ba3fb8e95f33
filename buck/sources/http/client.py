"""An HTTP client that asks again where asking again can help."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from buck.errors import ConfigError, SourceUnreachable
from buck.sources.http.answer import Answer, AnswerUnusable
from buck.sources.http.bucket import BucketRack
from buck.sources.http.patience import Patience

RETRIED_STATUSES: frozenset[int] = frozenset({408, 425, 429, 500, 502, 503, 504})

Params = Mapping[str, str | int | Sequence[str]]


class PatientClient:
    """Requests to one server, safe to share between threads; close it when done.

    Every answer is read to its end before it is returned. Statuses that a repetition can cure
    (`RETRIED_STATUSES` and `also_retry`), lost connections, cut bodies and answers that the
    caller's `check` calls unusable are repeated until patience runs out. Every other status is
    returned: what a 401 or 404 means is the caller's to say.

    Args:
        name: What messages call the server, like "Stripe".
        base_url: Scheme, host and optional port.
        headers: Sent with every request; may hold secrets, never shown.
        patience: How long to go on.
        rack: Rate limits by endpoint.
        timeout_s: For connecting, and for each silence while reading.
        connections: How many requests may be under way at once.
        verify: True for the public CAs, or an SSL context holding a private one.
        also_retry: Further statuses worth repeating.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        rack: BucketRack | None = None,
        timeout_s: float = 30.0,
        connections: int = 8,
        verify: ssl.SSLContext | bool = True,
        also_retry: frozenset[int] = frozenset(),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        host = urlsplit(base_url).hostname
        if host is None or not base_url.startswith(("http://", "https://")):
            raise ConfigError(
                f"{name}'s address is {base_url!r}, not an http or https one",
                hint=f"set the source's address in .buck.yml, like https://{host or 'example.com'}",
            )
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._patience = patience or Patience()
        self._rack = rack or BucketRack(None)
        self._retried = RETRIED_STATUSES | also_retry
        self._sleep = sleep
        self._monotonic = monotonic
        self._served_at: datetime | None = None
        self._http = httpx.Client(
            base_url=self.base_url,
            headers=dict(headers or {}),
            timeout=httpx.Timeout(timeout_s, pool=None),
            limits=httpx.Limits(max_connections=connections),
            verify=_authorities(base_url) if verify is True else verify,
            # A proxy from the environment is for the outside; nothing on this machine is behind it.
            trust_env=host not in ("127.0.0.1", "localhost", "::1"),
        )

    def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        self._http.close()

    def __enter__(self) -> PatientClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def served_at(self) -> datetime | None:
        """The time the server gave with its latest answer, None before the first."""
        return self._served_at

    def send(
        self,
        method: str,
        path: str,
        *,
        endpoint: str | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        check: Callable[[Answer], object] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """One request, repeated as long as that can help, and its complete answer.

        Args:
            method: GET, POST, ...
            path: Below the base address, or a whole address.
            endpoint: Whose rate limit it counts against; the path by default.
            params: Query parameters.
            headers: Added to the client's own.
            content: A body as it is.
            form: A body as a form.
            json: A body as JSON.
            check: Called with each successful (2xx) answer; raises AnswerUnusable to have it
                asked again.
            repeatable: False for a request that must not be made twice once it was accepted.

        Raises:
            SourceUnreachable: no usable answer until patience ran out.
        """
        request = self._http.build_request(
            method,
            path,
            params=dict(params) if params else None,
            headers=dict(headers) if headers else None,
            content=content,
            data=dict(form) if form is not None else None,
            json=json,
        )
        started = self._monotonic()
        attempt = 0
        while True:
            attempt += 1
            limit_s, asked_s = self._patience.limit_s, None
            self._rack.take(endpoint or path)
            try:
                answer = self._exchange(request)
                if answer.status not in self._retried:
                    if check is not None and 200 <= answer.status < 300:
                        check(answer)
                    return answer
                trouble = f"answered {answer.status}"
                asked_s = answer.retry_after_s()
                cause: Exception | None = None
            except AnswerUnusable as exc:
                trouble, cause = f"sent {exc}", exc
            except httpx.ConnectError as exc:
                trouble, cause = "refused the connection", exc
                limit_s = min(limit_s, self._patience.connect_limit_s)
            except httpx.TimeoutException as exc:
                trouble, cause = "did not answer in time", exc
            except httpx.TransportError as exc:
                trouble, cause = f"broke off the answer ({type(exc).__name__})", exc
            except httpx.RequestError as exc:
                trouble, cause = f"sent what cannot be read ({type(exc).__name__})", exc
            pause_s = self._patience.pause_s(attempt, asked_s=asked_s)
            spent_s = self._monotonic() - started
            if not repeatable or spent_s + pause_s > limit_s:
                raise self._unreachable(request, trouble, attempt, spent_s) from cause
            self._sleep(pause_s)

    def _exchange(self, request: httpx.Request) -> Answer:
        response = self._http.send(request)
        answer = Answer(response.status_code, response.headers, response.content)
        if answer.served_at is not None:
            self._served_at = answer.served_at
        return answer

    def _unreachable(
        self, request: httpx.Request, trouble: str, attempts: int, spent_s: float
    ) -> SourceUnreachable:
        where = f"{request.method} {request.url.path}"
        times = "once" if attempts == 1 else f"{attempts} times in {spent_s:.0f} s"
        return SourceUnreachable(
            f"{self.name} at {self.base_url} {trouble} to {where}, asked {times}",
            hint="try again later; `buck doctor` checks every source",
        )


def _authorities(base_url: str) -> ssl.SSLContext | bool:
    """Whom to trust at an address; plain http needs nobody, and loading them takes 0.1 s."""
    return _public_authorities() if base_url.startswith("https://") else False


@cache
def _public_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context()
