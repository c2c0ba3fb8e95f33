"""What describe says decides columns, types and what is selected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.errors import ConfigError
from buck.sandbox.salesforce.standard_objects import STANDARD_OBJECTS
from buck.sources.salesforce.connector import source
from buck.sources.salesforce.credentials import Credentials
from buck.sources.salesforce.fields import in_lakes_order, read_shape
from buck.sources.salesforce.tables import DEFAULT_OBJECTS, DELETE_REASON, TABLES, find_table


def describe(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "fields": list(fields)}


def field(name: str, soap: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "soapType": soap, "filterable": True, **more}


@pytest.mark.parametrize("item", STANDARD_OBJECTS, ids=lambda item: item.name)
def test_the_sandbox_describes_exactly_the_declared_columns(item):
    shape = read_shape(item.describe(root=""))
    assert shape.spec == find_table(item.name.lower())
    assert shape.cursor == "SystemModstamp"
    assert [name.lower() for name in shape.fields] == [c.name for c in shape.spec.columns[:-1]]
    assert shape.spec.columns[-1] == DELETE_REASON
    assert shape.formula_spec == find_table(f"{item.name.lower()}__formula")


def test_every_default_object_is_declared():
    names = [name.lower() for name in DEFAULT_OBJECTS]
    assert [spec.name for spec in TABLES] == [*names, "opportunity__formula", "describe_snapshot"]
    assert all(spec.subject is None or spec.column(spec.subject) for spec in TABLES)


@pytest.mark.parametrize(
    ("described", "type_", "precision"),
    [
        (field("A", "tns:ID", type="reference"), "text", None),
        (field("A", "xsd:string", type="multipicklist"), "text", None),
        (field("A", "xsd:boolean"), "boolean", None),
        (field("A", "xsd:int"), "bigint", None),
        (field("A", "xsd:double", precision=18, scale=4), "decimal", (18, 4)),
        (field("A", "xsd:double", precision=0, scale=0), "decimal", None),
        (field("A", "xsd:date"), "date", None),
        (field("A", "xsd:dateTime"), "timestamptz", None),
        (field("A", "xsd:time"), "text", None),
    ],
)
def test_types_come_from_the_soap_type(described, type_, precision):
    column = read_shape(describe("Thing__c", described)).spec.columns[0]
    assert (column.name, column.type, column.precision) == ("a", type_, precision)


def test_compounds_and_blobs_are_not_selected():
    shape = read_shape(
        describe(
            "Thing__c",
            field("Id", "tns:ID"),
            field("BillingAddress", "urn:address"),
            field("Place__c", "urn:location"),
            field("Place__Latitude__s", "xsd:double", precision=18, scale=15),
            field("Body", "xsd:base64Binary"),
        )
    )
    assert shape.fields == ("Id", "Place__Latitude__s")


def test_a_custom_field_comes_after_the_declared_columns():
    account = next(item for item in STANDARD_OBJECTS if item.name == "Account")
    described = account.describe(root="")
    described["fields"].insert(1, field("Contact_Mail__c", "xsd:string", type="email"))
    spec = read_shape(described).spec
    assert spec.columns[-2].name == "contact_mail__c"
    assert spec.columns[-2].personal
    assert (*spec.columns[:-2], DELETE_REASON) == find_table("account").columns


def test_columns_keep_the_order_the_lake_has_them_in():
    described = describe(
        "Thing__c",
        field("Id", "tns:ID"),
        field("A_New__c", "xsd:string"),
        field("B__c", "xsd:string"),
        field("C__c", "xsd:string"),
    )
    held = ("id", "c__c", "b__c", "lost__c", "_buck_delete_reason", "_buck_op")
    names = [c.name for c in in_lakes_order(read_shape(described).spec, held).columns]
    assert names == ["id", "c__c", "b__c", "a_new__c", "_buck_delete_reason"]


def test_formulas_land_beside_the_object_and_its_own_columns_stay():
    account = next(item for item in STANDARD_OBJECTS if item.name == "Account")
    described = account.describe(root="")
    for each in described["fields"]:
        each["calculated"] = each["name"] in ("Segment__c", "Id", "SystemModstamp")
    described["fields"].append(field("Score__c", "xsd:double", calculated=True))
    shape = read_shape(described, extra_formulas=["Account.Rating", "Lead.Status"])
    assert shape.formulas == ("Rating", "Segment__c", "Score__c")
    assert [c.name for c in shape.formula_spec.columns] == [
        "id",
        "rating",
        "segment__c",
        "score__c",
    ]
    assert shape.spec == find_table("account")
    assert len(shape.selected) == len(set(shape.selected)) == len(described["fields"]) - 1


def test_a_declared_field_that_is_hidden_stays_a_column_and_is_not_selected():
    account = next(item for item in STANDARD_OBJECTS if item.name == "Account")
    described = account.describe(root="")
    described["fields"] = [f for f in described["fields"] if f["name"] != "Segment__c"]
    shape = read_shape(described)
    assert "Segment__c" not in shape.fields
    assert shape.spec.column("segment__c") is not None


def test_the_best_filterable_cursor_is_taken():
    hidden = field("SystemModstamp", "xsd:dateTime") | {"filterable": False}
    created = field("CreatedDate", "xsd:dateTime")
    changed = field("LastModifiedDate", "xsd:dateTime")
    assert read_shape(describe("T", hidden, created, changed)).cursor == "LastModifiedDate"
    assert read_shape(describe("T", hidden, created)).cursor == "CreatedDate"
    assert read_shape(describe("T", hidden)).cursor is None


def test_personal_columns_are_declared():
    contact, account = find_table("contact"), find_table("account")
    assert {c.name for c in contact.columns if c.personal} >= {
        "name",
        "email",
        "phone",
        "birthdate",
    }
    assert not account.column("name").personal
    assert (contact.subject, account.subject) == ("id", None)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"client_secret": "s", "private_key": "k", "username": "u"},
        {"private_key": "k"},
    ],
)
def test_half_or_double_credentials_are_refused(given):
    with pytest.raises(ConfigError):
        Credentials(client_id="app", **given)


def test_credentials_do_not_show_their_secrets():
    shown = repr(Credentials(client_id="app", client_secret="canary"))
    assert "canary" not in shown
    wrong = Credentials(client_id="app", private_key="canary", username="u")
    with pytest.raises(ConfigError, match="not an RSA key") as caught:
        wrong.form(audience="https://x", now_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_a_source_outside_a_load_says_how_to_run_it():
    with pytest.raises(ConfigError, match="outside a load"):
        source(login_url="https://example.com", client_id="a", client_secret="b")
