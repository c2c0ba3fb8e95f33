"""Rows of PostgreSQL that no longer fit: held as they are, and parsed back to what they were."""

from __future__ import annotations

from typing import Any

from buck.engine import connect
from buck.names import identifier
from buck.pipelines import parse_held, replay_spec
from buck.sources.load import TableLoad

TYPES = """
create table things (
    id bigint primary key, odd bigint, whole integer, exact numeric(30,10), near double precision,
    flag boolean, day date, at timestamptz, doc jsonb, raw bytea, words text
)
"""
ROW = """
insert into things values (ID, ODD, 7, 12345678901234567890.0123456789, 1.1, true, '2026-01-31',
    '2026-01-31 12:30:15.123456+02', '{"a": [1, null]}', '\\x00ff27225c41', 'ž "q" ''s'' 🎉')
"""


def row(id_: int, odd: str) -> str:
    return ROW.replace("ID", str(id_)).replace("ODD", odd)


def test_g6_held_row_comes_back_exactly_as_it_was(shop: Any) -> None:
    declared = "postgres.table('things', source='app', contract='quarantine')"
    shop.declare(declared)
    shop.run(TYPES, row(1, "5"))
    shop.land()
    shop.run(
        "alter table things alter column odd type text using odd::text",
        row(2, "'six'"),
    )
    report = shop.land()
    (things,) = report.tables
    assert (things.rows_landed + things.rows_unchanged, things.rows_quarantined) == (1, 1)
    assert [i.column for i in things.incidents] == ["odd"]
    (held,) = shop.lake.quarantine.read()
    assert (held.table, held.key, held.rule) == ("things", '{"id":2}', "misfit")

    state = shop.lake.raw("app", "things").state()
    spec = replay_spec(held, None, types=state.columns, contract="evolve")
    table = TableLoad(spec, "replay", held.observed_at, state.sequence + 1, {})
    (rows,) = parse_held(table, [held]).rows.values()
    names = [n for n in state.columns if not n.startswith("_buck_") and n not in ("id", "odd")]
    con = connect(work=shop.lake.work)
    try:
        columns = ", ".join(identifier(n) for n in names)
        con.register("replayed", rows)
        found = con.execute(f"select {columns} from replayed").fetchall()
    finally:
        con.close()
    assert found == shop.raw(columns, table="things")[:1]
    assert rows.column("odd__text").to_pylist() == ["six"]
    assert rows.column("_buck_row_hash").to_pylist() == [held.row_hash]
    assert shop.land().rows_quarantined == 0, "read whole again, held already"
