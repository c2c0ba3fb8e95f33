"""Whatever the seed and the size: the history holds, and the books balance."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from buck.sandbox.company import Company, truth

DIGEST = """
from hashlib import sha256
from buck.sandbox.company import Company
company = Company(seed=11, customers=15)
print(sha256(repr((company.changes(25), company.facts(25))).encode()).hexdigest())
"""


@pytest.mark.parametrize(("seed", "customers"), [(1, 1), (2, 6), (3, 25), (2026, 60)])
def test_books_balance(seed: int, customers: int) -> None:
    company = Company(seed=seed, customers=customers)
    net, live = Counter[str](), 0
    for change in company.changes(70):
        if change.table == "balance_transactions" and change.op == "insert" and change.livemode:
            net[change.record["currency"]] += change.record["net"]
            live += 1
    figures = truth(company, as_of_day=70)
    assert live > 0
    assert {c: b["remaining"] for c, b in figures.balance.items() if b["charges"]} == dict(net)
    for row in figures.by_day:
        outcomes = (
            row.payments_completed
            + row.payments_refunded
            + row.payments_partially_refunded
            + row.payments_pending
            + row.payments_failed
        )
        assert outcomes == row.payments
        assert 0 <= row.refunds <= row.gross


def test_history_does_not_depend_on_the_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_even_a_tiny_company_has_an_invoice_of_many_lines() -> None:
    changes = Company(customers=12).changes(40)
    lines = [len(c.record["lines"]["data"]) for c in changes if c.table == "invoices"]
    assert max(lines) > 10


def test_a_user_who_is_deleted_before_their_address_is_corrected_stays_deleted() -> None:
    company = Company(seed=14, customers=9)
    users = [c for c in company.changes(117) if (c.system, c.table) == ("app", "users")]
    gone = {c.key for c in users if c.op == "delete"}
    assert gone
    assert all(c.op == "delete" for c in {c.key: c for c in users}.values() if c.key in gone)
