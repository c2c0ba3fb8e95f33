"""Rows and empty cells are counted the same in one query and in a query per column."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from buck.engine import connect
from buck.flow import anomalies
from buck.names import TableRef, identifier

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = """
create table facts as select
    i as id,
    case when i % 3 = 0 then null else i * 1.5 end::decimal(38, 3) as money,
    case when i >= 1000 then 'text ' || i end as "Odd ""name",
    null::timestamptz as never
from range(3000) as t(i)
"""


@pytest.mark.parametrize("threshold", [0, 3000, 3001])
@pytest.mark.parametrize("where", ["true", "false"])
def test_empty_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: int, where: str
) -> None:
    monkeypatch.setattr(anomalies, "BIG_TABLE", threshold)
    con = connect(tmp_path / "counted.duckdb", work=tmp_path)
    con.execute(TABLE)
    con.execute(f"delete from facts where not {where}")
    columns = ["id", "money", 'Odd "name', "never"]
    rows = 3000 if where == "true" else 0

    found = anomalies.count_table(con, TableRef("main", "facts"), columns, AS_OF)
    assert (found.table, found.rows) == ("main.facts", rows)
    empty = [0, 1000, 1000, 3000] if rows else [0, 0, 0, 0]
    assert found.missing == dict(zip(columns, empty, strict=True))
    assert anomalies.count_table(con, TableRef("main", "facts"), [], AS_OF).missing == {}
    con.close()


CHANGES = {
    "an update empties": "update facts set id = null where id % 2 = 0",
    "an update fills": "update facts set money = 1",
    "rows without empty cells stay": "delete from facts where money is null",
    "rows with empty cells come": "insert into facts (id) select i from range(500) t(i)",
    "full rows come": "insert into facts select i, 1, 'x', now() from range(500) t(i)",
    "a column comes": "alter table facts add column late integer",
    "a column with a value comes": "alter table facts add column late integer default 7",
    "a column of another type": "alter table facts alter id type varchar using nullif(id, 8)",
    "it is undone": "begin; update facts set id = null; rollback",
}


@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_empty_cells_of_a_table_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, reopened: bool
) -> None:
    monkeypatch.setattr(anomalies, "BIG_TABLE", 1)
    file = tmp_path / "counted.duckdb"
    con = connect(file, work=tmp_path)
    con.execute(TABLE)
    con.execute("checkpoint")
    con.execute(CHANGES[change])
    if reopened:
        con.close()
        con = connect(file, work=tmp_path, read_only=True)
    columns = [row[0] for row in con.execute("describe facts").fetchall()]
    truth = {
        name: con.execute(
            f"select count(*) from facts where {identifier(name)} is null and random() >= 0"
        ).fetchone()[0]
        for name in columns
    }
    assert anomalies.count_table(con, TableRef("main", "facts"), columns, AS_OF).missing == truth
    con.close()
