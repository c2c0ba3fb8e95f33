"""A stretch of stamps of Salesforce's records, loaded by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from buck.records.load import LoadRules, TimeRange
from tests.integration.sources.salesforce.world import NOW

SPAN = TimeRange(NOW - timedelta(days=20), NOW - timedelta(days=10))


def test_g7_range_lands_what_was_stamped_in_it_and_moves_no_mark(org: Any) -> None:
    for number, days in enumerate((25, 20, 15, 10, 5)):
        org.put("Account", number, at=NOW - timedelta(days=days), Name=f"{days} days ago")
    report = org.land("Account", rules=LoadRules(span=SPAN))
    assert not report.is_degraded
    assert {r["name"] for r in org.current("account").values()} == {"20 days ago", "15 days ago"}
    assert org.mark("account", "modstamp_until") is None
    assert org.land("Account", rules=LoadRules(span=SPAN)).rows_landed == 0
    org.land("Account")
    assert len(org.current("account")) == 5
    before = org.mark("account", "modstamp_until")
    org.pass_time(days=1)
    org.put("Account", 2, at=NOW - timedelta(days=15), Name="changed behind the stamp")
    assert org.land("Account", rules=LoadRules(span=SPAN)).rows_landed == 1
    assert org.mark("account", "modstamp_until") == before


def test_range_of_one_object_reads_no_other(org: Any) -> None:
    org.put("Account", 1, at=NOW - timedelta(days=15), Name="a")
    org.put("Contact", 1, at=NOW - timedelta(days=15), LastName="c")
    rules = LoadRules(span=SPAN, only=frozenset({"contact"}))
    report = org.land("Account", "Contact", rules=rules)
    assert [(t.table, t.rows_landed) for t in report.tables] == [("salesforce.contact", 1)]
    assert org.asked("/sobjects/Account/describe") == 0
