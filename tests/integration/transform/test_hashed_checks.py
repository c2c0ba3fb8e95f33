"""Checks of big facts compare hashes first: equal rows agree, and no damage hides behind them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SOURCE
from tests.scratch import Scratch

HASHED = {
    "assert_finance_payments_match": ("finance.finance_payments", "charge_id"),
    "assert_order_lines_match_the_app": ("sales.fct_orders", "order_item_id"),
    "assert_orders_match_the_app": ("sales.fct_orders", "order_item_id"),
    "assert_payments_are_complete": ("finance.fct_payments", "charge_id"),
    "assert_sales_orders_match": ("sales.sales_orders", "order_id"),
}


@pytest.fixture(scope="module")
def built(
    published: Scratch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Candidates that may be damaged in a transaction, and where compiled tests are."""
    copy = published.copy(tmp_path_factory.mktemp("hashed") / "project")
    compiled = copy.work / "dbt" / "target" / "compiled"
    # Others read this project, too, and leave there what they compiled, for other engines as well.
    shutil.rmtree(compiled, ignore_errors=True)
    copy.buck("dbt", "compile", "--select", *HASHED).expect(0)
    [tests] = compiled.glob("*/tests")
    with duckdb.connect(copy.work / "build.duckdb") as con:
        con.execute("set TimeZone = 'UTC'")
        yield con, tests


@pytest.fixture
def find(
    built: tuple[duckdb.DuckDBPyConnection, Path],
) -> Callable[[str, str], list[tuple[object, str]]]:
    """What a test finds after a statement that is undone at the end."""
    con, tests = built

    def run(test: str, damage: str) -> list[tuple[object, str]]:
        con.execute("begin")
        try:
            con.execute(damage)
            return con.execute((tests / f"{test}.sql").read_text()).fetchall()
        finally:
            con.execute("rollback")

    return run


def test_all_of_them_are_here() -> None:
    hashes = ("hashed_first=true", "differing_lookups(")
    files = (SOURCE / "transform" / "tests").glob("*.sql")
    assert {f.stem for f in files if any(h in f.read_text() for h in hashes)} == set(HASHED)


@pytest.mark.parametrize("test", HASHED)
def test_equal_rows_have_equal_hashes(
    built: tuple[duckdb.DuckDBPyConnection, Path], test: str
) -> None:
    """Another type of the same value would send every row through the join that hashes spare."""
    con, tests = built
    sql = (tests / f"{test}.sql").read_text()
    [odd] = re.findall(r", (odd_\w+) as \(", sql)
    hashed = sql[: sql.rindex("\n\nselect")]
    assert con.execute(f"{hashed} select * from {odd}").fetchall() == []


@pytest.mark.parametrize("test", HASHED)
def test_one_cell_is_found_whatever_its_column(
    built: tuple[duckdb.DuckDBPyConnection, Path],
    find: Callable[[str, str], list[tuple[object, str]]],
    test: str,
) -> None:
    con, tests = built
    table, key = HASHED[test]
    columns = re.findall(r"then ' (\w+)' else", (tests / f"{test}.sql").read_text())
    assert len(columns) >= 10
    expected, damages = [], []
    for column in columns:
        taken = ", ".join(f"'{row}'" for row, _ in expected) or "''"
        row = con.execute(
            f"select {key} from {table} "
            f"where {column} is not null and {key}::varchar not in ({taken})"
        ).fetchone()
        if row is None:
            assert column == "failure_code", f"{column} is never filled"
            continue
        expected.append((row[0], f" {column}"))
        damages.append(f"update {table} set {column} = null where {key} = '{row[0]}'")
    assert sorted(find(test, ";".join(damages))) == sorted(expected)


@pytest.mark.parametrize("test", [t for t in HASHED if t != "assert_orders_match_the_app"])
def test_a_row_too_few_or_too_many_is_found(
    built: tuple[duckdb.DuckDBPyConnection, Path],
    find: Callable[[str, str], list[tuple[object, str]]],
    test: str,
) -> None:
    table, key = HASHED[test]
    [row] = built[0].execute(f"select max({key}) from {table}").fetchall()
    gone = find(test, f"delete from {table} where {key} = '{row[0]}'")
    assert gone == [(row[0], "missing")]
    new = -1 if isinstance(row[0], int) else "x"
    other = find(
        test, f"insert into {table} select * replace ('{new}' as {key}) from {table} limit 1"
    )
    assert other == [(new, "not in the source")]
