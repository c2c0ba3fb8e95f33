"""The simple-salesforce client, unchanged, over https against the sandbox's org."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from buck.sandbox.company.change import Change
from buck.sandbox.http import Clock
from buck.sandbox.salesforce import SalesforceServer, SalesforceStore, make_tls

NOW = datetime(2026, 2, 1, tzinfo=UTC)
LEADS = 4_500


def make_lead(number: int, **fields: object) -> Change:
    at = datetime(2026, 1, 20, 9, tzinfo=UTC) + timedelta(seconds=number // 3)
    id_ = f"00Q{number:012d}AAA"
    record = {
        "Id": id_,
        "IsDeleted": False,
        "LastName": f"Lead {number}",
        "Company": 'Ünï, "Inc"\nLtd',
        "AnnualRevenue": Decimal("12345678901234.56") if number == 1 else None,
        "CreatedDate": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "SystemModstamp": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        **fields,
    }
    return Change(at, "salesforce", "Lead", "insert", id_, record)


def gone(number: int, at: datetime) -> Change:
    lead = make_lead(number)
    return Change(at, "salesforce", "Lead", "delete", lead.key, lead.record)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    store = SalesforceStore()
    store.apply(make_lead(number) for number in range(1, LEADS + 1))
    store.apply([gone(7, NOW - timedelta(days=2)), gone(8, NOW - timedelta(days=1))])
    tls = make_tls(tmp_path_factory.mktemp("tls"))
    server = SalesforceServer(store, clock=Clock(NOW), control_token="control", tls=tls)
    server.start()
    yield server
    server.stop()
    assert server.failures == []


@pytest.fixture
def client(server, tmp_path_factory):
    app = server.apps[0]
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(next(tmp_path_factory.getbasetemp().glob("tls*/ca.pem")))
        form = {
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
        }
        granted = session.post(f"{server.url}/services/oauth2/token", data=form).json()
        yield Salesforce(
            session_id=granted["access_token"],
            instance_url=granted["instance_url"],
            session=session,
        )
    server.faults.clear()


def test_describe_lists_the_ten_objects(client):
    names = [each["name"] for each in client.describe()["sobjects"]]
    assert names == [
        "Account",
        "Contact",
        "Lead",
        "Opportunity",
        "OpportunityLineItem",
        "OpportunityHistory",
        "Campaign",
        "CampaignMember",
        "User",
        "Product2",
    ]


def test_object_describe_gives_types_with_precision(client):
    fields = {field["name"]: field for field in client.Opportunity.describe()["fields"]}
    amount = fields["Amount"]
    assert (amount["type"], amount["soapType"]) == ("currency", "xsd:double")
    assert (amount["precision"], amount["scale"]) == (18, 2)
    assert fields["Account_Segment__c"]["calculated"] is True
    assert fields["AccountId"]["referenceTo"] == ["Account"]
    assert fields["AccountId"]["relationshipName"] == "Account"
    assert fields["SystemModstamp"]["soapType"] == "xsd:dateTime"
    assert fields["Description"]["filterable"] is False
    assert fields["Id"]["soapType"] == "tns:ID"


def test_query_all_reads_every_page(client):
    answer = client.query_all("SELECT Id, LastName FROM Lead ORDER BY Id")
    assert answer["totalSize"] == LEADS - 2
    ids = [record["Id"] for record in answer["records"]]
    assert ids == sorted(set(ids))
    assert len(ids) == LEADS - 2


def test_query_more_by_url_and_by_locator(client):
    first = client.query("SELECT Id FROM Lead ORDER BY Id", include_deleted=True)
    assert (len(first["records"]), first["done"], first["totalSize"]) == (2000, False, LEADS)
    by_url = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    by_locator = client.query_more(first["nextRecordsUrl"].rpartition("/")[2])
    assert by_url["records"] == by_locator["records"]
    last = client.query_more(by_url["nextRecordsUrl"], identifier_is_url=True)
    assert (len(last["records"]), last["done"]) == (LEADS - 4000, True)
    assert "nextRecordsUrl" not in last


def test_batch_size_is_a_header(client):
    headers = {"Sforce-Query-Options": "batchSize=250"}
    assert len(client.query("SELECT Id FROM Lead", headers=headers)["records"]) == 250


def test_count_is_answered_without_records(client):
    answer = client.query("SELECT COUNT() FROM Lead")
    assert answer == {"totalSize": LEADS - 2, "done": True, "records": []}


def test_deleted_rows_are_in_query_all_only(client):
    soql = "SELECT Id, IsDeleted, SystemModstamp FROM Lead WHERE IsDeleted = true ORDER BY Id"
    assert client.query(soql)["records"] == []
    bin_ = client.query(soql, include_deleted=True)["records"]
    assert [record["Id"][3:15] for record in bin_] == ["000000000007", "000000000008"]
    assert bin_[0]["SystemModstamp"] == "2026-01-30T00:00:00.000+0000"


def test_get_deleted_tells_when(client):
    answer = client.Lead.deleted(NOW - timedelta(days=1, hours=1), NOW)
    assert answer["deletedRecords"] == [
        {"id": "00Q000000000008AAA", "deletedDate": "2026-01-31T00:00:00.000+0000"}
    ]
    assert answer["latestDateCovered"] == "2026-02-01T00:00:00.000+0000"
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_REPLICATION_DATE"):
        client.Lead.deleted(NOW - timedelta(days=16), NOW)


def test_bulk_query_gives_the_same_rows_as_rest(client):
    soql = "SELECT Id, LastName, Company, AnnualRevenue, SystemModstamp FROM Lead"
    pages = list(client.bulk2.Lead.query(soql, max_records=2000, wait=0.02))
    rows = [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""))]
    assert len(pages) == 3
    assert len(rows) == LEADS - 2
    assert rows[0] == {
        "Id": "00Q000000000001AAA",
        "LastName": "Lead 1",
        "Company": 'Ünï, "Inc"\nLtd',
        "AnnualRevenue": "12345678901234.56",
        "SystemModstamp": "2026-01-20T09:00:00.000Z",
    }
    rest = client.query_all(soql)["records"]
    assert [row["Id"] for row in rows] == [record["Id"] for record in rest]


def test_bulk_query_all_has_deleted_rows(client):
    soql = "SELECT Id FROM Lead WHERE IsDeleted = true"
    pages = list(client.bulk2.Lead.query_all(soql, wait=0.02))
    assert pages[0].splitlines() == ['"Id"', '"00Q000000000007AAA"', '"00Q000000000008AAA"']


def test_bulk_job_states_abort_and_delete(client, server):
    job_type = client.bulk2.Lead._client
    job = job_type.create_job("query", query="SELECT Id FROM Lead LIMIT 3")
    assert job["state"] == "UploadComplete"
    assert job_type.get_job(job["id"], True)["state"] == "InProgress"
    done = job_type.get_job(job["id"], True)
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 3)
    with pytest.raises(SalesforceMalformedRequest, match="INVALIDJOBSTATE"):
        job_type.abort_job(job["id"], True)
    other = job_type.create_job("queryAll", query="SELECT Id FROM Lead")
    with pytest.raises(SalesforceMalformedRequest, match="INVALIDJOBSTATE"):
        job_type.get_query_results(other["id"])
    assert job_type.abort_job(other["id"], True)["state"] == "Aborted"
    url = f"{server.url}/services/data/v59.0/jobs/query/{job['id']}"
    assert client.session.delete(url, headers=client.headers).status_code == 204
    with pytest.raises(SalesforceResourceNotFound):
        job_type.get_job(job["id"], True)


def test_limits_count_requests(client):
    before = client.limits()["DailyApiRequests"]
    client.query("SELECT Id FROM User")
    after = client.limits()["DailyApiRequests"]
    assert before["Remaining"] - after["Remaining"] == 2
    assert client.api_usage["api-usage"].total == after["Max"]


def test_errors_have_salesforces_shape(client):
    with pytest.raises(SalesforceMalformedRequest) as malformed:
        client.query("SELECT Id FROM Lead WHERE")
    assert malformed.value.content[0]["errorCode"] == "MALFORMED_QUERY"
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_TYPE"):
        client.query("SELECT Id FROM Nobody")
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Nope FROM Lead")
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_QUERY_LOCATOR"):
        client.query_more("01g999999999999AAA-2000")
    with pytest.raises(SalesforceResourceNotFound):
        client.Nobody.describe()


def test_request_limit_and_expired_token(client, server):
    server.faults.add({"request_limit": True, "times": 1})
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        client.limits()
    server.faults.add({"expired_token": True, "times": 1})
    with pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
        client.limits()


def test_date_header_is_the_simulated_now(client, server):
    answer = client.session.get(f"{server.url}/services/data")
    assert answer.headers["Date"] == "Sun, 01 Feb 2026 00:00:00 GMT"
