"""Every row arrives once: whatever its stamp, its page, its chunk, and the way it is read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.sources.salesforce.world import NOW, Org, make_id

DAY = timedelta(days=1)
BULK = {"small_rows": 0}
REST = {"small_rows": 1_000_000}
JOBS = "POST /services/data/v62.0/jobs/query"


def numbers(org: Org, name: str = "lead") -> list[int]:
    return [int(row["id"][3:15]) for row in org.raw(name)]


def test_f1_ten_thousand_rows_of_one_stamp_arrive_once_each(org):
    at = NOW - timedelta(hours=2)
    for number in range(10_000):
        org.put("Lead", number, at=at, LastName="x")
    # By REST, then by Bulk in chunks that end in the middle of the stamp.
    org.land("Lead", small_rows=3_000, chunk_rows=2_500)
    assert org.server.requests[JOBS] == 3
    assert numbers(org) == list(range(10_000))
    assert org.server.org._jobs.list()["records"] == []


def test_chunks_that_end_exactly_with_the_rows_ask_once_more_and_double_nothing(org):
    for number in range(6):
        org.put("Lead", number, at=NOW - DAY, LastName="x")
    org.land("Lead", small_rows=2, chunk_rows=2)
    assert numbers(org) == list(range(6))
    assert org.server.requests[JOBS] == 3


def test_rows_that_change_between_chunks_are_read_by_the_next_load(org):
    for number in range(6):
        org.put("Lead", number, at=NOW - DAY, LastName="old")
    store, moved = org.store.snapshot, []

    def change_meanwhile(*args, **named):
        # Before each query the last row is saved again, after the cutoff of the load.
        if not moved and org.server.requests[JOBS]:
            moved.append(org.put("Lead", 5, at=NOW, LastName="new"))
        return store(*args, **named)

    org.store.snapshot = change_meanwhile
    org.land("Lead", small_rows=0, chunk_rows=3)
    assert numbers(org) == list(range(5))
    org.pass_time(hours=1)
    org.land("Lead")
    assert {i: r["lastname"] for i, r in org.current("lead").items()} == {
        make_id("Lead", n): "new" if n == 5 else "old" for n in range(6)
    }


@pytest.mark.parametrize("late_s", [240, 840], ids=["within the lag", "within the lookback"])
def test_f2_a_row_that_commits_late_with_an_older_stamp_is_seen(org, late_s):
    late = make_id("Account", 2)
    org.server.faults.add({"late": {"late_s": late_s, "ids": [late]}})
    org.put("Account", 2, at=NOW - timedelta(seconds=310), Name="late")
    org.put("Account", 1, at=NOW - timedelta(seconds=305), Name="in time")
    org.put("Account", 3, at=NOW - timedelta(seconds=100), Name="young")
    org.land("Account")
    before = [row["name"] for row in org.raw("account")]
    assert before == (["in time", "late"] if late_s == 240 else ["in time"])
    org.pass_time(minutes=10)
    org.land("Account")
    names = sorted(row["name"] for row in org.raw("account"))
    assert names == ["in time", "late", "young"]


@pytest.mark.parametrize("way", [BULK, REST], ids=["bulk", "rest"])
def test_f10_an_object_that_bulk_refuses_has_the_same_deletions(org, way):
    org.server.faults.add({"bulk_unsupported": "Lead"})
    for number in range(1, 6):
        org.put("Lead", number, at=NOW - 2 * DAY, LastName="x")
    org.delete("Lead", 1, at=NOW - DAY, LastName="x")
    org.land("Lead", **way)
    assert [row["_buck_op"] for row in org.raw("lead")] == ["d", "r", "r", "r", "r"]
    org.pass_time(days=1)
    org.delete("Lead", 2, LastName="x")
    org.purge("Lead", 3)
    org.land("Lead", **way)
    org.store.forget("Lead", make_id("Lead", 4))
    org.pass_time(days=7)
    org.land("Lead", **way)
    assert list(org.current("lead")) == [make_id("Lead", 5)]
    reasons = [row["_buck_delete_reason"] for row in org.raw("lead") if row["_buck_op"] == "d"]
    assert reasons == ["recycle_bin", "recycle_bin", "get_deleted", "reconciled"]
    assert (org.server.requests[JOBS] > 0) == (way is BULK)


def test_bulk_and_rest_give_the_same_rows(org, tmp_path):
    text = 'two\nlines, "quoted" 🧾'
    for number in range(1, 2_501):
        org.put("Lead", number, at=NOW - DAY, LastName=text, AnnualRevenue=number)
    org.delete("Lead", 3_000, at=NOW - DAY, LastName="null")
    org.land("Lead", **BULK)
    bulk = org.raw("lead")
    other = tmp_path / "other"
    other.mkdir()
    second = Org(other)
    second.server.stop()
    second.server, second.url, second.store = org.server, org.url, org.store
    second.land("Lead", **REST)
    rest = second.raw("lead")
    assert bulk == rest
    assert (len(bulk), bulk[-1]["_buck_op"], bulk[-1]["lastname"]) == (2_501, "d", "null")
    assert org.server.requests[JOBS] == 1
