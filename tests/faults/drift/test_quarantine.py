"""G5: what is held can be listed, looked at, replayed, released and dropped, exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from buck.errors import ConfigError
from buck.flow.quarantine import Wanted, drop_held, list_held, replay_held, show_held

ONE = {"id": 1, "amount": 5, "name": "a"}
ODD = {"id": 3, "amount": "six", "name": "c"}
EVEN = {"id": 4, "amount": "8", "name": "d"}
ALL = Wanted()


@pytest.fixture
def held(shop: Any) -> Any:
    """A shop whose quarantine holds two records."""
    shop.settle(contract="quarantine")
    shop.land([ONE, ODD, EVEN])
    return shop


def statuses(shop: Any) -> dict[str, str]:
    return {record.key: str(record.status) for record in list_held(shop.project)}


def test_g5_held_records_are_listed_and_shown_with_their_bytes(held: Any) -> None:
    first, second = sorted(list_held(held.project), key=lambda r: r.key)
    assert [(r.table, r.key, r.rule) for r in (first, second)] == [
        ("items", '{"id":3}', "misfit"),
        ("items", '{"id":4}', "misfit"),
    ]
    shown = show_held(held.project, first.id[:8])
    assert shown.raw == b'{"id":3,"amount":"six","name":"c"}'
    assert list_held(held.project, source="other") == []
    with pytest.raises(ConfigError, match="no held record's id begins with 'zz'"):
        show_held(held.project, "zz")


def test_g5_replay_lands_what_fits_now_and_holds_the_rest(held: Any) -> None:
    outcome = replay_held(held.project, ALL)
    assert (outcome.rows_landed, len(outcome.reasons)) == (0, 2), "nothing changed yet"
    held.settle(contract="evolve")
    outcome = replay_held(held.project, ALL)
    assert (outcome.rows_landed, outcome.reasons) == (2, {})
    assert held.rows("id, amount, amount__text") == [
        (1, 5, None),
        (3, None, "six"),
        (4, None, "8"),
    ]
    assert set(statuses(held).values()) == {"replayed"}
    assert replay_held(held.project, ALL).statuses == {}, "a second replay finds nothing to do"
    assert held.land().rows_landed == 0, "a later load knows them"
    decided = held.events("quarantine_decided")
    assert [e.status for e in decided] == ["replayed", "replayed"]


def test_g5_replay_killed_before_it_was_recorded_lands_nothing_twice(
    held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from buck.lake.quarantine import Quarantine

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    held.settle(contract="evolve")
    with monkeypatch.context() as patch:
        patch.setattr(Quarantine, "decide", die)
        with pytest.raises(Killed):
            replay_held(held.project, ALL)
    assert len(held.rows()) == 3, "the rows are in the lake"
    assert set(statuses(held).values()) == {"pending"}
    outcome = replay_held(held.project, ALL)
    assert outcome.rows_landed == 0
    assert set(statuses(held).values()) == {"replayed"}
    assert len(held.rows()) == 3


def test_g5_replay_does_not_overwrite_a_newer_version(held: Any) -> None:
    held.land([{**ODD, "amount": 7}])
    held.settle(contract="evolve")
    outcome = replay_held(held.project, ALL)
    assert sorted(outcome.statuses.values()) == ["replayed", "superseded"]
    assert held.rows() == [(1, 5), (3, 7), (4, None)]
    assert statuses(held) == {'{"id":3}': "superseded", '{"id":4}': "replayed"}


def test_g5_release_lets_a_record_pass_as_it_is(held: Any) -> None:
    (odd,) = [r for r in list_held(held.project) if r.key == '{"id":3}']
    outcome = replay_held(held.project, Wanted((odd.id,)), release=True, reason="known")
    assert outcome.rows_landed == 1
    assert held.rows("id, amount, amount__text")[-1] == (3, None, "six")
    assert show_held(held.project, odd.id).status == "released"
    assert show_held(held.project, odd.id).decision == "known"
    with pytest.raises(ConfigError, match="is released already"):
        drop_held(held.project, Wanted((odd.id,)), reason="too late")


def test_g5_dropped_records_never_land_and_keep_their_reason(held: Any) -> None:
    drop_held(held.project, ALL, reason="test data of the vendor")
    assert {r.decision for r in list_held(held.project)} == {"test data of the vendor"}
    assert set(statuses(held).values()) == {"dropped"}
    report = held.land()
    assert (report.rows_quarantined, report.tables[0].rows_pending) == (0, 0)
    assert held.rows() == [(1, 5)]
    reasons = {e.facts["reason"] for e in held.events("quarantine_decided")}
    assert reasons == {"test data of the vendor"}


def test_g5_record_without_a_key_can_only_be_dropped(shop: Any) -> None:
    shop.land([ONE, {"amount": 1}])
    (record,) = list_held(shop.project)
    assert (record.rule, record.key) == ("no_key", "")
    outcome = replay_held(shop.project, ALL, release=True)
    assert outcome.reasons == {record.id: "it has no id"}
    assert shop.rows() == [(1, 5)]


def test_g5_replay_of_rows_that_the_lake_held_keeps_their_hash(shop: Any) -> None:
    shop.land([ONE])
    shop.declare({"id": "bigint", "amount": "text", "name": "text"})
    shop.settle(contract="quarantine")
    shop.land([ODD])
    (record,) = list_held(shop.project)
    assert replay_held(shop.project, ALL, release=True).rows_landed == 1
    assert shop.rows("_buck_row_hash")[-1] == (record.row_hash,)
    shop.settle()
    assert shop.land([ODD]).tables[0].rows_landed == 0
