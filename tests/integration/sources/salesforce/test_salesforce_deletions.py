"""Records that are gone from the org are gone from the lake, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.sources.salesforce.world import NOW, Org, make_id

DAY = timedelta(days=1)


def reasons(org: Org, name: str = "account") -> list[tuple[str, str | None]]:
    """Deleted versions of a table: the number in the Id, and why."""
    found = [row for row in org.raw(name) if row["_buck_op"] == "d"]
    return [(row["id"][3:15].lstrip("0"), row["_buck_delete_reason"]) for row in found]


def live(org: Org, name: str = "account") -> list[int]:
    return sorted(int(id_[3:15]) for id_ in org.current(name))


def test_f3_soft_delete_undelete_hard_delete_and_merge(org):
    for number in (1, 2, 3, 4):
        org.put("Account", number, at=NOW - 2 * DAY, Name=f"a{number}")
    org.land("Account")
    org.pass_time(days=1)
    org.delete("Account", 1, Name="a1")
    org.delete("Account", 4, Name="a4", MasterRecordId=make_id("Account", 2))
    org.land("Account")
    assert live(org) == [2, 3]
    assert reasons(org) == [("1", "recycle_bin"), ("4", "merged")]
    assert org.raw("account")[-1]["masterrecordid"] == make_id("Account", 2)
    org.pass_time(days=1)
    org.put("Account", 1, Name="a1, back")
    org.purge("Account", 3)
    org.purge("Account", 4)
    org.land("Account")
    assert live(org) == [1, 2]
    assert reasons(org)[2:] == [("3", "get_deleted")]
    assert org.current("account")[make_id("Account", 1)]["name"] == "a1, back"
    tombstone = org.raw("account")[-1]
    assert (tombstone["isdeleted"], tombstone["name"]) == (True, None)
    assert tombstone["_buck_source_ts"] == org.clock.now() - timedelta(hours=1)
    org.pass_time(days=1)
    org.put("Account", 2, Name="a2, changed")
    before = len(org.raw("account"))
    org.land("Account")
    assert live(org) == [1, 2]
    assert len(org.raw("account")) == before + 1


def test_f3_what_left_without_a_word_is_found_by_its_id(org):
    for number in range(1, 8):
        org.put("Account", number, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.pass_time(days=6)
    org.store.forget("Account", make_id("Account", 5))
    org.land("Account")
    assert live(org) == [1, 2, 3, 4, 5, 6, 7]
    org.pass_time(days=1)
    report = org.land("Account")
    assert live(org) == [1, 2, 3, 4, 6, 7]
    assert reasons(org) == [("5", "reconciled")]
    assert report.skipped == {}
    metrics = {t.table: t.metrics for t in report.tables}["salesforce.account"]
    assert metrics["ids_missing"] == 1


def test_sweeps_are_due_by_time_and_cost_nothing_in_between(org):
    org.put("Account", 1, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.pass_time(hours=1)
    org.land("Account")
    assert org.asked("/sobjects/Account/deleted") == 0
    org.pass_time(hours=24)
    org.land("Account")
    assert org.asked("/sobjects/Account/deleted") == 1
    before = org.server.requests.total()
    org.pass_time(hours=1)
    org.land("Account")
    # The time, a token, the limits, describe, and the question for what has changed.
    assert org.server.requests.total() == before + 5
    before = org.server.requests.total()
    org.land("Account")
    assert org.server.requests.total() == before + 4


def test_when_a_load_comes_after_more_than_a_fortnight_all_ids_are_compared(org):
    org.put("Account", 1, at=NOW - 2 * DAY, Name="a")
    org.put("Account", 2, at=NOW - 2 * DAY, Name="b")
    org.land("Account")
    org.pass_time(days=1)
    org.purge("Account", 1)
    org.pass_time(days=20)
    org.land("Account")
    assert live(org) == [2]
    assert reasons(org) == [("1", "reconciled")]
    assert org.asked("/sobjects/Account/deleted") == 0


@pytest.mark.parametrize("gone", [150, 151], ids=["some", "all"])
def test_a_list_of_ids_that_lost_too_much_deletes_nothing(org, gone):
    for number in range(1, 152):
        org.put("Account", number, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    for number in range(1, gone + 1):
        org.store.forget("Account", make_id("Account", number))
    org.pass_time(days=8)
    org.put("Account", 1000, Name="new")
    report = org.land("Account")
    assert len(live(org)) == 152
    assert list(report.skipped) == ["account (deletions)"]
    assert f"{gone} of 151 records of Account" in report.skipped["account (deletions)"]
    (incident,) = [i for t in report.tables for i in t.incidents]
    assert (incident.table, incident.kind) == ("salesforce.account", "deletions_held")
    if gone == 151:
        assert org.land("Account", max_deleted_share=1.0).skipped == {}
    else:
        assert org.land("Account", confirmed=frozenset({"account"})).skipped == {}
    assert len(live(org)) == 152 - gone


def test_one_record_that_is_the_only_one_is_not_deleted_by_an_empty_list(org):
    org.put("Account", 1, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.store.forget("Account", make_id("Account", 1))
    org.pass_time(days=8)
    assert org.land("Account").skipped
    assert live(org) == [1]


def test_a_record_that_was_hidden_and_comes_back_is_alive_again(org):
    for number in (1, 2, 3):
        org.put("Account", number, at=NOW - 2 * DAY, Name=f"a{number}")
    org.land("Account")
    hidden = org.store.forget("Account", make_id("Account", 2))
    org.pass_time(days=8)
    org.land("Account")
    assert live(org) == [1, 3]
    org.store.restore("Account", hidden)
    org.pass_time(days=8)
    report = org.land("Account")
    assert live(org) == [1, 2, 3]
    assert org.current("account")[make_id("Account", 2)]["name"] == "a2"
    assert {t.table: t.metrics for t in report.tables}["salesforce.account"]["ids_unread"] == 1
    org.pass_time(hours=1)
    org.put("Account", 2, Name="changed")
    org.pass_time(hours=1)
    org.land("Account")
    assert org.current("account")[make_id("Account", 2)]["name"] == "changed"


def test_reading_everything_again_finds_what_is_gone_and_lands_nothing_twice(org):
    for number in (1, 2, 3):
        org.put("Account", number, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.store.forget("Account", make_id("Account", 3))
    org.pass_time(hours=1)
    # One that is younger than the lag is neither read nor missed.
    org.put("Account", 1, at=org.clock.now() - timedelta(minutes=1), Name="young")
    org.land("Account", is_whole=True)
    assert live(org) == [1, 2]
    assert [row["_buck_op"] for row in org.raw("account")] == ["r", "r", "r", "d"]


def test_a_refused_question_for_deletions_is_answered_by_the_ids(org):
    for number in (1, 2):
        org.put("Account", number, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.pass_time(days=1)
    org.purge("Account", 2)
    org.server.faults.add({"id_limit": True})
    org.land("Account")
    assert live(org) == [1]
    assert reasons(org) == [("2", "reconciled")]
