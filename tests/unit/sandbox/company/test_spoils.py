"""Bad data on purpose, and its repair."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from buck.errors import SandboxError
from buck.sandbox.company import Change, Company, Record, day_start, truth

AT = day_start(20) - timedelta(minutes=15)
LATER = day_start(21) - timedelta(minutes=15)


def charges_after(company: Company, extra: list[Change], until: datetime) -> dict[str, Record]:
    changes = sorted(
        [c for c in company.changes(60) if c.at < until] + [c for c in extra if c.at < until],
        key=lambda c: c.at,
    )
    return {c.key: c.record for c in changes if c.table == "charges"}


def doubled_intents(charges: dict[str, Record]) -> int:
    succeeded = Counter(c["payment_intent"] for c in charges.values() if c["status"] == "succeeded")
    return sum(n > 1 for n in succeeded.values())


def test_duplicates_pay_one_intent_twice_until_healed(company: Company) -> None:
    bad = company.spoil("duplicates", AT)
    good = company.heal("duplicates", LATER)
    assert len(bad) == 12
    assert {c.op for c in bad} == {"insert"}
    assert all(c.record["balance_transaction"] is None for c in bad)
    assert doubled_intents(charges_after(company, bad, day_start(20))) == 12
    healed = charges_after(company, bad + good, day_start(21))
    assert doubled_intents(healed) == 0
    assert all(healed[c.key]["status"] == "failed" for c in bad)
    assert not any(healed[c.key]["paid"] or healed[c.key]["captured"] for c in bad)


def test_negative_amounts_are_negative_until_healed(company: Company) -> None:
    bad = company.spoil("negative_amounts", AT, count=5)
    good = company.heal("negative_amounts", LATER, count=5)
    spoiled = charges_after(company, bad, day_start(20))
    assert sum(c["amount"] < 0 for c in spoiled.values()) == 5
    assert charges_after(company, bad + good, day_start(60)) == charges_after(
        company, [], day_start(60)
    )


def test_truth_knows_nothing_of_spoiling(company: Company) -> None:
    before = truth(company, as_of_day=21)
    company.spoil("duplicates", AT)
    assert truth(company, as_of_day=21) == before


def test_healing_in_another_process_needs_only_the_moment() -> None:
    first, second = Company(customers=30), Company(customers=30)
    first.spoil("duplicates", AT)
    assert first.heal("duplicates", LATER) == second.heal("duplicates", LATER, spoiled_at=AT)


def test_healing_what_was_never_spoiled_is_refused() -> None:
    with pytest.raises(SandboxError, match="negative_amounts"):
        Company(customers=5).heal("negative_amounts", LATER)
