"""A declared JSON API lands with the guarantees of every source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.errors import ConfigError, SourceChanged, SourceDenied, SourceError, SourceUnreachable

TICKETS = """rest.table(
    "tickets", source="desk", data_selector="data", columns={"id": "bigint", "points": "bigint"},
    since=rest.since("updated_at", param="since"), paginator={"type": "json_link",
    "next_url_path": "next"})"""
LABELS = """rest.table(
    "labels", source="desk", key=("code",), complete=True, data_selector="data",
    paginator={"type": "json_link", "next_url_path": "next"})"""


def ticket(number: int, day: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "updatedAt": f"2026-02-{day:02d}T10:00:00Z", **more}


def test_every_page_lands_and_nested_values_are_json(help_desk: Any) -> None:
    help_desk.declare(TICKETS)
    help_desk.desk.records["tickets"] = [
        ticket(n, points=n * 2, tags=["a", n], customField=None if n % 2 else "ü") for n in range(8)
    ]
    report = help_desk.land()
    assert report.rows_landed == 8
    assert help_desk.raw("id, points, tags, custom_field, _buck_source_ts")[:2] == [
        (0, 0, '["a",0]', "ü", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        (1, 2, '["a",1]', None, datetime(2026, 2, 1, 10, tzinfo=UTC)),
    ]


def test_later_loads_ask_only_for_what_is_new_and_overlap_a_little(help_desk: Any) -> None:
    help_desk.declare(TICKETS)
    records = help_desk.desk.records["tickets"] = [ticket(n, day=n + 1) for n in range(5)]
    help_desk.land()
    assert not any("since" in path for path in help_desk.desk.asked)
    records[2] = ticket(2, day=9, points=7)
    help_desk.desk.asked.clear()
    report = help_desk.land()
    assert "since=2026-02-05T09%3A55%3A00Z" in help_desk.desk.asked[0]
    # The newest of before is seen again because of the overlap, and known.
    assert (report.rows_landed, report.tables[0].rows_unchanged) == (1, 1)
    assert help_desk.raw("id, points")[-1] == (2, 7)
    assert help_desk.land().rows_landed == 0


def test_a_clock_ahead_of_ours_does_not_move_the_mark_into_the_future(help_desk: Any) -> None:
    help_desk.declare(TICKETS)
    records = help_desk.desk.records["tickets"] = [
        ticket(1) | {"updatedAt": "2036-01-01T00:00:00Z"}
    ]
    help_desk.land()
    records.append(ticket(2) | {"updatedAt": "2026-03-01T00:00:00Z"})
    assert help_desk.land().rows_landed == 1


def test_what_a_complete_list_no_longer_has_was_deleted(help_desk: Any) -> None:
    help_desk.declare(LABELS)
    help_desk.desk.records["labels"] = [{"code": c, "name": c.upper()} for c in "abcde"]
    help_desk.land()
    del help_desk.desk.records["labels"][1]
    assert help_desk.land().rows_landed == 1
    assert help_desk.raw("code, name, _buck_op", "labels")[-1] == ("b", None, "d")
    assert help_desk.land().rows_landed == 0


def test_a_list_that_lost_most_of_its_records_is_not_believed(help_desk: Any) -> None:
    help_desk.declare(LABELS)
    help_desk.desk.page = 1000
    help_desk.desk.records["labels"] = [{"code": f"c{n}"} for n in range(300)]
    help_desk.land()
    help_desk.desk.records["labels"] = []
    with pytest.raises(SourceChanged, match=r"300 of 300 rows of desk\.labels are gone at once"):
        help_desk.land()
    assert len(help_desk.raw("code", "labels")) == 300


def test_a_child_endpoint_is_asked_once_for_every_parent(help_desk: Any) -> None:
    help_desk.declare(
        TICKETS,
        """rest.table("comments", source="desk", key=("id", "_tickets_id"), data_selector="data",
        path="tickets/{resources.tickets.id}/comments", include_from_parent=["id"],
        paginator={"type": "json_link", "next_url_path": "next"})""",
    )
    desk = help_desk.desk
    desk.records["tickets"] = [ticket(n) for n in range(2)]
    for n in range(2):
        desk.records[f"tickets/{n}/comments"] = [{"id": k, "text": f"{n}/{k}"} for k in range(4)]
    help_desk.land()
    assert sorted(help_desk.raw("_tickets_id, id, text", "comments"))[3:5] == [
        ("0", "3", "0/3"),
        ("1", "0", "1/0"),
    ]


def test_a_refused_endpoint_is_skipped_and_the_others_land(help_desk: Any) -> None:
    help_desk.declare(TICKETS, LABELS)
    help_desk.desk.denied.add("labels")
    help_desk.desk.records["tickets"] = [ticket(1)]
    report = help_desk.land()
    assert report.skipped == {"labels": "127.0.0.1 answered 403"}
    assert report.rows_landed == 1


def test_a_wrong_key_is_said_without_showing_it(help_desk: Any) -> None:
    help_desk.declare(TICKETS, LABELS)
    with pytest.raises(SourceDenied, match="answered 401 to every request") as caught:
        help_desk.land(token="wrong-canary-0815")
    assert "wrong-canary-0815" not in str(caught.value) + caught.value.hint
    assert not (help_desk.folder / "lake" / "raw").exists()


def test_a_busy_server_is_asked_again(help_desk: Any) -> None:
    help_desk.declare(TICKETS)
    help_desk.desk.records["tickets"] = [ticket(1)]
    help_desk.desk.failing = 1
    assert help_desk.land().rows_landed == 1


def test_an_answer_that_is_no_json_lands_nothing(help_desk: Any) -> None:
    help_desk.declare(TICKETS)
    help_desk.desk.text = "<html>maintenance</html>"
    with pytest.raises(SourceError, match="did not answer with JSON"):
        help_desk.land()
    assert not (help_desk.folder / "lake" / "raw").exists()


def test_an_unreachable_server_is_named(help_desk: Any) -> None:
    help_desk.declare(TICKETS)
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1 does not answer"):
        help_desk.land(url="http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"updatedAt": "2026-02-01T00:00:00Z"}, "has no id"),
        (ticket(1) | {"updatedAt": "yesterday"}, "'yesterday', which is no timestamp"),
        (ticket(1, fooBar=1, foo_bar=2), "are one column 'foo_bar'"),
    ],
)
def test_a_record_that_cannot_be_read_is_shown(
    help_desk: Any, record: dict[str, Any], said: str
) -> None:
    help_desk.declare(TICKETS)
    help_desk.desk.records["tickets"] = [record]
    with pytest.raises(SourceChanged, match=said):
        help_desk.land()


def test_a_contradiction_is_refused_before_anything_is_asked(help_desk: Any) -> None:
    help_desk.declare(TICKETS.replace('data_selector="data"', "complete=True"))
    with pytest.raises(ConfigError, match="declared complete and read since updated_at"):
        help_desk.land()
    assert help_desk.desk.asked == []
