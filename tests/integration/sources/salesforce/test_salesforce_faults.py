"""The Salesforce source comes through every fault of its server, or says that it could not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from buck.errors import BuckError, SourceDenied, SourceUnreachable
from buck.sandbox.company.change import Change
from buck.sandbox.http import Clock
from buck.sandbox.salesforce import SalesforceServer, SalesforceStore
from buck.sources import salesforce
from buck.sources.load import Load, TableLoad, bind
from tests.integration.sources.salesforce.reading import read_source

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ROWS = 450
BULK = {"small_rows": 0}
REST = {"small_rows": 1_000_000}
JOBS = "/services/data/v62.0/jobs/query"


def make_lead(number: int) -> Change:
    at = NOW - timedelta(days=1)
    id_ = f"00Q{number:012d}AAA"
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    record = {"Id": id_, "LastName": f"Lead {number}", "SystemModstamp": stamp}
    return Change(at, "salesforce", "Lead", "insert", id_, record)


@pytest.fixture(scope="module")
def store():
    store = SalesforceStore()
    store.apply(make_lead(number) for number in range(1, ROWS + 1))
    return store


@pytest.fixture
def server(store):
    server = SalesforceServer(store, clock=Clock(NOW), control_token="control", page_size=200)
    server.start()
    yield server
    server.stop()
    assert server.failures == []


@pytest.fixture
def land(server, tmp_path):
    """Reads the leads once; gives their numbers."""

    def land_leads(**options: Any) -> list[int]:
        def open_table(spec: Any) -> TableLoad:
            return TableLoad(spec=spec, load_id="1", as_of=NOW, sequence=1, position={})

        app = server.apps[0]
        load = Load("salesforce", "1", NOW, tmp_path, open_table)
        with bind(load):
            given = salesforce.source(
                login_url=server.url,
                client_id=app.client_id,
                client_secret=app.client_secret,
                objects=["Lead"],
                **options,
            )
        tables = [table for name, table in read_source(given) if name == "lead"]
        assert load.skipped == {}
        assert load.tables["lead"].marks
        return sorted(int(id_[3:15]) for table in tables for id_ in table["id"].to_pylist())

    yield land_leads
    assert list(tmp_path.iterdir()) == []


COMPLETE = list(range(1, ROWS + 1))


@pytest.mark.parametrize("way", [BULK, REST], ids=["bulk", "rest"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "times": 2},
        {"status": 429, "retry_after": 1, "times": 1},
        {"status": 429, "every": 2},
        {"status": 500, "times": 2},
        {"status": 503, "every": 3},
        {"cut_after_bytes": 30, "times": 2},
        {"cut_after_bytes": 700, "every": 3},
        {"delay_s": 0.05, "every": 2},
        {"expired_token": True, "times": 1},
        {"expired_token": True, "every": 3},
        {"token_uses": 2},
        {"short_page": True, "times": 1},
        {"short_page": True, "every": 2},
        {"truncated_gzip": True, "times": 2},
    ],
    ids=str,
)
def test_f9_every_row_arrives_once_through(server, land, way, fault):
    server.faults.add(fault)
    assert land(**way) == COMPLETE


@pytest.mark.parametrize(
    "fault",
    [
        {"count_mismatch": True, "times": 2},
        {"job_failed": True, "times": 2},
        {"job_stalled": True, "times": 3},
        {"missing_locator": True, "times": 2},
        {"status": 500, "path": JOBS, "times": 2},
        {"bulk_unsupported": "Lead"},
    ],
    ids=str,
)
def test_f6_every_row_arrives_once_through_a_bad_job(server, land, fault):
    server.faults.add(fault)
    assert land(**BULK) == COMPLETE
    assert server.org._jobs.list()["records"] == []


@pytest.mark.parametrize(
    ("fault", "way", "words"),
    [
        ({"status": 500}, REST, "answered 500"),
        ({"status": 429, "retry_after": 60}, REST, "answered 429"),
        ({"cut_after_bytes": 0}, REST, "broke off"),
        ({"short_page": True}, REST, "rows instead of"),
        ({"short_page": True}, BULK, "that says"),
        ({"missing_locator": True}, BULK, "Sforce-NumberOfRecords"),
        ({"count_mismatch": True}, BULK, f"gave {ROWS} rows and claims {ROWS + 1}"),
        ({"job_failed": True}, BULK, "Failed"),
        ({"job_stalled": True}, BULK, "still InProgress"),
        ({"truncated_gzip": True}, REST, "sent"),
    ],
    ids=str,
)
def test_f6_a_lasting_fault_is_told_and_advances_nothing(server, tmp_path, land, fault, way, words):
    server.faults.add(fault)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - dlt wraps it
        land(patience_s=0.5, job_limit_s=0.5, **way)
    error = _buck_error(caught.value)
    assert isinstance(error, SourceUnreachable), error
    assert words in error.what
    assert error.hint
    server.faults.clear()
    assert land(**way) == COMPLETE


def test_f9_a_token_that_never_holds_is_a_denial(server, land):
    server.faults.add({"token_uses": 0})
    with pytest.raises(Exception) as caught:  # noqa: PT011 - dlt wraps it
        land(patience_s=0.5)
    error = _buck_error(caught.value)
    assert isinstance(error, SourceDenied)
    assert "INVALID_SESSION_ID" in error.what


def test_an_org_that_is_down_is_unreachable(server, tmp_path):
    address = server.url
    server.stop()
    load = Load("salesforce", "1", NOW, tmp_path, lambda spec: pytest.fail("nothing was read"))
    with bind(load):
        given = salesforce.source(
            login_url=address, client_id="a", client_secret="b", patience_s=0.3
        )
    with pytest.raises(Exception) as caught:  # noqa: PT011 - dlt wraps it
        list(given.resources["lead"])
    assert isinstance(_buck_error(caught.value), SourceUnreachable)


def _buck_error(caught: BaseException) -> BuckError:
    inner: BaseException | None = caught
    while inner is not None and not isinstance(inner, BuckError):
        inner = inner.__cause__ or inner.__context__
    assert inner is not None, repr(caught)
    return inner
