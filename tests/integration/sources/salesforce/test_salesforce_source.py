"""The Salesforce source against the sandbox's org: what lands, and what lands the next time."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from buck.errors import ConfigError, SourceDenied
from buck.sandbox.salesforce import (
    ConnectedApp,
    SalesforceServer,
    make_signing_key,
    make_tls,
)
from buck.sandbox.salesforce.fields import SObjectField
from buck.sandbox.salesforce.sobject import SObject
from tests.integration.sources.salesforce.world import NOW, Org, make_id

DAY = timedelta(days=1)


def test_first_load_gives_every_column_with_its_type(org):
    fields = {"Name": "NA", "AnnualRevenue": Decimal("1234567890123456.78"), "OwnerId": None}
    org.put("Account", 1, at=NOW - 3 * DAY, **fields)
    report = org.land("Account")
    (row,) = org.raw("account")
    assert row["name"] == "NA"
    assert row["annualrevenue"] == Decimal("1234567890123456.78")
    assert row["systemmodstamp"] == NOW - 3 * DAY
    assert row["_buck_source_ts"] == NOW - 3 * DAY
    assert row["_buck_op"] == "r"
    assert row["isdeleted"] is False
    types = org.lake.raw("salesforce", "account").state().columns
    assert types["annualrevenue"] == "DECIMAL(18,2)"
    assert types["systemmodstamp"] == "TIMESTAMP WITH TIME ZONE"
    assert types["numberofemployees"] == "BIGINT"
    assert report.skipped == {}


def test_second_load_gives_only_what_changed(org):
    for number in (1, 2, 3):
        org.put("Account", number, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.land("Account")
    assert len(org.raw("account")) == 3
    org.pass_time(days=1)
    org.put("Account", 2, Name="b")
    org.delete("Account", 3)
    org.put("Account", 4, Name="new")
    org.land("Account")
    got = [(row["id"][3:15].lstrip("0"), row["_buck_op"]) for row in org.raw("account")[3:]]
    assert got == [("2", "u"), ("3", "d"), ("4", "c")]
    until = NOW + DAY - timedelta(minutes=5)
    assert org.mark("account", "modstamp_until") == int(until.timestamp() * 1_000_000)


def test_rows_younger_than_the_lag_wait_for_the_next_load(org):
    org.put("Account", 1, at=NOW - timedelta(minutes=4), Name="young")
    org.land("Account")
    assert org.raw("account") == []
    org.pass_time(minutes=2)
    org.land("Account")
    assert [row["name"] for row in org.raw("account")] == ["young"]


def test_hidden_fields_are_null_and_hidden_objects_are_skipped(org):
    org.put("Account", 1, at=NOW - DAY, Segment__c="SMB")
    org.store.catalog.hide_field("Account", "Segment__c")
    report = org.land("Account", "Secret__c")
    assert org.raw("account")[0]["segment__c"] is None
    assert list(report.skipped) == ["secret__c"]
    assert "404" in report.skipped["secret__c"]


def test_a_custom_object_without_a_cursor_is_read_whole_and_compared_every_time(org):
    fields = (SObjectField("Id", "id", nillable=False), SObjectField("Rate__c", "percent"))
    org.store.catalog.add_object(SObject("Rate__c", "a00", fields))
    for number in (1, 2):
        org.put("Rate__c", number, at=NOW - DAY, Rate__c=Decimal("0.125"))
    org.land("Rate__c")
    org.land("Rate__c")
    assert [row["rate__c"] for row in org.raw("rate__c")] == [Decimal("0.125")] * 2
    org.store.forget("Rate__c", make_id("Rate__c", 1))
    org.put("Rate__c", 2, Rate__c=Decimal("0.25"))
    org.land("Rate__c")
    assert {k: v["rate__c"] for k, v in org.current("rate__c").items()} == {
        make_id("Rate__c", 2): Decimal("0.25")
    }


def test_a_field_that_changed_its_type_keeps_what_does_not_fit_beside_it(org):
    org.put("Account", 1, at=NOW - DAY, Name="a", NumberOfEmployees=7)
    org.land("Account")
    item = org.store.catalog.get("Account")
    fields = tuple(
        replace(f, type="string") if f.name == "NumberOfEmployees" else f for f in item.fields
    )
    org.store.catalog.add_object(replace(item, fields=fields))
    org.pass_time(hours=2)
    org.put("Account", 1, Name="a", NumberOfEmployees="many")
    org.put("Account", 2, Name="b", NumberOfEmployees="8")
    report = org.land("Account")
    got = [(r["numberofemployees"], r["numberofemployees__text"]) for r in org.raw("account")]
    assert got == [(7, None), (None, "many"), (8, None)]
    incidents = [(i.kind, i.column) for t in report.tables for i in t.incidents]
    assert ("type_changed", "numberofemployees") in incidents


def test_a_second_org_lands_under_its_own_name(tmp_path):
    org = Org(tmp_path, source="salesforce_eu")
    try:
        account = org.put("Account", 1, at=NOW - DAY, Segment__c="SMB")
        org.put("Opportunity", 1, at=NOW - DAY, AccountId=account)
        for _ in range(2):
            org.land("Account", "Opportunity")
            org.pass_time(days=1)
    finally:
        org.server.stop()
    assert {table.source for table in org.lake.raw_tables()} == {"salesforce_eu"}
    assert org.current("opportunity__formula")[make_id("Opportunity", 1)]["id"]
    shown = [row for row in org.raw("describe_snapshot") if row["object_name"] == "Opportunity"]
    assert "Account_Segment__c" in {row["field_name"] for row in shown}


def test_jwt_bearer_works_at_the_companys_time_and_over_tls(org, tmp_path):
    private, public = make_signing_key()
    app = ConnectedApp("app", username="etl@example.com", public_key=public)
    tls = make_tls(tmp_path)
    server = SalesforceServer(
        org.store, clock=org.clock, control_token="control", apps=[app], tls=tls
    )
    org.put("Account", 1, at=NOW - DAY, Name="a")
    key_file = tmp_path / "app.pem"
    key_file.write_text(private)
    signed = {"client_id": "app", "client_secret": None, "username": "etl@example.com"}
    context = ssl.create_default_context(cafile=tls.ca_path)
    signed |= {"login_url": server.start(), "verify": context}
    try:
        org.land("Account", private_key_file=str(key_file), **signed)
        assert [row["name"] for row in org.raw("account")] == ["a"]
        audience = "https://test.salesforce.com"
        org.land("Account", private_key=private, audience=audience, **signed)
        with pytest.raises(SourceDenied, match="audience is invalid"):
            org.land("Account", private_key=private, audience="https://example.com", **signed)
        other, _ = make_signing_key()
        with pytest.raises(SourceDenied, match="invalid_grant: invalid assertion") as caught:
            org.land("Account", private_key=other, **signed)
        assert "PRIVATE KEY" not in str(caught.value)
    finally:
        server.stop()


def test_a_wrong_secret_is_a_denial_for_the_whole_source(org):
    with pytest.raises(SourceDenied, match="invalid_client") as caught:
        org.land("Account", client_secret="hunter2")
    assert "hunter2" not in caught.value.what


def test_a_password_is_refused_before_anybody_is_asked(org):
    with pytest.raises(ConfigError, match="password") as caught:
        org.land("Account", username="a@example.com", password="hunter2")
    assert "Summer '27" in caught.value.hint
    assert "hunter2" not in str(caught.value)
    assert org.server.requests.total() == 0
