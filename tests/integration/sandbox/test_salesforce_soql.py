"""SOQL: what a query finds, and what is refused with which code."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from buck.sandbox.company.change import Change
from buck.sandbox.salesforce.refusals import ApiRefusalError
from buck.sandbox.salesforce.soql_evaluation import run_soql
from buck.sandbox.salesforce.store import SalesforceStore

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ANNA = "005000000000001AAA"


def change(table: str, id_: str, *, stamp: str, op: str = "insert", **fields: object) -> Change:
    at = datetime.fromisoformat(stamp)
    iso = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    record = {"Id": id_, "SystemModstamp": iso, "CreatedDate": iso, **fields}
    return Change(at, "salesforce", table, op, id_, record)  # type: ignore[arg-type]


def account_id(number: int) -> str:
    return f"001{number:012d}AAA"


@pytest.fixture
def store() -> SalesforceStore:
    store = SalesforceStore()
    rows = [
        ("Acme", "SMB", Decimal("1000.50"), 10, ANNA),
        ("beta GmbH", "Enterprise", Decimal("99999.99"), 5000, ANNA),
        ("O'Neil & Söhne", None, None, None, None),
        ("100% Pure", "Mid-Market", Decimal("5"), 0, None),
        ("Gone", "SMB", Decimal("1"), 1, ANNA),
    ]
    user = {"Name": "Anna Ek", "Email": "anna@tidewater.example", "IsActive": True}
    store.apply([change("User", ANNA, stamp="2026-01-01T00:00:00+00:00", **user)])
    for number, (name, segment, revenue, staff, owner) in enumerate(rows, start=1):
        store.apply(
            [
                change(
                    "Account",
                    account_id(number),
                    stamp=f"2026-01-0{number}T12:00:00+00:00",
                    IsDeleted=name == "Gone",
                    Name=name,
                    Segment__c=segment,
                    AnnualRevenue=revenue,
                    NumberOfEmployees=staff,
                    OwnerId=owner,
                )
            ]
        )
    contact = {"LastName": "Ö", "Email": "A@Example.com", "AccountId": account_id(2)}
    orphan = {"LastName": "Nemo", "Email": None, "AccountId": None, "Birthdate": "1990-05-17"}
    store.apply([change("Contact", "003000000000001AAA", stamp="2026-01-02T00:00:00Z", **contact)])
    store.apply([change("Contact", "003000000000002AAA", stamp="2026-01-03T00:00:00Z", **orphan)])
    return store


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'ACME'", [1]),
        ("Name != 'Acme'", [2, 3, 4]),
        ("Name <> 'Acme'", [2, 3, 4]),
        ("Segment__c != 'SMB'", [2, 3, 4]),
        ("Segment__c = null", [3]),
        ("Segment__c = ''", [3]),
        ("Segment__c != NULL", [1, 2, 4]),
        ("segment__c in ('smb', 'Enterprise')", [1, 2]),
        ("Segment__c NOT IN ('SMB')", [2, 3, 4]),
        ("Segment__c IN ('SMB', null)", [1, 3]),
        ("AnnualRevenue > 5", [1, 2]),
        ("AnnualRevenue >= 5.0", [1, 2, 4]),
        ("AnnualRevenue < 1000.51", [1, 4]),
        ("AnnualRevenue <= 1000.5", [1, 4]),
        ("AnnualRevenue = 99999.99", [2]),
        ("NumberOfEmployees = 0", [4]),
        ("NumberOfEmployees > -1 AND NumberOfEmployees < 11", [1, 4]),
        ("Name LIKE 'A%'", [1]),
        ("Name LIKE '%g_bh'", [2]),
        (r"Name LIKE '100\%%'", [4]),
        (r"Name LIKE '%\'neil%'", [3]),
        (r"Name = 'O\'Neil & Söhne'", [3]),
        ("NOT Name LIKE 'A%'", [2, 3, 4]),
        ("(NOT Name LIKE 'A%') AND (NOT Name LIKE 'b%')", [3, 4]),
        ("(Name = 'Acme' AND Segment__c = 'SMB') OR Name LIKE '100%'", [1, 4]),
        ("Name = 'Acme' OR Name = 'beta gmbh' OR Name = 'nobody'", [1, 2]),
        ("NOT (Name = 'Acme' OR Name = 'beta gmbh')", [3, 4]),
        ("((((Name = 'Acme'))))", [1]),
        ("IsDeleted = false", [1, 2, 3, 4]),
        ("IsDeleted != FALSE", []),
        ("SystemModstamp > 2026-01-02T12:00:00Z", [3, 4]),
        ("SystemModstamp >= 2026-01-02T12:00:00.000Z", [2, 3, 4]),
        ("SystemModstamp <= 2026-01-02T13:00:00+01:00", [1, 2]),
        ("SystemModstamp = 2026-01-01T07:00:00-0500", [1]),
        (f"Id > '{account_id(2)}'", [3, 4]),
        (f"Id = '{account_id(2)[:15]}'", [2]),
        (f"Id IN ('{account_id(1)}', '{account_id(4)[:15]}')", [1, 4]),
        ("Owner.Email = 'ANNA@tidewater.example'", [1, 2]),
        ("Owner.Name = null", [3, 4]),
        ("Owner.IsActive = true", [1, 2]),
        ("Account.Name = 'Acme'", [1]),
    ],
)
def test_where_finds_the_rows_that_salesforce_would(store, where, expected):
    result = run_soql(f"SELECT Id FROM Account WHERE {where}", store.snapshot(NOW), deleted=False)
    assert [row["Id"] for row in result.records] == [account_id(n) for n in expected]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("ORDER BY Name", [4, 1, 2, 3]),
        ("order by name desc", [3, 2, 1, 4]),
        ("ORDER BY AnnualRevenue", [3, 4, 1, 2]),
        ("ORDER BY AnnualRevenue ASC NULLS LAST", [4, 1, 2, 3]),
        ("ORDER BY AnnualRevenue DESC", [3, 2, 1, 4]),
        ("ORDER BY AnnualRevenue DESC NULLS LAST", [2, 1, 4, 3]),
        ("ORDER BY Owner.Name NULLS LAST, Name DESC", [2, 1, 3, 4]),
        ("ORDER BY Id LIMIT 2", [1, 2]),
        ("ORDER BY Id LIMIT 2 OFFSET 1", [2, 3]),
        ("ORDER BY Id OFFSET 3", [4]),
        ("LIMIT 0", []),
    ],
)
def test_order_limit_and_offset(store, tail, expected):
    result = run_soql(f"SELECT Id FROM Account {tail}", store.snapshot(NOW), deleted=False)
    assert [row["Id"] for row in result.records] == [account_id(n) for n in expected]


def test_relationships_nest_and_are_null_without_a_parent(store):
    soql = "SELECT Id, Account.Name, Account.Owner.Email FROM Contact ORDER BY Id"
    result = run_soql(soql, store.snapshot(NOW), deleted=False)
    first, second = result.json_rows(first=0, count=2, root="/services/data/v60.0")
    assert first["Account"]["Name"] == "beta GmbH"
    assert first["Account"]["attributes"]["type"] == "Account"
    assert first["Account"]["Owner"]["Email"] == "anna@tidewater.example"
    assert second["Account"] is None
    assert result.header() == ["Id", "Account.Name", "Account.Owner.Email"]
    assert result.csv_rows(first=1, count=1) == [["003000000000002AAA", "", ""]]


def test_count_counts_without_records(store):
    result = run_soql(
        "select count() from Account where Segment__c = 'SMB'", store.snapshot(NOW), deleted=True
    )
    assert (result.total, result.records) == (2, ())


def test_query_all_sees_the_recycle_bin(store):
    soql = "SELECT Id FROM Account WHERE IsDeleted = true"
    assert [r["Id"] for r in run_soql(soql, store.snapshot(NOW), deleted=True).records] == [
        account_id(5)
    ]
    assert run_soql(soql, store.snapshot(NOW), deleted=False).records == ()


def test_dates_compare_as_dates(store):
    soql = "SELECT Id FROM Contact WHERE Birthdate <= 1990-05-17"
    assert run_soql(soql, store.snapshot(NOW), deleted=False).total == 1


@pytest.mark.parametrize(
    "soql",
    [
        "",
        "SELECT FROM Account",
        "SELECT * FROM Account",
        "SELECT Id Account",
        "SELECT Id, FROM Account",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name",
        "SELECT Id FROM Account WHERE Name = ",
        "SELECT Id FROM Account WHERE Name = Acme",
        'SELECT Id FROM Account WHERE Name = "Acme"',
        "SELECT Id FROM Account WHERE Name == 'Acme'",
        "SELECT Id FROM Account WHERE Name = 'Acme",
        "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
        "SELECT Id FROM Account WHERE Name != 'a' AND NOT Name = 'b'",
        "SELECT Id FROM Account WHERE NOT Name = 'a' AND Name = 'b'",
        "SELECT Id FROM Account WHERE NOT NOT Name = 'a'",
        "SELECT Id FROM Account WHERE (Name = 'a'",
        "SELECT Id FROM Account WHERE Name NOT LIKE 'a%'",
        "SELECT Id FROM Account WHERE Name LIKE 5",
        "SELECT Id FROM Account WHERE Name IN ()",
        "SELECT Id FROM Account WHERE Name IN 'a'",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)",
        "SELECT Id FROM Account WHERE CreatedDate = TODAY",
        "SELECT Id FROM Account WHERE CreatedDate = LAST_N_DAYS:7",
        "SELECT Id FROM Account WHERE CreatedDate > 2026-13-01T00:00:00Z",
        "SELECT Id FROM Account WHERE CreatedDate > 2026-01-01T00:00:00",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT COUNT(Id) FROM Account",
        "SELECT MAX(AnnualRevenue) FROM Account",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
        "SELECT Id, Id FROM Account",
        "SELECT Segment__c FROM Account GROUP BY Segment__c",
        "SELECT Id FROM Account ORDER BY",
        "SELECT Id FROM Account ORDER Name",
        "SELECT Id FROM Account ORDER BY Name NULLS",
        "SELECT Id FROM Account LIMIT",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account LIMIT 1.5",
        "SELECT Id FROM Account LIMIT 5 WHERE Name = 'a'",
        "SELECT Id FROM Account OFFSET 2001",
        "SELECT Id FROM Account FOR UPDATE",
        "SELECT Id FROM Account a WHERE a.Name = 'x'",
        "SELECT Id FROM Account; DROP TABLE x",
        r"SELECT Id FROM Account WHERE Name = 'a\%'",
        "DELETE FROM Account",
    ],
)
def test_anything_else_is_malformed(store, soql):
    with pytest.raises(ApiRefusalError) as caught:
        run_soql(soql, store.snapshot(NOW), deleted=False)
    assert (caught.value.status, caught.value.code) == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nope = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nope", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Pricebook2.Name FROM Opportunity", "INVALID_FIELD"),
        ("SELECT IsDeleted FROM User", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE AnnualRevenue = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE IsDeleted = 'false'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE BillingAddress = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE IsDeleted > false", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE AnnualRevenue > null", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
)
def test_refusals_carry_salesforces_code(store, soql, code):
    with pytest.raises(ApiRefusalError) as caught:
        run_soql(soql, store.snapshot(NOW), deleted=False)
    assert (caught.value.status, caught.value.code) == (400, code)
