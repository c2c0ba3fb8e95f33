"""Events and refetching against localstripe, a Stripe server that others wrote.

It can list by `created` only events, and dates objects by the machine's clock, so a load starts
from marks that an earlier one would have left, and no sweep is due.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from buck.lake.lake import Lake
from buck.records.load import LoadReport
from buck.sources.arrow import spec_schema
from buck.sources.stripe.tables import ALL_TABLES
from tests.integration.sources.stripe.shop import Row, land, newest, read_versions

KEY = "sk_test_localstripe"
TABLES = ("customers", "products", "payouts", "subscriptions", "invoices", "invoice_line_items",
          "payment_intents", "events")  # fmt: skip
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("localstripe_process.py"))]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.stdin.close()
    assert process.wait(timeout=20) == 0
    process.stdout.close()


class Account:
    """Objects made through localstripe's API, and a lake that follows it."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self.base = folder, base
        self.http = httpx.Client(base_url=base, auth=(KEY, ""), trust_env=False)
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self.loads = 0

    def begin(self) -> None:
        """Marks as of now for tables without rows."""
        now_us = int(time.time()) * 1_000_000
        landing = self.lake.landing("stripe", "begin", facts={})
        for spec in (t for t in ALL_TABLES if t.name in TABLES):
            landing.open(spec)
            marks = {"events_until": now_us, "swept_until": now_us}
            landing.commit(spec, [], schema=spec_schema(spec), marks=marks)
        landing.close()

    def post(self, path: str, **form: Any) -> Row:
        answer = self.http.post(f"/v1/{path}", json=form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, id_: str) -> Row:
        return self.http.get(f"/v1/{path}/{id_}").json()

    def land(self) -> LoadReport:
        self.loads += 1
        return land(
            self.lake,
            self.folder,
            TABLES,
            key=KEY,
            base=self.base,
            load_id=f"load{self.loads}",
            as_of=datetime.now(UTC),
            lag_s=0,
        )

    def current(self, name: str) -> dict[Any, Row]:
        return newest(name, read_versions(self.lake, name))


@pytest.fixture
def account(base: str, tmp_path: Path) -> Iterator[Account]:
    account = Account(tmp_path, base)
    account.http.delete("/_config/data").raise_for_status()
    yield account
    account.http.close()


def test_what_events_name_is_fetched_and_equals_localstripe(account: Account) -> None:
    account.begin()
    people = [account.post("customers", email=f"{n}@example.com")["id"] for n in range(3)]
    product = account.post("products", name="Tide table", type="service")["id"]
    payout = account.post("payouts", amount=1_200, currency="eur")["id"]
    report = account.land()
    assert report.skipped == {}
    assert {k: r["email"] for k, r in account.current("customers").items()} == {
        id_: account.get("customers", id_)["email"] for id_ in people
    }
    assert account.current("products")[product]["name"] == "Tide table"
    landed = account.current("payouts")[payout]
    told = account.get("payouts", payout)
    assert (landed["amount"], landed["currency"], landed["status"]) == (
        1_200, "eur", told["status"],
    )  # fmt: skip

    account.post(f"customers/{people[0]}", email="new@example.com", metadata={"a'b": "1"})
    account.http.delete(f"/v1/customers/{people[1]}").raise_for_status()
    report = account.land()
    assert report.skipped == {}
    assert set(account.current("customers")) == {people[0], people[2]}
    changed = account.current("customers")[people[0]]
    assert changed["email"] == "new@example.com"
    assert orjson.loads(changed["metadata"]) == {"a'b": "1"}
    versions = [r["_buck_op"] for r in read_versions(account.lake, "customers")]
    assert sorted(versions) == ["d", "u", "u", "u", "u"]
    assert account.land().rows_landed == 0


def test_subscription_brings_its_invoice_lines_and_payment(account: Account) -> None:
    account.begin()
    customer = account.post("customers", email="ada@example.com")["id"]
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    method = account.post("payment_methods", type="card", card=card)["id"]
    account.post(f"payment_methods/{method}/attach", customer=customer)
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
    account.post(
        "plans", id="monthly", amount=900, currency="eur", interval="month",
        product={"name": "Tides"},
    )  # fmt: skip
    subscription = account.post("subscriptions", customer=customer, items=[{"plan": "monthly"}])
    report = account.land()
    assert report.skipped == {}
    landed = account.current("subscriptions")[subscription["id"]]
    told = account.get("subscriptions", subscription["id"])
    assert (landed["status"], landed["customer"]) == (told["status"], customer)
    invoices = account.current("invoices")
    assert len(invoices) == 1
    lines = account.current("invoice_line_items")
    assert {(i, r["amount"]) for (i, _), r in lines.items()} == {(next(iter(invoices)), 900)}
    assert set(account.current("events")) == {
        e["id"] for e in account.http.get("/v1/events", params={"limit": 100}).json()["data"]
    }
