"""A Stripe server over the company's first 45 days, and the official client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import stripe

from buck.sandbox.company import Change, Company, day_start
from buck.sandbox.http import CONTROL_HEADER, Clock
from buck.sandbox.stripe import StripeServer, StripeStore

DAYS = 45
LIVE_KEY, TEST_KEY = "rk_live_reader0001", "rk_test_reader0001"
TOKEN = "only-for-tests"

Get = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def company() -> Company:
    return Company(customers=30)


@pytest.fixture(scope="session")
def changes(company: Company) -> list[Change]:
    return company.changes(DAYS)


@pytest.fixture(scope="session")
def store(changes: list[Change]) -> StripeStore:
    """Read only: a test that applies changes makes its own."""
    store = StripeStore()
    store.apply(changes)
    return store


@pytest.fixture
def server(store: StripeStore) -> Iterator[StripeServer]:
    server = StripeServer(store, clock=Clock(day_start(DAYS)), control_token=TOKEN)
    server.start()
    yield server
    server.stop()
    assert server.http.failures == []


@pytest.fixture
def client(server: StripeServer) -> stripe.StripeClient:
    return make_client(server.http.url)


@pytest.fixture
def test_client(server: StripeServer) -> stripe.StripeClient:
    return make_client(server.http.url, TEST_KEY)


@pytest.fixture
def get(server: StripeServer) -> Iterator[Get]:
    """Plain requests with a live key, to see what really goes over the wire."""
    with httpx.Client(base_url=server.http.url, trust_env=False) as http:

        def send(path: str, *, key: str = LIVE_KEY, method: str = "GET", **kwargs: Any) -> Any:
            headers = {"Authorization": f"Bearer {key}", **kwargs.pop("headers", {})}
            return http.request(method, path, headers=headers, **kwargs)

        yield send


@pytest.fixture
def get_all(get: Get) -> Callable[..., list[dict[str, Any]]]:
    """A whole list, page by page: much faster than through the client's objects."""

    def collect(path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = get(path, params={"limit": 100, **params, **after}).json()
            found += page["data"]
            if not page["has_more"]:
                return found

    return collect


@pytest.fixture
def control(server: StripeServer) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{server.http.url}/_control",
        headers={CONTROL_HEADER: TOKEN},
        trust_env=False,
    ) as http:
        yield http


def make_client(url: str, key: str = LIVE_KEY) -> stripe.StripeClient:
    """The official client, unchanged but for where it finds Stripe."""
    return stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)
