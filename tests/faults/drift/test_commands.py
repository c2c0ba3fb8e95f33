"""The commands a person meets when something drifts: words, JSON and exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scratch import Scratch

ONE = {"id": 1, "amount": 5, "name": "a"}
ODD = {"id": 3, "amount": "six", "name": "c"}


@pytest.fixture
def scratch(shop: Any, empty_home: Any) -> Scratch:
    """The shop's folder as a shell sees it, with a record held."""
    shop.settle(contract="quarantine")
    shop.give([ONE, ODD])
    return Scratch(shop.root, empty_home)


def test_g5_a_held_record_is_told_listed_shown_and_landed(scratch: Scratch, shop: Any) -> None:
    landed = scratch.python("pipelines/shop_pipeline.py").expect(0)
    assert "3 received = 2 new + 0 known + 1 held" in landed.err
    assert "next: buck quarantine list" in landed.err
    listed = scratch.buck("quarantine", "list", "--json").expect(0).json
    assert [(r["table"], r["key"], r["status"]) for r in listed] == [
        ("items", '{"id":3}', "pending")
    ]
    id_ = listed[0]["id"]
    assert id_[:12] in scratch.buck("quarantine", "list").expect(0).out
    shown = scratch.buck("quarantine", "show", id_[:6]).expect(0).out
    assert '"amount": "six"' in shown
    assert "amount got a str that is no bigint" in shown
    held = scratch.buck("quarantine", "replay", id_).expect(4)
    assert "still held: amount got a str that is no bigint" in held.out
    scratch.buck("quarantine", "drop", id_).expect(2)
    released = scratch.buck("quarantine", "release", "--all", "--json").expect(0)
    assert released.json == {"statuses": {id_: "released"}, "reasons": {}, "rows_landed": 1}
    assert shop.rows("id, amount__text") == [(1, None), (3, "six")]
    decided = scratch.buck("pipeline", "logs", "quarantine release", "--json").expect(0).json
    assert [e["facts"]["id"] for e in decided if e["kind"] == "quarantine_decided"] == [id_]
    status = scratch.runs()
    assert [(r["pipeline"], r["status"]) for r in status[:2]] == [
        ("quarantine release", "ok"),
        ("quarantine replay", "degraded"),
    ]


def test_degraded_landing_of_a_file_leaves_with_4(scratch: Scratch, shop: Any) -> None:
    shop.settle(contract="freeze")
    done = scratch.python("pipelines/shop_pipeline.py").expect(4)
    assert "items was left out: shop.items: amount got a str" in done.err
    assert scratch.runs()[0]["status"] == "degraded"
    shop.settle(contract="quarantine")
    shop.give([ONE, *({**ODD, "id": n} for n in range(100, 120))])
    done = scratch.python("pipelines/shop_pipeline.py").expect(4)
    assert "items is incomplete: 20 of 21 records are held back" in done.err
    listed = scratch.buck("quarantine", "list", "--limit", "3", "--table", "items", "--json")
    assert len(json.loads(listed.expect(0).out)) == 3


def test_a_run_tells_what_came_of_everything_it_received(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from datetime import UTC, datetime

    from buck.cli.progress import RunTalk
    from buck.records.run import Event

    talk = RunTalk()

    def tell(kind: Any, status: str, **facts: Any) -> str:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        talk.event(Event("run", 0, at, "all", kind, "land shop", status, facts))
        return capsys.readouterr().err

    landed = {"rows_landed": 1_000, "rows_received": 1_010, "tables": 2, "seconds": 1.0}
    assert "1,000 new rows in 2 tables (" in tell(
        "step_finished", "ok", **landed | {"rows_received": 1_000}
    )
    assert "1,010 received, 7 known, 3 held back" in tell(
        "step_finished", "ok", **landed, rows_quarantined=3
    )
    assert "left alone, having no time to cut by: labels" in tell(
        "step_finished", "ok", **landed, passed_over={"labels": "no cursor"}
    )
    assert "! shop.items.amount type changed: 3 values" in tell(
        "incident", "type_changed", table="shop.items", column="amount", detail="3 values"
    )
