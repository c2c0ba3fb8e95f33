"""A stretch of time of PostgreSQL's tables, loaded again without moving a mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from buck.errors import ConfigError
from buck.records.load import LoadRules, TimeRange

FEBRUARY = LoadRules(
    span=TimeRange(datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))
)
ROWS = """
insert into items values
    (1, 'january', '2025-01-31 23:59:59.999999+00'), (2, 'first', '2025-02-01 00:00:00+00'),
    (3, 'last', '2025-02-28 23:59:59.999999+00'), (4, 'march', '2025-03-01 00:00:00+00')
"""


def test_range_lands_what_lies_in_it_and_moves_no_mark(shop: Any) -> None:
    shop.run(ROWS)
    report = shop.land(rules=FEBRUARY)
    assert report.rows_landed == 2
    assert shop.newest() == [(2, "first"), (3, "last")]
    assert shop.marks("cursor_until") == {}
    assert shop.land().rows_landed == 2, "the next load begins at the beginning"
    assert [id_ for id_, _ in shop.newest()] == [1, 2, 3, 4]
    assert shop.land(rules=FEBRUARY).rows_landed == 0


def test_g7_closed_window_loaded_again_gives_the_same_current_state(shop: Any) -> None:
    shop.run(ROWS)
    shop.land()
    marks, before = shop.marks("cursor_until", "cursor_waiting"), shop.newest()
    shop.run("update items set name = 'LAST' where id = 3", "delete from items where id = 2")
    assert shop.land(rules=FEBRUARY).rows_landed == 1, "a change that moved no cursor is found"
    assert shop.newest() == [(1, "january"), (2, "first"), (3, "LAST"), (4, "march")]
    assert shop.marks("cursor_until", "cursor_waiting") == marks
    again = shop.newest()
    assert shop.land(rules=FEBRUARY).rows_landed == 0
    assert shop.newest() == again != before


def test_table_without_an_update_time_has_no_part_in_a_range(shop: Any) -> None:
    shop.run("create table labels (id bigint primary key)", "insert into labels values (1)", ROWS)
    shop.declare(
        "postgres.table('items', source='app', cursor='updated_at')",
        "postgres.table('labels', source='app')",
    )
    report = shop.land(rules=FEBRUARY)
    assert report.notes == {"labels": "has no update time as its cursor"}
    assert not report.is_degraded
    assert [t.table for t in report.tables] == ["app.items"]
    assert not shop.lake.raw("app", "labels").state().exists


def test_range_of_one_table_reads_no_other(shop: Any) -> None:
    shop.run("create table notes (like items including all)", ROWS)
    shop.run("insert into notes select * from items")
    shop.declare(
        *(f"postgres.table('{n}', source='app', cursor='updated_at')" for n in ("items", "notes"))
    )
    report = shop.land(rules=replace(FEBRUARY, only=frozenset({"notes"})))
    assert [(t.table, t.rows_landed) for t in report.tables] == [("app.notes", 2)]
    assert not shop.lake.raw("app", "items").state().exists
    with pytest.raises(ConfigError, match="names, of app, 'note'") as refused:
        shop.land(rules=replace(FEBRUARY, only=frozenset({"note"})))
    assert refused.value.hint
