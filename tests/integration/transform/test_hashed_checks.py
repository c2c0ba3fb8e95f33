"""Checks of big facts add up hashes, sums and bits first: no damage hides behind them."""

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
SUMS = "assert_sales_orders_add_up"
KEYS = "assert_app_keys_are_sound"


@pytest.fixture(scope="module")
def built(
    published: Scratch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Candidates that may be damaged in a transaction, and where compiled tests are."""
    copy = published.copy(tmp_path_factory.mktemp("hashed") / "project")
    compiled = copy.work / "dbt" / "target" / "compiled"
    # Others read this project, too, and leave there what they compiled, for other engines as well.
    shutil.rmtree(compiled, ignore_errors=True)
    copy.buck("dbt", "compile", "--select", *HASHED, SUMS, KEYS).expect(0)
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


def test_an_order_that_is_wrong_itself_says_nothing_of_its_lines(
    find: Callable[[str, str], list[tuple[object, str]]],
) -> None:
    """Lines are held against their order's mart first, but judged by the app."""
    damage = (
        "update sales.sales_orders set channel = 'else', placed_at = placed_at + interval 1 day"
    )
    assert find("assert_orders_match_the_app", damage) == []
    assert find("assert_sales_orders_match", damage) != []


def test_right_sums_send_only_orders_of_partly_known_cost_on(
    built: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    con, tests = built
    hashed = (tests / f"{SUMS}.sql").read_text().split("lines as (")[0].rstrip().removesuffix(",")
    odd = con.execute(f"{hashed} select bucket from odd_buckets order by bucket").fetchall()
    mixed = con.execute(
        "select distinct hash(order_id) % 1024 as bucket from sales.fct_orders group by order_id "
        "having count(cost) between 1 and count(*) - 1 order by bucket"
    ).fetchall()
    assert odd == mixed


@pytest.mark.parametrize("value", ["{0} + 1", "{0} - 1", "null"])
def test_one_sum_is_found_whatever_its_column(
    built: tuple[duckdb.DuckDBPyConnection, Path],
    find: Callable[[str, str], list[tuple[object, str]]],
    value: str,
) -> None:
    orders = (
        built[0]
        .execute(
            "select order_id from sales.sales_orders where cost is not null and line_count > 1 "
            "and payment_intent_id is not null order by order_id limit 9"
        )
        .fetchall()
    )
    columns = (
        "line_count",
        "item_quantity",
        "order_amount",
        "discount",
        "revenue",
        "cost",
        "profit",
        "paid_amount",
        "refunded_amount",
    )
    damages, expected = [], []
    for (order,), column in zip(orders, columns, strict=True):
        wrong = value.format(column)
        damages.append(
            f"update sales.sales_orders set {column} = {wrong} where order_id = {order}"
        )
        expected.append((order, f" {column}"))
        if column in ("revenue", "cost"):
            expected.append((order, " profit"))
    assert sorted(find(SUMS, ";".join(damages))) == sorted(expected)


def test_errors_that_cancel_each_other_out_are_found(
    built: tuple[duckdb.DuckDBPyConnection, Path],
    find: Callable[[str, str], list[tuple[object, str]]],
) -> None:
    """In one bucket, one too much here and one too little there: the sum of both is right."""
    pair = (
        built[0]
        .execute(
            "select min(order_id), max(order_id) from sales.sales_orders "
            "group by hash(order_id) % 1024 having count(*) > 1 order by 1 limit 1"
        )
        .fetchone()
    )
    assert pair
    found = find(
        SUMS,
        "update sales.sales_orders set order_amount = order_amount "
        f"+ case order_id when {pair[0]} then 1 else -1 end where order_id in {pair}",
    )
    assert sorted(found) == [(order, " order_amount") for order in pair]


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("update {lines} set quantity = quantity + 1 where {one}", " item_quantity"),
        ("update {lines} set discount = null where {one}", " discount"),
        ("update {lines} set cost = null where {one}", " cost"),
        (
            "insert into {lines} select * replace (-1 as order_item_id, 0 as quantity, "
            "0 as line_amount, 0 as discount, 0 as revenue, 0 as cost) from {lines} where {one}",
            " line_count",
        ),
    ],
)
def test_one_line_is_found(
    built: tuple[duckdb.DuckDBPyConnection, Path],
    find: Callable[[str, str], list[tuple[object, str]]],
    damage: str,
    finding: str,
) -> None:
    row = (
        built[0]
        .execute(
            "select order_id, max(order_item_id) from sales.fct_orders where discount > 0 "
            "group by order_id having count(cost) = count(*) order by order_id limit 1"
        )
        .fetchone()
    )
    assert row
    one = f"order_item_id = {row[1]}"
    assert find(SUMS, damage.format(lines="sales.fct_orders", one=one)) == [(row[0], finding)]


@pytest.mark.parametrize(
    ("key", "shared"),
    [("null", 1), ("-1", 2), ("-64", 2), ("9223372036854775807", 2), ("63", 2), ("64", 3)],
)
def test_a_key_that_is_shared_or_missing_is_found(
    find: Callable[[str, str], list[tuple[object, str]]], key: str, shared: int
) -> None:
    """Numbers that were given out are looked at 64 at a time, whichever they are."""
    table = "staging.stg_app__order_items"
    damage = f"delete from {table} where order_item_id = {key};" + ";".join(
        [f"insert into {table} select * replace ({key} as order_item_id) from {table} limit 1"]
        * shared
    )
    name = "(null)" if key == "null" else key
    assert find(KEYS, damage) == [("stg_app__order_items", name, shared)]
