"""The company's own Salesforce data, landed day after day into a real lake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from buck.sandbox.company import Company, day_start
from buck.sandbox.salesforce.soql_evaluation import run_soql
from buck.sandbox.salesforce.standard_objects import STANDARD_OBJECTS

DAYS = (45, 46, 53)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(seed=3, customers=60)


def test_every_field_of_every_record_is_described(company):
    described = {item.name: {field.name for field in item.fields} for item in STANDARD_OBJECTS}
    changes = [c for c in company.changes(max(DAYS)) if c.system == "salesforce"]
    assert {change.table for change in changes} == set(described)
    for change in changes:
        assert set(change.record) <= described[change.table], change.table


def test_the_newest_versions_equal_the_org_on_every_day(company, org):
    changes = company.changes(max(DAYS))
    applied = 0
    for days in DAYS:
        now = day_start(days)
        due = [change for change in changes[applied:] if change.at < now]
        applied += len(due)
        org.store.apply(due)
        org.clock.set(now)
        assert org.land().skipped == {}
        snapshot = org.store.snapshot(now)
        for item in STANDARD_OBJECTS:
            alive = run_soql(f"SELECT Id FROM {item.name}", snapshot, deleted=False).records
            expected = {(row["Id"], row["SystemModstamp"]) for row in alive}
            landed = {
                (id_, row["systemmodstamp"].strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
                for id_, row in org.current(item.name.lower()).items()
            }
            assert landed == expected, (item.name, days)
        asked = run_soql("SELECT Id, Account_Segment__c FROM Opportunity", snapshot, deleted=False)
        formulas = org.current("opportunity__formula").items()
        assert sorted([id_, row["account_segment__c"] or ""] for id_, row in formulas) == sorted(
            asked.csv_rows(first=0, count=asked.total)
        )
    assert any(row["_buck_op"] == "d" for row in org.raw("lead"))
    # Nothing new, at the same moment and a little later.
    for _ in range(2):
        assert org.land().rows_landed == 0
        org.clock.set(org.clock.now() + timedelta(minutes=10))
