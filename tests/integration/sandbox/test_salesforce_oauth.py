"""Tokens: which grants are given, which are refused in Salesforce's shape, and how they end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from buck.sandbox.company.change import Change
from buck.sandbox.http import CONTROL_HEADER, Clock
from buck.sandbox.salesforce import (
    ConnectedApp,
    SalesforceServer,
    SalesforceStore,
    make_signing_key,
    make_tls,
)

NOW = datetime(2026, 2, 1, tzinfo=UTC)
USER = "etl@example.com"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def keys():
    return make_signing_key()


@pytest.fixture
def server(keys):
    app = ConnectedApp(
        "app", client_secret="secret", username=USER, public_key=keys[1], refresh_token="fresh"
    )
    server = SalesforceServer(
        SalesforceStore(), clock=Clock(NOW), control_token="control", apps=[app]
    )
    server.start()
    yield server
    server.stop()
    assert server.failures == []


@pytest.fixture
def http(server):
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        yield http


def ask(http: httpx.Client, **form: str) -> httpx.Response:
    return http.post("/services/oauth2/token", data=form)


def assertion(http: httpx.Client, key: str, **changed: Any) -> str:
    claims = {"iss": "app", "sub": USER, "aud": str(http.base_url).rstrip("/")}
    claims["exp"] = int(NOW.timestamp()) + 180
    return jwt.encode(claims | changed, key, algorithm="RS256")


def limits(http: httpx.Client, token: str) -> httpx.Response:
    return http.get("/services/data/v62.0/limits", headers={"Authorization": f"Bearer {token}"})


def test_client_credentials_give_a_token_that_works(http, server):
    granted = ask(
        http, grant_type="client_credentials", client_id="app", client_secret="secret"
    ).json()
    assert granted["instance_url"] == server.url
    assert granted["token_type"] == "Bearer"
    assert granted["issued_at"] == str(int(NOW.timestamp() * 1000))
    assert limits(http, granted["access_token"]).status_code == 200


def test_a_refresh_token_gives_a_token(http):
    form = {"grant_type": "refresh_token", "client_id": "app", "client_secret": "secret"}
    assert ask(http, **form, refresh_token="fresh").status_code == 200
    stale = ask(http, **form, refresh_token="stale")
    assert (stale.status_code, stale.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "audience", ["https://login.salesforce.com", "https://test.salesforce.com", None]
)
def test_jwt_bearer_gives_a_token(http, keys, audience):
    changed = {"aud": audience} if audience else {}
    signed = assertion(http, keys[0], **changed)
    assert ask(http, grant_type=BEARER, assertion=signed).status_code == 200


def test_jwt_bearer_takes_the_machines_clock_too(http, keys):
    signed = assertion(http, keys[0], exp=int(time.time()) + 100)
    assert ask(http, grant_type=BEARER, assertion=signed).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"exp": int(NOW.timestamp()) - 1}, "invalid_grant"),
        ({"exp": int(NOW.timestamp()) + 3600}, "invalid_grant"),
        ({"exp": "soon"}, "invalid_grant"),
        ({"aud": "https://elsewhere.example"}, "invalid_grant"),
        ({"sub": "somebody@example.com"}, "invalid_grant"),
        ({"iss": "another"}, "invalid_client_id"),
    ],
)
def test_wrong_assertions_are_refused(http, keys, changed, error):
    given = ask(http, grant_type=BEARER, assertion=assertion(http, keys[0], **changed))
    assert (given.status_code, given.json()["error"]) == (400, error)


def test_an_assertion_signed_by_another_key_or_algorithm_is_refused(http, keys):
    other, _ = make_signing_key()
    claims = {"iss": "app", "sub": USER, "aud": str(http.base_url).rstrip("/")}
    claims["exp"] = int(NOW.timestamp()) + 180
    unsigned = jwt.encode(claims, None, algorithm="none")
    for signed in (assertion(http, other), unsigned, "not.a.jwt", ""):
        given = ask(http, grant_type=BEARER, assertion=signed)
        assert (given.status_code, given.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "username": USER, "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "app"}, "invalid_client"),
        (
            {"grant_type": "client_credentials", "client_id": "app", "client_secret": "no"},
            "invalid_client",
        ),
        ({"grant_type": "client_credentials", "client_id": "nobody"}, "invalid_client_id"),
    ],
)
def test_other_grants_are_refused(http, form, error):
    given = ask(http, **form)
    assert (given.status_code, given.json()["error"]) == (400, error)
    assert given.json()["error_description"]


def test_without_a_token_nothing_is_told(http):
    for path in ("limits", "sobjects", "query?q=SELECT+Id+FROM+User", "jobs/query", "nonsense"):
        given = http.get(f"/services/data/v62.0/{path}")
        assert given.status_code == 401
        assert given.json()[0]["errorCode"] == "INVALID_SESSION_ID"


def test_tokens_end(http, server):
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}
    token = ask(http, **form).json()["access_token"]
    server.org.sessions.expire_all()
    assert limits(http, token).status_code == 401
    server.faults.add({"token_uses": 2})
    token = ask(http, **form).json()["access_token"]
    assert [limits(http, token).status_code for _ in range(3)] == [200, 200, 401]
    server.org.sessions.life_s = 0.0
    assert limits(http, ask(http, **form).json()["access_token"]).status_code == 401


def test_secrets_are_not_in_a_repr(server, keys):
    shown = repr(server.apps)
    assert "secret=" not in shown
    assert "fresh" not in shown
    assert "PUBLIC KEY" not in shown


def test_faults_are_set_over_the_control_endpoint(http):
    headers = {CONTROL_HEADER: "control"}
    assert http.post("/_control/faults", json={"status": 503}).status_code == 403
    fault = {"status": 503, "times": 1, "retry_after": 2}
    assert http.post("/_control/faults", json=fault, headers=headers).status_code == 200
    struck = http.get("/services/data")
    assert (struck.status_code, struck.headers["Retry-After"]) == (503, "2")
    assert struck.json()[0]["errorCode"] == "SERVER_UNAVAILABLE"
    assert http.get("/services/data").json()[-1]["version"] == "67.0"


def test_a_purged_record_is_in_get_deleted_only(http, server):
    at = NOW - timedelta(days=3)
    id_ = "00Q000000000001AAA"
    record = {"Id": id_, "LastName": "x", "SystemModstamp": "2026-01-29T00:00:00.000+0000"}
    server.store.apply([Change(at, "salesforce", "Lead", "insert", id_, record)])
    server.store.purge("Lead", id_, at=NOW - timedelta(days=1))
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}
    bearer = {"Authorization": f"Bearer {ask(http, **form).json()['access_token']}"}
    root = "/services/data/v62.0"
    soql = {"q": "SELECT Id FROM Lead"}
    assert http.get(f"{root}/queryAll", params=soql, headers=bearer).json()["totalSize"] == 0
    window = {"start": "2026-01-30T00:00:00Z", "end": "2026-02-01T00:00:00+00:00"}
    listed = http.get(f"{root}/sobjects/Lead/deleted/", params=window, headers=bearer).json()
    assert listed["deletedRecords"] == [{"id": id_, "deletedDate": "2026-01-31T00:00:00.000+0000"}]


def test_the_ca_signs_for_loopback_only_and_keys_are_private(tmp_path):
    tls = make_tls(tmp_path)
    assert oct(tls.key_path.stat().st_mode)[-3:] == "600"
    assert b"PRIVATE" not in tls.ca_path.read_bytes() + tls.cert_path.read_bytes()
