"""Fields that come, go and change by themselves; values exactly as the org holds them."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from buck.records.load import LoadRules
from buck.sandbox.salesforce.fields import SObjectField, formula
from buck.sandbox.salesforce.sobject import SObject
from tests.integration.sources.salesforce.world import NOW, Org, make_id

DAY = timedelta(days=1)
BULK = {"small_rows": 0}
REST = {"small_rows": 1_000_000}


def values(org: Org, table: str, column: str) -> dict[int, object]:
    return {int(id_[3:15]): row[column] for id_, row in org.current(table).items()}


def incidents(report: object) -> list[tuple[str, str, str]]:
    return [(i.table, i.kind, i.column) for t in report.tables for i in t.incidents]


def test_f4_a_formula_changes_without_the_stamp(org):
    account = org.put("Account", 1, at=NOW - 3 * DAY, Segment__c="SMB")
    for number in (1, 2):
        org.put("Opportunity", number, at=NOW - 2 * DAY, AccountId=account, Name="deal")
    org.put("Opportunity", 3, at=NOW - 2 * DAY, Name="without an account")
    org.land("Account", "Opportunity")
    side = "opportunity__formula"
    assert values(org, side, "account_segment__c") == {1: "SMB", 2: "SMB", 3: None}
    assert "account_segment__c" not in org.raw("opportunity")[0]
    org.pass_time(hours=2)
    org.put("Account", 1, Segment__c="Enterprise")
    org.put("Opportunity", 2, AccountId=account, Name="deal, changed")
    org.land("Account", "Opportunity")
    # A changed record brings its formulas along; the others wait for the night.
    assert values(org, side, "account_segment__c") == {1: "SMB", 2: "Enterprise", 3: None}
    org.pass_time(days=1)
    before = len(org.raw("opportunity"))
    org.land("Account", "Opportunity")
    assert values(org, side, "account_segment__c") == {1: "Enterprise", 2: "Enterprise", 3: None}
    assert len(org.raw("opportunity")) == before
    assert [row["id"][3:15].lstrip("0") for row in org.raw(side)] == ["1", "2", "3", "2", "1"]
    asked = org.asked("/queryAll")
    org.pass_time(hours=1)
    org.land("Account", "Opportunity")
    assert org.asked("/queryAll") == asked + 2


def test_a_deleted_record_has_no_formulas_any_more(org):
    for number in (1, 2, 3):
        org.put("Opportunity", number, at=NOW - 2 * DAY, Name="deal")
    org.land("Opportunity")
    org.pass_time(days=1)
    org.delete("Opportunity", 1, Name="deal")
    org.purge("Opportunity", 2)
    org.land("Opportunity")
    assert list(values(org, "opportunity__formula", "id")) == [3]


def test_a_field_called_a_formula_by_the_user_is_refreshed_too(org):
    field = SObjectField("Status__c", "string", formula="Account.Segment__c")
    org.store.catalog.add_field("Opportunity", field)
    account = org.put("Account", 1, at=NOW - 3 * DAY, Segment__c="SMB")
    org.put("Opportunity", 1, at=NOW - 2 * DAY, AccountId=account)
    told = {"formula_fields": ["Opportunity.Status__c"]}
    org.land("Opportunity", **told)
    org.pass_time(days=1)
    org.put("Account", 1, Segment__c="Enterprise")
    org.land("Opportunity", **told)
    assert values(org, "opportunity__formula", "status__c") == {1: "Enterprise"}


def test_f5_a_new_field_is_backfilled_for_records_that_did_not_change(org):
    for number in (1, 2, 3):
        org.put("Account", number, at=NOW - 3 * DAY, Name="a", Tier__c=Decimal("2.5") * number)
    org.put("Account", 4, at=NOW - 3 * DAY, Name="no tier")
    org.land("Account")
    org.pass_time(hours=1)
    tier = SObjectField("Tier__c", "double", precision=6, scale=1)
    org.store.catalog.add_field("Account", tier)
    report = org.land("Account")
    got = values(org, "account", "tier__c")
    assert got == {1: Decimal("2.5"), 2: Decimal("5.0"), 3: Decimal("7.5"), 4: None}
    assert org.lake.raw("salesforce", "account").state().columns["tier__c"] == "DECIMAL(6,1)"
    assert {row["name"] for row in org.current("account").values()} == {"a", "no tier"}
    landed = {t.table: t.rows_landed for t in report.tables}
    # The record without a value needs no new version: its column is null already.
    assert landed["salesforce.account"] == 3
    org.pass_time(hours=1)
    report = org.land("Account")
    assert sum(t.rows_landed for t in report.tables) == 0


def test_a_backfill_that_was_killed_before_its_last_commit_is_made_again(org, monkeypatch):
    org.put("Account", 1, at=NOW - 3 * DAY, Name="a", Tier__c=1)
    org.land("Account")
    org.store.catalog.add_field("Account", SObjectField("Tier__c", "int", precision=3))
    org.pass_time(hours=1)
    landing = type(org.lake.landing("salesforce", "probe", facts={}))
    commit = landing.commit

    def die(self, spec, *rest, **named):
        if spec.name == "describe_snapshot":
            raise KeyboardInterrupt
        return commit(self, spec, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(landing, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            org.land("Account")
    assert values(org, "account", "tier__c") == {1: 1}
    org.pass_time(hours=1)
    org.land("Account")
    assert len(org.raw("account")) == 2
    shown = [row for row in org.raw("describe_snapshot") if row["field_name"] == "Tier__c"]
    assert [row["is_landed"] for row in shown] == [True]


def test_f5_a_field_that_is_lost_stays_as_a_column_and_is_told_once(org):
    org.store.catalog.add_field("Account", SObjectField("Tier__c", "int", precision=3))
    for number in (1, 2):
        org.put("Account", number, at=NOW - 3 * DAY, Segment__c="SMB", Tier__c=7)
    org.land("Account")
    org.store.catalog.hide_field("Account", "Tier__c")
    org.store.catalog.hide_field("Account", "Segment__c")
    org.pass_time(hours=2)
    org.put("Account", 2, Segment__c="Enterprise", Tier__c=8)
    report = org.land("Account")
    assert incidents(report) == [
        ("salesforce.account", "column_vanished", "segment__c"),
        ("salesforce.account", "column_vanished", "tier__c"),
    ]
    assert values(org, "account", "tier__c") == {1: 7, 2: None}
    assert values(org, "account", "segment__c") == {1: "SMB", 2: None}
    org.pass_time(hours=2)
    assert incidents(org.land("Account")) == []
    frozen = org.land("Account", rules=LoadRules(contract="freeze"))
    assert "segment__c, tier__c vanished" in frozen.skipped["account"]
    org.store.catalog.add_field("Account", SObjectField("Tier__c", "int", precision=3))
    org.pass_time(hours=2)
    org.land("Account")
    assert values(org, "account", "tier__c") == {1: 7, 2: 8}


def test_a_new_formula_is_read_for_every_record_at_once(org):
    account = org.put("Account", 1, at=NOW - 3 * DAY, Segment__c="SMB", Industry="Retail")
    org.put("Opportunity", 1, at=NOW - 2 * DAY, AccountId=account)
    org.land("Opportunity")
    org.store.catalog.add_field("Opportunity", formula("Trade__c", "Account.Industry"))
    org.pass_time(hours=1)
    org.land("Opportunity")
    assert values(org, "opportunity__formula", "trade__c") == {1: "Retail"}
    assert len(org.raw("opportunity")) == 1


def test_a_formula_that_becomes_a_field_is_read_for_old_records(org):
    account = org.put("Account", 1, at=NOW - 3 * DAY, Industry="Retail")
    org.store.catalog.add_field("Opportunity", formula("Trade__c", "Account.Industry"))
    org.put("Opportunity", 1, at=NOW - 2 * DAY, AccountId=account, Trade__c="Wholesale")
    org.land("Opportunity")
    org.store.catalog.hide_field("Opportunity", "Trade__c")
    org.store.catalog.add_field("Opportunity", SObjectField("Trade__c", "string"))
    org.pass_time(hours=1)
    org.land("Opportunity")
    assert values(org, "opportunity", "trade__c") == {1: "Wholesale"}
    assert values(org, "opportunity__formula", "trade__c") == {1: "Retail"}


def test_a_lost_formula_is_told(org):
    org.store.catalog.add_field("Opportunity", formula("Trade__c", "Account.Industry"))
    org.put("Opportunity", 1, at=NOW - 2 * DAY)
    org.land("Opportunity")
    org.store.catalog.hide_field("Opportunity", "Trade__c")
    org.pass_time(hours=1)
    told = incidents(org.land("Opportunity"))
    assert told == [("salesforce.opportunity__formula", "column_vanished", "trade__c")]


def test_a_lake_without_a_snapshot_takes_its_columns_for_what_was_read(org):
    org.put("Account", 1, at=NOW - 3 * DAY, Segment__c="SMB", Tier__c=7)
    org.land("Account")
    shutil.rmtree(org.folder / "lake" / "raw" / "salesforce" / "describe_snapshot")
    org.store.catalog.add_field("Account", SObjectField("Tier__c", "int", precision=3))
    org.pass_time(hours=1)
    asked = org.asked("/queryAll")
    org.land("Account")
    assert values(org, "account", "tier__c") == {1: 7}
    assert len(org.raw("account")) == 2
    # What changed, and the one new field.
    assert org.asked("/queryAll") == asked + 2


@pytest.mark.parametrize("way", [BULK, REST], ids=["bulk", "rest"])
def test_f7_text_arrives_as_it_was_written(org, way):
    texts = ["NA", "null", "", "a\nb\r\nc", "say \"hi\", 'you'", "nul\x00byte", "\ufeffBOM", "🧾 é"]
    for number, text in enumerate(texts, start=1):
        org.put("Account", number, at=NOW - DAY, Name=text, Segment__c="a;b")
    org.land("Account", **way)
    expected = [None if text == "" else text.replace("\x00", "") for text in texts]
    assert list(values(org, "account", "name").values()) == expected
    assert set(values(org, "account", "segment__c").values()) == {"a;b"}


@pytest.mark.parametrize("way", [BULK, REST], ids=["bulk", "rest"])
def test_f8_decimals_and_times_are_exact(org, way):
    fields = (
        SObjectField("Id", "id", nillable=False),
        SObjectField("SystemModstamp", "datetime"),
        SObjectField("Rate__c", "double", precision=18, scale=4),
        SObjectField("Seen__c", "datetime"),
        SObjectField("Day__c", "date"),
        SObjectField("Clock__c", "time"),
        SObjectField("Count__c", "int", precision=9),
        SObjectField("Tags__c", "multipicklist"),
    )
    org.store.catalog.add_object(SObject("Thing__c", "a00", fields))
    rates = ["12345678901234.5678", "-0.0001", "0.1000", "99999999999999.9999"]
    # Both sides of the hour that clocks in New York show twice.
    seen = ["2026-11-01T01:30:00.000-0400", "2026-11-01T01:30:00.000-0500"]
    for number, rate in enumerate(rates):
        org.put(
            "Thing__c",
            number,
            at=NOW - DAY,
            Rate__c=Decimal(rate),
            Seen__c=seen[number % 2],
            Day__c="2026-03-29",
            Clock__c="13:05:00.000Z",
            Count__c=2_147_483_647,
            Tags__c="b;a",
        )
    org.land("Thing__c", **way)
    rows = org.raw("thing__c")
    assert [row["rate__c"] for row in rows] == [Decimal(rate) for rate in rates]
    assert [row["seen__c"] for row in rows[:2]] == [
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    ]
    assert {row["day__c"] for row in rows} == {date(2026, 3, 29)}
    assert {row["clock__c"] for row in rows} == {"13:05:00.000Z"}
    assert {row["count__c"] for row in rows} == {2_147_483_647}
    assert {row["tags__c"] for row in rows} == {"b;a"}
    assert org.lake.raw("salesforce", "thing__c").state().columns["rate__c"] == "DECIMAL(18,4)"
    assert org.current("thing__c").keys() == {make_id("Thing__c", n) for n in range(4)}
