"""Columns that change and records that do not fit: what lands, what is held, exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from buck.errors import LoadFenced, SourceChanged
from buck.names import RawTable
from buck.records.quarantine import HeldStatus
from buck.records.table import Column, ColumnType, Contract, TableSpec

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def spec(type_: ColumnType, contract: Contract = "evolve", **options: Any) -> TableSpec:
    columns = (Column("id", "bigint"), Column("v", type_, **options))
    return TableSpec("shop", "items", ("id",), columns, contract=contract)


def test_g6_evolve_keeps_the_type_and_what_does_not_fit_as_text(bench: Any) -> None:
    bench.land([{"id": 1, "v": 1}], spec=spec("bigint"))
    report = bench.land(
        [{"id": 2, "v": "2"}, {"id": 3, "v": "007"}, {"id": 4, "v": "x"}, {"id": 5, "v": None}],
        spec=spec("text"),
    )
    assert bench.rows("id, v, v__text") == [
        (1, 1, None),
        (2, 2, None),
        (3, None, "007"),
        (4, None, "x"),
        (5, None, None),
    ]
    assert report.columns_added == ("v__text",)
    (incident,) = report.incidents
    assert (incident.table, incident.kind, incident.column) == ("shop.items", "type_changed", "v")
    assert "was BIGINT and is now VARCHAR" in incident.detail
    again = bench.land([{"id": 6, "v": "6"}, {"id": 7, "v": "y"}], spec=spec("text"))
    assert again.incidents == ()
    assert bench.rows("id, v, v__text")[-2:] == [(6, 6, None), (7, None, "y")]


@pytest.mark.parametrize(
    ("before", "after", "values", "fits"),
    [
        ("text", "date", [date(2026, 1, 1)], ["2026-01-01"]),
        ("bigint", "double", [1.0, 1.5], [1, None]),
        ("decimal", "text", ["1.5", "1.05"], ["1.500000000", None]),
        ("date", "timestamptz", [datetime(2026, 1, 1, tzinfo=UTC), NOW.replace(hour=3)], None),
        ("boolean", "text", ["true", "yes"], [True, None]),
    ],
)
def test_g6_no_value_is_altered_by_its_old_type(
    make_bench: Any, before: ColumnType, after: ColumnType, values: list[Any], fits: Any
) -> None:
    bench = make_bench("delta")
    bench.land([{"id": 0, "v": None}], spec=spec(before))
    bench.land([{"id": n + 1, "v": v} for n, v in enumerate(values)], spec=spec(after))
    names = "v, v__text" if "v__text" in bench.log.state().columns else "v, null"
    rows = bench.rows(names)[1:]
    assert all((v is None) != (text is None) for v, text in rows)
    if fits is not None and before != "decimal":
        assert [v for v, _ in rows] == fits


def test_g6_quarantine_holds_rows_of_another_type_and_lands_the_rest(bench: Any) -> None:
    bench.land([{"id": 1, "v": 1}], spec=spec("bigint"))
    changed = spec("text", "quarantine")
    report = bench.land([{"id": 2, "v": "2"}, {"id": 3, "v": "x"}], spec=changed, until=3)
    assert (report.rows_received, report.rows_landed, report.rows_quarantined) == (2, 1, 1)
    assert bench.rows("id, v") == [(1, 1), (2, 2)]
    assert bench.log.state().position["until"] == 3
    (held,) = bench.held()
    assert (held.key, held.raw, held.status) == ('{"id":3}', b'{"id":3,"v":"x"}', "pending")
    assert (held.reason, held.rule) == ("v has another type", "misfit")
    assert held.row_hash is not None


def test_g6_key_of_another_type_refuses_the_table_under_every_contract(make_bench: Any) -> None:
    bench = make_bench("delta")
    bench.land([{"id": 1, "v": 1}], spec=spec("bigint"))
    for contract in ("evolve", "quarantine", "freeze"):
        other = replace(spec("bigint"), columns=(Column("id", "text"), Column("v", "bigint")))
        with pytest.raises(SourceChanged, match="id was BIGINT and is now VARCHAR"):
            bench.land([{"id": "2", "v": 2}], spec=replace(other, contract=contract))
    assert bench.rows("id, v") == [(1, 1)]
    assert bench.held() == []


def test_g5_poison_record_is_held_counted_and_does_not_stop_the_mark(anywhere: Any) -> None:
    poison = {"id": 2, "v": "zwö🎉\x01'\\x41"}
    quarantine = spec("bigint", "quarantine")
    report = anywhere.land([{"id": 1, "v": 1}, poison], spec=quarantine, until=2)
    assert (report.rows_received, report.rows_landed, report.rows_quarantined) == (2, 1, 1)
    assert report.rows_pending == 1
    assert anywhere.log.state().position["until"] == 2
    again = anywhere.land([{"id": 3, "v": 3}, poison, poison], spec=quarantine, until=3)
    assert (again.rows_landed, again.rows_unchanged, again.rows_quarantined) == (1, 2, 0)
    assert again.rows_pending == 1, "it is still waiting"
    (held,) = anywhere.held()
    assert (held.source, held.table, held.load_id) == ("shop", "items", report_load(anywhere))
    assert orjson.loads(held.raw) == poison
    assert [r[0] for r in anywhere.rows("id")] == [1, 3]
    names = [str(t) for t in anywhere.lake.raw_tables()]
    assert names == ["shop.items"], "models do not see the quarantine"


def report_load(bench: Any) -> str:
    return str(bench.rows("_buck_load_id")[0][0])


def test_decisions_are_appended_and_the_newest_counts(bench: Any) -> None:
    bench.land([{"id": 1, "v": "x"}, {"id": 2, "v": "y"}], spec=spec("bigint", "quarantine"))
    quarantine = bench.lake.quarantine
    first, second = bench.held()
    for status, load in ((HeldStatus.DROPPED, "d1"), (HeldStatus.RELEASED, "d2")):
        quarantine.decide(
            [first], status=status, decision="why", at=NOW, load_id=load, scratch=bench.work / load
        )
    assert [h.status for h in bench.held(id_=first.id)] == ["released"]
    assert [h.id for h in bench.held(status=HeldStatus.PENDING)] == [second.id]
    again = bench.land([{"id": 1, "v": "x"}], spec=spec("bigint", "quarantine"))
    assert (again.rows_unchanged, again.rows_pending) == (1, 0), "what is decided stays decided"
    log = quarantine.log(RawTable("shop", "items"))
    assert log.state().sequence == 3


@pytest.mark.parametrize("landed_before", [False, True])
def test_g2_of_two_loads_with_the_same_poison_none_doubles_it(
    anywhere: Any, landed_before: bool
) -> None:
    quarantine = spec("bigint", "quarantine")
    if landed_before:
        anywhere.land([{"id": 0, "v": "zero"}], spec=quarantine)
    rows = [{"id": 1, "v": 1}, {"id": 2, "v": "two"}]
    first, second = anywhere.open(quarantine), anywhere.second_machine().open(quarantine)
    first.commit(rows, until=2)
    with pytest.raises(LoadFenced):
        second.commit(rows, until=2)
    first.close()
    second.close()
    assert [h.raw for h in anywhere.held() if b"two" in h.raw] == [b'{"id":2,"v":"two"}']
    assert anywhere.rows("id") == [(1,)]
