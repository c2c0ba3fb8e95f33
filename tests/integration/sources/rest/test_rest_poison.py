"""Records of an API that do not fit, and a stretch of its time loaded again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.records.load import LoadRules, TimeRange

COLUMNS = "columns={'id': 'bigint', 'hours': 'bigint', 'updated_at': 'timestamptz'}"
PAGES = "paginator={'type': 'json_link', 'next_url_path': 'next'}"
SINCE = (
    "rest.table('tickets', source='desk', since=rest.since('updated_at', param='since'), "
    f"data_selector='data', {PAGES}, {COLUMNS})"
)
COMPLETE = (
    "rest.table('tickets', source='desk', complete=True, data_selector='data', "
    f"paginator={{'type': 'json_link', 'next_url_path': 'next'}}, {COLUMNS})"
)
HELD = LoadRules(contract="quarantine")


def ticket(id_: Any, day: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": id_, "hours": 1, "updatedAt": f"2026-02-{day:02d}T00:00:00Z", **more}


def test_g5_poison_among_records_is_held_and_the_mark_moves(help_desk: Any) -> None:
    help_desk.declare(SINCE)
    help_desk.desk.records["tickets"] = [
        ticket(1),
        ticket(2, hours="two"),
        ticket(None),
        ticket(3, day=9),
        ticket(4) | {"updatedAt": "yesterday"},
    ]
    report = help_desk.land(rules=HELD)
    assert (report.rows_landed, report.rows_quarantined) == (2, 3)
    assert help_desk.raw("id") == [(1,), (3,)]
    rules = sorted(r.rule for r in help_desk.lake.quarantine.read())
    assert rules == ["misfit", "misfit", "no_key"]
    day = datetime(2026, 2, 9, tzinfo=UTC)
    state = help_desk.lake.raw("desk", "tickets").state()
    assert state.position["cursor_until"] == int(day.timestamp()) * 1_000_000


def test_g5_held_record_of_a_complete_list_is_not_taken_for_deleted(help_desk: Any) -> None:
    help_desk.declare(COMPLETE)
    help_desk.desk.records["tickets"] = [ticket(1), ticket(2), ticket(3)]
    help_desk.land(rules=HELD)
    help_desk.desk.records["tickets"] = [ticket(1), ticket(2, hours="two")]
    help_desk.land(rules=HELD)
    assert help_desk.raw("id, _buck_op")[-1] == (3, "d")
    assert [id_ for id_, op in help_desk.raw("id, _buck_op") if op == "d"] == [3]


def test_g6_refused_table_tombstones_nothing(help_desk: Any) -> None:
    help_desk.declare(COMPLETE)
    help_desk.desk.records["tickets"] = [ticket(n) for n in range(150)]
    help_desk.land()
    help_desk.desk.records["tickets"] = [ticket(n, hours="one") for n in range(150)]
    report = help_desk.land(rules=LoadRules(contract="freeze"))
    assert "hours got a str that is no bigint" in report.skipped["tickets"]
    assert len(help_desk.raw("id")) == 150


@pytest.mark.parametrize("declared", [SINCE, COMPLETE])
def test_range_lands_what_lies_in_it_where_there_is_a_time(help_desk: Any, declared: str) -> None:
    help_desk.declare(declared)
    help_desk.desk.records["tickets"] = [ticket(n, day=n) for n in range(1, 10)]
    span = TimeRange(datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC))
    report = help_desk.land(rules=LoadRules(span=span))
    if declared is COMPLETE:
        assert report.notes == {"tickets": "is not asked for by a time"}
        return
    assert help_desk.raw("id") == [(3,), (4,), (5,)]
    assert "cursor_until" not in help_desk.lake.raw("desk", "tickets").state().position
    assert help_desk.land(rules=LoadRules(span=span)).rows_landed == 0
    help_desk.land()
    assert sorted(help_desk.raw("id")) == [(n,) for n in range(1, 10)]
