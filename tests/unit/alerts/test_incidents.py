"""When an incident begins, goes on and is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from buck.alerts import Standing, advance, held_back
from buck.records.alert import Incident

AT = datetime(2026, 3, 1, tzinfo=UTC)
BAD = Standing("soda:a.b:x", "failure", "finance")


def step(
    before: list[Incident], wrong: list[Standing], judged: Any = None, run: str = "r1"
) -> list[Incident]:
    seen = judged if judged is not None else {s.subject for s in wrong} | {"soda:a.b:x"}
    return advance(before, wrong, seen, pipeline="all", run_id=run, at=AT)


def test_what_goes_wrong_together_for_one_owner_is_one_incident() -> None:
    other = Standing("soda:a.b:y", "failure", "finance")
    theirs = Standing("soda:c.d:z", "failure", "sales")
    warned = Standing("soda:a.b:w", "warning", "finance")
    opened = step([], [BAD, other, theirs, warned])
    assert {(i.owner, i.kind): len(i.subjects) for i in opened} == {
        ("finance", "failure"): 2,
        ("sales", "failure"): 1,
        ("finance", "warning"): 1,
    }
    assert len({i.id for i in opened}) == 3


def test_an_incident_goes_on_without_a_second_one() -> None:
    (first,) = step([], [BAD])
    (again,) = step([first], [BAD], run="r2")
    assert again.id == first.id
    assert again.runs == 2
    assert again.recovered_at == ""


def test_something_new_beside_it_is_an_incident_of_its_own() -> None:
    (first,) = step([], [BAD])
    new = Standing("soda:a.b:y", "failure", "finance")
    kept, opened = step([first], [BAD, new], run="r2")
    assert kept.id == first.id
    assert opened.subjects == ("soda:a.b:y",)


def test_it_is_over_when_all_of_it_was_looked_at_and_nothing_is_wrong() -> None:
    other = Standing("soda:a.b:y", "failure", "finance")
    (first,) = step([], [BAD, other])
    (half,) = step([first], [other], judged={BAD.subject, other.subject})
    assert half.recovered_at == ""
    (unseen,) = step([first], [], judged={"run:all"})
    assert unseen.recovered_at == "", "a run that did not look proves nothing"
    (over,) = step([first], [], judged={BAD.subject, other.subject})
    assert over.recovered_at == AT.isoformat()


def test_a_failure_that_became_a_warning_is_over_and_warned_of() -> None:
    (first,) = step([], [BAD])
    over, warned = step([first], [Standing(BAD.subject, "warning", "finance")])
    assert over.recovered_at
    assert warned.kind == "warning"


def test_an_end_that_was_not_told_yet_is_kept_beside_a_new_beginning() -> None:
    (first,) = step([], [BAD])
    (over,) = step([first], [])
    kept, again = step([over], [BAD], run="r3")
    assert kept == over
    assert again.id != first.id


def test_an_incident_survives_the_ledger() -> None:
    (first,) = step([], [BAD])
    assert Incident.from_dict(first.to_dict()) == first


def test_a_channel_rests_after_its_share_of_an_hour() -> None:
    sent = {"slack": [AT - timedelta(minutes=5)] * 3, "email": [AT - timedelta(hours=2)] * 9}
    assert held_back(sent, at=AT, limit=3) == {"slack"}
    assert held_back(sent, at=AT, limit=4) == set()
