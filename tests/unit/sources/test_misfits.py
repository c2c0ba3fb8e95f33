"""Records that do not fit their table, under each contract."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from buck.records.table import Column, Contract, TableSpec
from buck.sources.load import TableLoad

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (
    Column("id", "bigint"),
    Column("amount", "bigint"),
    Column("at", "timestamptz"),
    Column("name", "text"),
)
GOOD = {"id": 1, "amount": 5, "at": 0, "name": "a"}


def load(contract: Contract = "evolve", **position: int) -> TableLoad:
    spec = TableSpec("shop", "items", ("id",), COLUMNS, contract=contract)
    columns = tuple(c.name for c in COLUMNS)
    return TableLoad(spec, "load-1", AS_OF, 3, position, columns=columns)


def test_evolve_keeps_a_misfit_as_text_beside_its_column() -> None:
    table = load()
    rows = table.arrow([GOOD, {**GOOD, "id": 2, "amount": "five"}]).to_pylist()
    assert [(r["amount"], r["amount__text"]) for r in rows] == [(5, None), (None, "five")]
    assert [r["_buck_seq"] - (3 << 32) for r in rows] == [0, 1]
    assert table.held == []
    table.conclude()
    assert [(i.kind, i.column) for i in table.incidents] == [("type_changed", "amount")]


@pytest.mark.parametrize("value", [7.5, "7", True, {"a": 1}, [1], 2**70, Decimal("1.5")])
def test_evolve_never_alters_a_value(value: Any) -> None:
    row = load().arrow([{**GOOD, "amount": value}]).to_pylist()[0]
    assert row["amount"] is None
    assert row["amount__text"] == (
        orjson.dumps(value).decode() if isinstance(value, dict | list | bool) else str(value)
    )


def test_misfits_and_fits_of_one_record_have_different_hashes() -> None:
    rows = load().arrow([GOOD, {**GOOD, "amount": "5"}, {**GOOD, "amount": None}]).to_pylist()
    assert len({r["_buck_row_hash"] for r in rows}) == 3


def test_quarantine_holds_the_offending_record_and_lands_the_others() -> None:
    table = load("quarantine")
    rows = table.arrow(
        [GOOD, {**GOOD, "id": 2, "amount": "five"}, {**GOOD, "id": 3}],
        op=["r", "u", "c"],
        source_at=[AS_OF, None, None],
    ).to_pylist()
    assert [(r["id"], r["_buck_op"], r["_buck_seq"] & 0xFFFF) for r in rows] == [
        (1, "r", 0),
        (3, "c", 2),
    ]
    (held,) = table.held
    assert (held.key, held.rule, held.op, held.seq) == ('{"id":2}', "misfit", "u", (3 << 32) + 1)
    assert "amount got a str that is no bigint" in held.reason
    assert orjson.loads(held.raw) == {**GOOD, "id": 2, "amount": "five"}
    assert "amount__text" not in rows[0]
    assert table.received == len(rows) + len(table.held)


def test_freeze_refuses_the_table() -> None:
    table = load("freeze")
    assert table.arrow([GOOD]).num_rows == 1
    assert table.refusal == ""
    assert table.arrow([GOOD, {**GOOD, "amount": "five"}]).num_rows == 0
    assert "amount got a str that is no bigint (contract: freeze)" in table.refusal


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        ({"amount": 1}, "no_key"),
        ({"id": None, "amount": 1}, "no_key"),
        ({"id": "seven"}, "misfit"),
        ({"id": 7, "name": "lone \ud800 surrogate"}, "misfit"),
        ("not a record", "unreadable"),
        (None, "unreadable"),
        ([1, 2], "unreadable"),
    ],
)
@pytest.mark.parametrize("contract", ["evolve", "quarantine"])
def test_g5_record_that_no_column_can_hold_is_held_with_its_bytes(
    record: Any, rule: str, contract: Contract
) -> None:
    table = load(contract)
    assert table.arrow([GOOD, record, {**GOOD, "id": 2}]).column("id").to_pylist() == [1, 2]
    (held,) = table.held
    assert held.rule == rule
    import json

    assert json.loads(held.raw) == record


def test_the_same_record_is_held_under_the_same_id_in_every_load() -> None:
    one, two = load("quarantine"), load("quarantine")
    two.load_id, two.sequence = "load-2", 9
    for table in (one, two):
        table.arrow([{**GOOD, "amount": "five"}, {**GOOD, "amount": "six"}])
    assert [h.id for h in one.held] == [h.id for h in two.held]
    assert len({h.id for h in one.held}) == 2


def test_new_field_lands_under_every_contract() -> None:
    for contract in ("evolve", "freeze", "quarantine"):
        table = load(contract)  # type: ignore[arg-type]
        assert table.arrow([{**GOOD, "new": "x"}]).column("new").to_pylist() == ["x"]
        assert (table.refusal, table.held) == ("", [])


def test_g6_vanished_column_is_told_once_until_it_is_back() -> None:
    table = load()
    assert table.lose(["name"])
    assert [(i.kind, i.column) for i in table.incidents] == [("column_vanished", "name")]
    known = load(**table.marks)
    assert known.lose(["name"])
    assert known.incidents == []
    back = load(**table.marks)
    assert back.lose([])
    again = load(**back.marks)
    assert again.lose(["name"])
    assert len(again.incidents) == 1


@pytest.mark.parametrize("contract", ["freeze", "quarantine"])
def test_g6_vanished_column_refuses_a_table_that_may_not_change(contract: Contract) -> None:
    table = load(contract)
    assert not table.lose(["name"])
    assert table.refusal == f"shop.items: name vanished (contract: {contract})"


def test_reason_and_incident_carry_no_value() -> None:
    table = load("quarantine")
    table.arrow([{**GOOD, "amount": "canary-value"}])
    table.conclude()
    assert "canary" not in table.held[0].reason
    assert "canary" not in str(table.incidents)


def test_source_of_which_nothing_fits_any_more_is_refused_not_collected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from buck.sources import load as module

    monkeypatch.setattr(module, "MOST_HELD", 3)
    table = load("quarantine")
    table.arrow([{**GOOD, "id": n, "amount": "x"} for n in range(3)])
    assert (len(table.held), table.refusal) == (3, "")
    table.arrow([{**GOOD, "id": 9, "amount": "x"}])
    assert "more than 3 records do not fit, such as: amount got a str" in table.refusal
    assert table.held == []


def test_field_that_no_engine_can_tell_from_another_gets_a_name_of_its_own() -> None:
    table = load()
    names = table.arrow([{**GOOD, "New": 1, "new": 2, "Amount": 3}]).schema.names
    renamed = [n for n in names if n.startswith("field_")]
    assert renamed == ["field_Amount__" + renamed[0][-8:], "field_new__" + renamed[1][-8:]]
    assert len({n.lower() for n in names}) == len(names)
    later = TableLoad(table.spec, "load-2", AS_OF, 4, {}, columns=tuple(names))
    assert later.arrow([{**GOOD, "id": 2, "new": "again"}]).to_pylist()[0][renamed[1]] == "again"


@pytest.mark.parametrize("name", ["", "_buck_seq", "_BUCK_op", "_buck_new"])
def test_field_that_would_break_the_table_lands_under_another_name(name: str) -> None:
    rows = load().arrow([{**GOOD, name: "x"}])
    (renamed,) = [n for n in rows.schema.names if n.startswith("field_")]
    row = rows.to_pylist()[0]
    assert (row[renamed], row["_buck_seq"], row["_buck_op"]) == ("x", 3 << 32, "r")


def test_renamed_fields_are_held_as_they_came() -> None:
    table = load("quarantine")
    record = {**GOOD, "amount": "x", "Amount": 3}
    table.arrow([record])
    assert orjson.loads(table.held[0].raw) == record
