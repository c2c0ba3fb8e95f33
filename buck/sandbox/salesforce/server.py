"""The org on a port of the loopback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson

from buck.sandbox.http import Clock, Faults, HttpServer, Reply, Request
from buck.sandbox.salesforce.certificates import Tls
from buck.sandbox.salesforce.cursors import DEFAULT_PAGE_SIZE
from buck.sandbox.salesforce.oauth import ConnectedApp, make_app
from buck.sandbox.salesforce.org import KNOBS, SalesforceOrg
from buck.sandbox.salesforce.store import SalesforceStore

_CODES = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    429: ("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
    503: ("SERVER_UNAVAILABLE", "Service Unavailable"),
}


class SalesforceServer:
    """A Salesforce org over HTTP, from `start` to `stop`.

    Args:
        store: The org's records; `store.apply(changes)` feeds it at any time.
        clock: The company's time, also the `Date` header.
        control_token: What requests to `/_control/…` must carry.
        apps: The connected apps; one with new secrets is made where there is none.
        tls: Serves https with these files where given; see `make_tls`.
        page_size: Rows on a REST page unless the request says otherwise.
    """

    def __init__(
        self,
        store: SalesforceStore,
        *,
        clock: Clock,
        control_token: str,
        apps: Sequence[ConnectedApp] = (),
        tls: Tls | None = None,
        page_size: int = DEFAULT_PAGE_SIZE,
    ) -> None:
        self.store = store
        self.clock = clock
        self.faults = Faults(KNOBS)
        self.apps = tuple(apps) or (make_app(),)
        self.org = SalesforceOrg(
            store, now=clock.now, apps=self.apps, faults=self.faults, page_size=page_size
        )
        self._http = HttpServer(
            self._answer,
            clock=clock,
            control_token=control_token,
            faults=self.faults,
            error_body=_error_body,
            tls=tls.server_context() if tls else None,
        )

    def start(self, port: int = 0) -> str:
        """Start serving; gives the base address. Port 0 lets the system choose."""
        return self._http.start(port)

    def stop(self) -> None:
        """Stop serving; does nothing where it is not running."""
        self._http.stop()

    @property
    def url(self) -> str:
        """The base address: the login address and the instance's in one."""
        return self._http.url

    @property
    def requests(self) -> Counter[str]:
        """How many requests came in, by method and path."""
        return self._http.requests

    @property
    def failures(self) -> list[str]:
        """Tracebacks of the server's own bugs; a test asserts there are none."""
        return self._http.failures

    def _answer(self, request: Request) -> Reply:
        return self.org.answer(request, own_url=self.url)


def _error_body(status: int) -> bytes:
    code, message = _CODES.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred"))
    return orjson.dumps([{"message": message, "errorCode": code}])
