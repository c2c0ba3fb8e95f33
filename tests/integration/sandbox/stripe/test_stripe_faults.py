"""The faults the server can be told to show."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import stripe

from buck.sandbox.company import day_start
from buck.sandbox.stripe import StripeServer

Client = stripe.StripeClient
Get = Callable[..., httpx.Response]


def test_rate_limits_come_with_and_without_retry_after(
    get: Get, client: Client, control: httpx.Client
) -> None:
    control.post("/faults", json={"status": 429, "retry_after": 2, "times": 1})
    limited = get("/v1/charges")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "2")
    assert get("/v1/charges").status_code == 200
    control.post("/faults", json={"status": 429, "path": "/v1/refunds", "times": 1})
    assert get("/v1/charges").status_code == 200
    with pytest.raises(stripe.RateLimitError) as error:
        client.v1.refunds.list()
    assert "retry-after" not in {name.lower() for name in error.value.headers or {}}
    assert get("/v1/refunds").status_code == 200


def test_failures_are_api_errors(client: Client, control: httpx.Client) -> None:
    control.post("/faults", json=[{"status": 500, "times": 1}, {"status": 503, "times": 1}])
    for status in (500, 503):
        with pytest.raises(stripe.APIError) as error:
            client.v1.charges.list()
        assert error.value.http_status == status
    assert client.v1.charges.list().data


def test_every_third_request_can_fail(get: Get, control: httpx.Client) -> None:
    control.post("/faults", json={"status": 500, "every": 3})
    statuses = [get("/v1/charges", params={"limit": 1}).status_code for _ in range(6)]
    assert statuses == [200, 200, 500, 200, 200, 500]


def test_a_page_can_be_cut_short(get: Get, control: httpx.Client, client: Client) -> None:
    control.post("/faults", json={"cut_after_bytes": 400, "times": 2})
    with pytest.raises(httpx.RemoteProtocolError):
        get("/v1/charges")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.charges.list()
    assert len(get("/v1/charges").json()["data"]) == 10


def test_answers_can_be_slow(get: Get, control: httpx.Client) -> None:
    control.post("/faults", json={"delay_s": 0.2, "times": 1})
    start = time.monotonic()
    get("/v1/charges")
    assert time.monotonic() - start >= 0.2


def test_keys_can_expire(client: Client, control: httpx.Client) -> None:
    control.post("/faults", json={"expire_tokens": True})
    with pytest.raises(stripe.AuthenticationError, match="Expired API Key") as error:
        client.v1.charges.list()
    assert "api_key_expired" in str(error.value.http_body)
    control.delete("/faults")
    assert client.v1.charges.list().data


def test_a_resource_can_be_denied(client: Client, control: httpx.Client) -> None:
    control.post("/faults", json={"deny": "disputes"})
    with pytest.raises(stripe.PermissionError, match="rak_dispute_read"):
        client.v1.disputes.list()
    with pytest.raises(stripe.PermissionError):
        client.v1.disputes.retrieve("du_any")
    assert client.v1.charges.list().data


def test_test_mode_can_leak(get: Get, get_all: Any, control: httpx.Client) -> None:
    def modes() -> set[bool]:
        return {charge["livemode"] for charge in get_all("/v1/charges")}

    assert modes() == {True}
    control.post("/faults", json={"leak_test_mode": True})
    assert modes() == {True, False}
    created = [c["created"] for c in get("/v1/charges", params={"limit": 100}).json()["data"]]
    assert created == sorted(created, reverse=True)


def test_events_can_be_late_and_out_of_order(
    get_all: Any, server: StripeServer, control: httpx.Client
) -> None:
    def listed() -> list[tuple[str, int]]:
        now = int(server.clock.now().timestamp())
        events = get_all("/v1/events", **{"created[gte]": now - 40_000})
        return [(e["id"], e["created"]) for e in events]

    server.clock.set(day_start(44).replace(hour=15))
    punctual = [e for e in listed() if e[1] <= server.clock.now().timestamp() - 7_200]
    control.post("/faults", json={"late_s": 7_200})
    late = listed()
    created = [second for _, second in late]
    assert created != sorted(created, reverse=True)
    assert {e for e in late if e[1] <= server.clock.now().timestamp() - 7_200} == set(punctual)
    now = server.clock.now().timestamp()
    assert all(second <= now for second in created)
    # Each shows up two hours later at the most, and none is lost on the way.
    server.clock.set(day_start(44).replace(hour=17))
    assert {key for key, _ in late} <= {key for key, _ in listed()}
    control.delete("/faults")
    assert [s for _, s in listed()] == sorted((s for _, s in listed()), reverse=True)


def test_other_lists_can_be_late_too(get: Get, control: httpx.Client, server: StripeServer) -> None:
    before = get("/v1/charges", params={"limit": 1}).json()["data"][0]["created"]
    server.clock.set(day_start(44))
    control.post("/faults", json={"late_s": 86_400, "path": "/v1/charges"})
    after = get("/v1/charges", params={"limit": 1}).json()["data"][0]["created"]
    assert after < before


def test_control_needs_its_token(get: Get, server: StripeServer) -> None:
    assert get("/_control/faults").status_code == 403
    refused = get("/_control/faults", method="POST", json={"status": 500})
    assert refused.status_code == 403
    assert server.faults.describe() == []


def test_unknown_faults_are_refused_with_what_exists(control: httpx.Client) -> None:
    answer = control.post("/faults", json={"explode": True})
    assert answer.status_code == 400
    assert "leak_test_mode" in answer.json()["hint"]
    assert control.post("/faults", json={"status": 500, "deny": "x"}).status_code == 400
    assert control.post("/faults", content=b"{").status_code == 400
    assert control.get("/faults").json() == {"faults": []}


def test_faults_are_listed_and_cleared(control: httpx.Client) -> None:
    control.post("/faults", json={"status": 500, "times": 3, "path": "/v1/charges"})
    (fault,) = control.get("/faults").json()["faults"]
    assert (fault["status"], fault["times"], fault["path"]) == (500, 3, "/v1/charges")
    assert control.delete("/faults").json() == {"faults": []}


def test_the_clock_and_the_requests_can_be_read(get: Get, control: httpx.Client) -> None:
    control.post("/clock", json={"now": "2026-02-01T12:00:00+00:00"})
    assert get("/v1/account").headers["date"] == "Sun, 01 Feb 2026 12:00:00 GMT"
    control.delete("/requests")
    get("/v1/charges")
    get("/v1/charges")
    counted: dict[str, Any] = control.get("/requests").json()
    assert counted == {"GET /v1/charges": 2}
