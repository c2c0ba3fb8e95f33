"""The three systems of one running sandbox, asked by the official clients."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import requests
import stripe
from simple_salesforce import Salesforce

from buck import sandbox
from buck.errors import SandboxError
from buck.sandbox.company import Company, day_start, truth_at

SEED, CUSTOMERS, DAYS = 5, 25, 20


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One sandbox for the tests that only read, or undo what they do."""
    folder = tmp_path_factory.mktemp("project") / "sandbox"
    sandbox.up(folder, seed=SEED, customers=CUSTOMERS, days=DAYS)
    yield folder
    sandbox.down(folder, forget=True)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "sandbox"
    sandbox.up(folder, seed=SEED, customers=CUSTOMERS, days=DAYS)
    yield folder
    sandbox.down(folder, forget=True)


def environment(folder: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((folder / "environment.json").read_text())
    return content


def stripe_get(folder: Path, path: str, **parameters: Any) -> httpx.Response:
    variables = environment(folder)
    return httpx.get(
        variables["STRIPE_API_BASE"] + path,
        params=parameters,
        headers={"Authorization": f"Bearer {variables['STRIPE_API_KEY']}"},
    )


def read_charges(folder: Path) -> dict[str, Any]:
    variables = environment(folder)
    client = stripe.StripeClient(
        variables["STRIPE_API_KEY"], base_addresses={"api": variables["STRIPE_API_BASE"]}
    )
    listed = client.v1.charges.list({"limit": 100})
    return {charge.id: charge.to_dict() for charge in listed.auto_paging_iter()}


def newest(changes: list[Any], system: str, table: str) -> dict[str, Any]:
    records: dict[str, Any] = {}
    for change in changes:
        if (change.system, change.table) == (system, table):
            records[change.key] = change.record
            if change.op == "delete":
                del records[change.key]
    return records


def test_stripe_client_reads_every_live_charge_of_the_company(running: Path) -> None:
    expected = newest(Company(SEED, CUSTOMERS).changes(DAYS), "stripe", "charges")
    live = {key: record for key, record in expected.items() if record["livemode"]}
    found = read_charges(running)
    assert len(live) > 50
    assert {key: charge["amount"] for key, charge in found.items()} == {
        key: record["amount"] for key, record in live.items()
    }


def test_salesforce_client_reads_accounts_over_https(running: Path) -> None:
    variables = environment(running)
    session = requests.Session()
    session.trust_env = False  # a bundle named by the environment would win over `verify`
    session.verify = variables["SALESFORCE_CA_FILE"]
    with session:
        token = session.post(
            f"{variables['SALESFORCE_HTTPS_URL']}/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": variables["SALESFORCE_CLIENT_ID"],
                "client_secret": variables["SALESFORCE_CLIENT_SECRET"],
            },
        ).json()["access_token"]
        client = Salesforce(
            instance_url=variables["SALESFORCE_HTTPS_URL"], session_id=token, session=session
        )
        found = client.query_all("SELECT Id, Name FROM Account ORDER BY Id")["records"]
    expected = newest(Company(SEED, CUSTOMERS).changes(DAYS), "salesforce", "Account")
    assert len(expected) > 3
    assert {r["Id"]: r["Name"] for r in found} == {
        key: record["Name"] for key, record in expected.items()
    }


def test_salesforce_answers_over_plain_http_too(running: Path) -> None:
    variables = environment(running)
    answer = httpx.post(
        f"{variables['SALESFORCE_LOGIN_URL']}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": variables["SALESFORCE_CLIENT_ID"],
            "client_secret": variables["SALESFORCE_CLIENT_SECRET"],
        },
    )
    assert answer.status_code == 200
    assert answer.json()["instance_url"] == variables["SALESFORCE_LOGIN_URL"]


def test_foreign_stripe_key_is_refused(running: Path) -> None:
    answer = httpx.get(
        environment(running)["STRIPE_API_BASE"] + "/v1/charges",
        headers={"Authorization": "Bearer rk_live_somebodyelse123"},
    )
    assert answer.status_code == 401


def test_control_is_refused_without_the_token(running: Path) -> None:
    port = json.loads((running / "state.json").read_text())["ports"]["control"]
    answer = httpx.post(f"http://127.0.0.1:{port}/down", json={})
    assert answer.status_code == 401
    assert sandbox.status(running).running


def test_fault_happens_and_is_over_when_cleared(running: Path) -> None:
    status = sandbox.set_faults(running, "stripe", {"status": 429, "retry_after": 1, "times": 2})
    assert len(status.system("stripe").faults) == 1
    answers = [stripe_get(running, "/v1/charges", limit=1) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"
    sandbox.set_faults(running, "stripe", {"status": 500})
    assert stripe_get(running, "/v1/charges").status_code == 500
    cleared = sandbox.clear_faults(running)
    assert [system.faults for system in cleared.systems] == [(), (), ()]
    assert stripe_get(running, "/v1/charges").status_code == 200


def test_closed_database_lets_nobody_in_until_cleared(running: Path) -> None:
    url = environment(running)["APP_DATABASE_URL"]
    with psycopg.connect(url) as connection:
        sandbox.set_faults(running, "app", {"closed": True})
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(url)
    sandbox.clear_faults(running)
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) > 0 from users").fetchone() == (True,)


