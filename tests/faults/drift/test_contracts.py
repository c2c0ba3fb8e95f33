"""G6: a column is added, changes its type or vanishes; each contract, told and recorded."""

from __future__ import annotations

from typing import Any

import pytest

from buck.errors import ConfigError

ONE = {"id": 1, "amount": 5, "name": "a"}
TWO = {"id": 2, "amount": 6, "name": "b"}
ODD = {"id": 3, "amount": "six", "name": "c"}


def test_g6_new_column_lands_and_is_recorded_as_a_schema_change(shop: Any) -> None:
    shop.land([ONE])
    report = shop.land([{**TWO, "colour": "red"}])
    assert not report.is_degraded
    assert shop.rows("id, colour") == [(1, None), (2, "red")]
    (event,) = shop.events("schema_changed")
    assert (event.status, event.facts) == ("evolved", {"table": "shop.items", "added": ["colour"]})


def test_g6_evolve_lands_a_misfit_as_text_and_records_an_incident(shop: Any) -> None:
    report = shop.land([ONE, ODD])
    assert not report.is_degraded
    assert shop.rows("id, amount, amount__text") == [(1, 5, None), (3, None, "six")]
    (event,) = shop.events("incident")
    assert (event.status, event.facts["column"]) == ("type_changed", "amount")
    assert "six" not in str(event.facts)


def test_g6_freeze_leaves_the_table_out_and_lands_the_others(shop: Any) -> None:
    shop.settle(contract="freeze")
    shop.land([ONE])
    report = shop.land([ONE, TWO, ODD])
    assert report.is_degraded
    assert "amount got a str that is no bigint (contract: freeze)" in report.skipped["items"]
    assert (shop.rows(), shop.mark()) == ([(1, 5)], 1), "the mark stays"
    assert [t.table for t in report.tables] == ["shop.others"]
    (finished,) = [e for e in shop.events("run_finished") if e.status != "ok"]
    assert finished.status == "degraded"
    told = [(e.status, e.facts["table"]) for e in shop.events("incident")]
    assert told == [("left_out", "shop.items")]
    shop.settle(contract="freeze", contracts={"items": "evolve"})
    assert shop.land().rows_landed == 2
    assert shop.mark() == 2


def test_g6_quarantine_holds_the_record_and_lands_the_others(shop: Any) -> None:
    shop.settle(contracts={"items": "quarantine"})
    report = shop.land([ONE, ODD, TWO])
    assert not report.is_degraded
    assert (report.rows_landed, report.rows_quarantined) == (3, 1)
    assert (shop.rows(), shop.mark()) == ([(1, 5), (2, 6)], 1)
    landed = shop.events("table_landed")[0].facts
    assert landed["rows_received"] == 3
    assert landed["rows_landed"] + landed["rows_unchanged"] + landed["rows_quarantined"] == 3
    assert [e.status for e in shop.events("incident")] == ["quarantined"]


def test_g6_vanished_column_under_evolve_reads_as_null_and_is_told_once(shop: Any) -> None:
    shop.land([ONE])
    shop.declare({"id": "bigint", "amount": "bigint"})
    for _ in range(2):
        assert not shop.land([{"id": 2, "amount": 6}]).is_degraded
    assert shop.rows("id, name") == [(1, "a"), (2, None)]
    told = [(e.status, e.facts["column"]) for e in shop.events("incident")]
    assert told == [("column_vanished", "name")]


@pytest.mark.parametrize("contract", ["freeze", "quarantine"])
def test_g6_vanished_column_stops_a_table_that_may_not_change(shop: Any, contract: str) -> None:
    shop.settle(contract=contract)
    shop.land([ONE])
    shop.declare({"id": "bigint", "amount": "bigint"})
    report = shop.land([{"id": 2, "amount": 6}])
    assert report.skipped == {"items": f"shop.items: name vanished (contract: {contract})"}
    assert [e.status for e in shop.events("incident")] == ["column_vanished", "left_out"]
    assert shop.rows() == [(1, 5)]


def test_g6_declared_type_that_changed_follows_the_contract(shop: Any) -> None:
    shop.land([ONE])
    shop.declare({"id": "bigint", "amount": "text", "name": "text"})
    shop.settle(contract="freeze")
    report = shop.land([ODD])
    assert "amount was BIGINT and is now VARCHAR" in report.skipped["items"]
    shop.settle(contract="quarantine")
    assert shop.land([ODD, TWO]).rows_quarantined == 1
    shop.settle()
    shop.land([{**ODD, "id": 4}])
    assert shop.rows("id, amount, amount__text") == [(1, 5, None), (2, 6, None), (4, None, "six")]


def test_contract_for_a_table_that_does_not_exist_is_a_slip(shop: Any) -> None:
    shop.settle(contracts={"itms": "freeze"})
    with pytest.raises(ConfigError, match="names 'itms'") as refused:
        shop.land([ONE])
    assert refused.value.hint == "did you mean items?"


def test_too_much_held_back_degrades_the_load_after_landing(shop: Any) -> None:
    shop.settle(contract="quarantine")
    poison = [{"id": n, "amount": "x", "name": ""} for n in range(100, 111)]
    report = shop.land([ONE, *poison])
    assert report.is_degraded
    assert report.exceeded["items"].startswith("11 of 12 records are held back")
    assert shop.rows() == [(1, 5)]
    again = shop.land()
    assert (again.rows_quarantined, again.is_degraded) == (0, True), "they still wait"
    shop.settle(contract="quarantine", quarantine={"max_rows": 11})
    assert not shop.land().is_degraded


def test_rows_that_a_source_makes_and_does_not_yield_are_noticed(shop: Any) -> None:
    from buck.errors import SourceError

    file = shop.root / "pipelines" / "shop_pipeline.py"
    text = file.read_text().replace("yield table.arrow(records", "table.arrow(records")
    file.write_text(
        text.replace("table.advance(step", "yield table.arrow([])\n        table.advance(step")
    )
    with pytest.raises(SourceError, match=r"shop\.items made 1 rows, 0 arrived"):
        shop.land([ONE])


def test_g6_hostile_field_names_leave_the_table_readable(shop: Any) -> None:
    shop.land([ONE])
    shop.land([{**TWO, "Name": "x", "": "y", "_buck_seq": "z", 'it\'s "odd";': "w"}])
    (row,) = shop.rows("* exclude (_buck_load_id, _buck_observed_at)")[1:]
    assert {"b", "x", "y", "z", "w"} <= set(row)
    shop.land([{**TWO, "id": 3, "Name": "xx"}])
    assert len(shop.rows()) == 3