@pytest.mark.parametrize(
    ("system", "fault", "message"),
    [
        ("stripe", {"explode": 1}, "exactly one knob"),
        ("app", {"explode": 1}, "no fault"),
        ("oracle", {"status": 500}, "no system 'oracle'"),
    ],
)
def test_wrong_fault_is_refused_with_what_there_is(
    running: Path, system: str, fault: dict[str, Any], message: str
) -> None:
    with pytest.raises(SandboxError, match=message) as caught:
        sandbox.set_faults(running, system, fault)
    assert caught.value.hint


def test_date_header_is_the_simulated_present(running: Path) -> None:
    assert stripe_get(running, "/v1/charges").headers["Date"] == "Wed, 21 Jan 2026 00:00:00 GMT"


def test_truth_is_the_companys_own_and_known_for_past_days(running: Path) -> None:
    company = Company(SEED, CUSTOMERS)
    now = truth_at(company.facts(DAYS), as_of=day_start(DAYS)).to_dict()
    assert sandbox.truth(running) == now
    earlier = sandbox.truth(running, 10)
    assert earlier == truth_at(company.facts(10), as_of=day_start(10)).to_dict()
    assert len(earlier["by_day"]) < len(now["by_day"])
    noon = day_start(10) + timedelta(hours=12)
    assert sandbox.truth(running, as_of_at=noon)["as_of"] == noon.isoformat()
    with pytest.raises(SandboxError, match="has not come yet"):
        sandbox.truth(running, DAYS + 1)


def is_quiet_before(records: list[datetime], now_at: datetime) -> bool:
    return not [at for at in records if now_at - timedelta(minutes=10) < at < now_at]


def test_spoiling_and_healing_take_an_hour_each_and_leave_the_truth_alone(fresh: Path) -> None:
    clean = read_charges(fresh)
    spoilt = sandbox.spoil(fresh, "duplicates")
    doubled = read_charges(fresh)
    assert spoilt.spoils == ("duplicates",)
    assert spoilt.now_at >= day_start(DAYS) + timedelta(hours=1)
    assert environment(fresh)["BUCK_AS_OF"] == spoilt.now_at.isoformat()
    known = {charge["payment_intent"] for charge in clean.values()}
    copies = [c for key, c in doubled.items() if key not in clean and c["payment_intent"] in known]
    assert len(copies) >= 10
    created = [datetime.fromtimestamp(c["created"], UTC) for c in doubled.values()]
    assert is_quiet_before(created, spoilt.now_at)

    healed = sandbox.heal(fresh)
    assert healed.spoils == ()
    assert healed.now_at >= spoilt.now_at + timedelta(hours=1)
    repaired = read_charges(fresh)
    assert {repaired[copy["id"]]["status"] for copy in copies} == {"failed"}
    company = Company(SEED, CUSTOMERS)
    expected = truth_at(company.facts(DAYS + 1), as_of=healed.now_at).to_dict()
    assert sandbox.truth(fresh) == expected


def test_negated_amounts_come_back_after_healing(fresh: Path) -> None:
    sandbox.spoil(fresh, "negative_amounts")
    assert sum(charge["amount"] < 0 for charge in read_charges(fresh).values()) >= 10
    sandbox.heal(fresh)
    assert not [charge for charge in read_charges(fresh).values() if charge["amount"] < 0]


def test_nothing_appears_in_the_past_when_time_goes_on_after_a_spoiling(fresh: Path) -> None:
    """A reader that saw everything up to now never finds something older later."""
    steps: list[Callable[[], Any]] = [
        lambda: sandbox.spoil(fresh, "duplicates"),
        lambda: sandbox.heal(fresh),
        lambda: sandbox.advance(fresh, days=2),
        lambda: sandbox.spoil(fresh, "negative_amounts"),
    ]
    seen = set(read_charges(fresh))
    now_at = sandbox.status(fresh).now_at
    for step in steps:
        status = step()
        charges = read_charges(fresh)
        fresh_at = [charges[key]["created"] for key in charges.keys() - seen]
        assert not [at for at in fresh_at if at < now_at.timestamp()]
        seen, now_at = set(charges), status.now_at


def test_all_systems_are_the_same_after_a_crash(fresh: Path) -> None:
    sandbox.spoil(fresh, "duplicates")
    sandbox.heal(fresh)
    before = sandbox.advance(fresh, days=1)
    events = stripe_get(fresh, "/v1/events", limit=100).json()
    variables = environment(fresh)
    assert before.pid is not None
    signal_process(before.pid)
    after = sandbox.up(fresh)
    assert after.systems == before.systems
    assert stripe_get(fresh, "/v1/events", limit=100).json() == events
    assert environment(fresh) == variables


def signal_process(pid: int) -> None:

    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ["explode", ""])
def test_unknown_spoiling_is_refused_with_those_there_are(running: Path, kind: str) -> None:
    with pytest.raises(SandboxError, match="cannot be spoilt") as caught:
        sandbox.spoil(running, kind)
    assert "duplicates" in caught.value.hint
    assert sandbox.status(running).now_at == day_start(DAYS)


def test_healing_what_is_whole_is_refused(running: Path) -> None:
    with pytest.raises(SandboxError, match="nothing is spoilt"):
        sandbox.heal(running)
