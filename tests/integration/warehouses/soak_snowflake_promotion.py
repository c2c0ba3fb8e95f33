"""Promotion into fakesnow by Snowflake's own connector and dbt-snowflake.

`just soak-snowflake-promotion`. What holds here is `emulated`: fakesnow translates Snowflake's SQL
and runs it on DuckDB. What it cannot do is named, and worked around in this file only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.warehouses.bigquery_emulator import CannotInstall
from tests.integration.warehouses.planted_edits import plant
from tests.integration.warehouses.shop import FIRST, SECOND, deliver
from tests.integration.warehouses.soak_snowflake import (
    NEEDS,
    NO_FILE_LISTS,
    Loader,
    install,
    running,
)
from tests.scratch import Done, Scratch

NO_SWAP = """
import os
from buck.warehouses.snowflake import SnowflakeWarehouse
ask = SnowflakeWarehouse.ask
def told(self, statement):
    found = switched(self, statement) if " swap with " in statement else ask(self, statement)
    if DIE_AFTER in statement:
        os.kill(os.getpid(), 9)
    return found
def switched(self, statement):
    shown, ready = re.findall('"(.*?)"', statement)
    listed = f"select table_name from information_schema.views where table_schema = '{ready}'"
    ask(self, f'drop schema if exists "{shown}" cascade')
    ask(self, f'create schema "{shown}"')
    for (name,) in ask(self, listed):
        ask(self, f'create table "{shown}"."{name}" as select * from "{ready}"."{name}"')
    return []
SnowflakeWarehouse.ask = told
"""
"""It cannot change the names of schemas: here a schema is filled in place of the other. Its
`information_schema.tables` has no views, as Snowflake's has."""
LISTS_VIEWS = """
from buck.warehouses import snowflake
objects_of = snowflake.objects_of
snowflake.objects_of = lambda schema: (
    f"{objects_of(schema)} union all select table_name, 'VIEW' from information_schema.views"
    f" where table_schema = '{schema.upper()}'"
)
"""
"""Its `information_schema.tables` has no views, so a comparison would find no mart there."""
FAULTS = {
    "create temporary table lakehouse.raw.t as select 1 as id": 'use the "temp" catalog',
    "create temporary view lakehouse.raw.t as select 1 as id": 'use the "temp" catalog',
    "merge into raw.a as d using raw.a as s on s.id = d.id"
    " when not matched then insert (id) values (id)": 'Ambiguous reference to column name "ID"',
}
"""Statements that Snowflake's documentation has and dbt's incremental strategies need."""
NO_INSTANT = "select cast(null as timestamp_tz)"
"""Comes back as 1970-01-01."""
TRANSIENT = "+tmp_relation_type: transient"
NEVER = "no statement says this"
STEPS = ('insert into "BUCK"."LOADS"', "select 1 as number", " swap with ")
"""After which a promotion is killed: before rows are committed, before the switch, after it."""
DBT = ("dbt-core>=1.11.16,<1.12", "dbt-snowflake==1.12.3")
PROMOTE = ("promote", "--target", "snowflake")
RAW = "select count(*), count(distinct _buck_seq) from raw.raw_shop_orders"
ORDERS = "select order_id, amount from finance.fct_orders order by order_id"
FIRST_ORDERS = [["1", "10.00"], ["2", "0.10"], ["3", "-3.05"]]
SECOND_ORDERS = [["1", "10.00"], ["2", "0.20"], ["3", "-3.05"], ["4", "99999999.99"]]


@pytest.fixture
def shop(pytestconfig: pytest.Config, tmp_path: Path, empty_home: Path) -> Iterator[Loader]:
    try:
        programs = install(pytestconfig.cache.mkdir("fakesnow-dbt"), (*NEEDS, *DBT))
    except CannotInstall as exc:
        pytest.skip(f"fakesnow or dbt-snowflake cannot be installed: {exc}")
    with running(programs, tmp_path, empty_home, without_merge) as found:
        yield found


def without_merge(project: Scratch) -> None:
    """It has no temporary objects in a schema, and its MERGE finds columns ambiguous."""
    project.edit("transform/dbt_project.yml", "  shop:\n", f"  shop:\n    {TRANSIENT}\n")
    fact = "transform/models/marts/finance/fct_orders.sql"
    project.edit(fact, "'incremental', ", "'incremental', incremental_strategy='delete+insert', ")


def buck(shop: Loader, *words: str, die_after: str = NEVER) -> Done:
    return shop.buck(f"{NO_FILE_LISTS}\nDIE_AFTER = {die_after!r}\n{NO_SWAP}", *words)


def test_two_promotions_and_a_way_back(shop: Loader) -> None:
    plan = buck(shop, *PROMOTE, "--plan", "--json").expect(0).json
    assert (plan["rows"], plan["loads"][0]["is_whole"]) == (3, True)
    tables = "select count(*) from information_schema.tables where table_schema like 'BUCK%'"
    assert shop.ask(tables) == [[0]], "a plan leaves no trace"
    done = buck(shop, *PROMOTE, "--json").expect(0).json
    assert (done["promotion"], done["rows_loaded"]) == ("000001", 3)
    assert (done["receipt"]["is_equal"], done["receipt"]["proof"]) == (True, "emulated")
    assert {t["table"] for t in done["receipt"]["tables"]} == set(shop.project.content())
    assert shop.ask(ORDERS) == FIRST_ORDERS
    again = buck(shop, *PROMOTE).expect(0)
    assert "= snapshot 000001 is promotion 000001" in again.out
    buck(shop, "promote", "verify", "snowflake/000001").expect(0)

    # Only what is new is sent.
    deliver(shop.project, "second", SECOND)
    shop.project.buck("run").expect(0)
    done = buck(shop, *PROMOTE, "--json").expect(0).json
    assert (done["promotion"], done["rows_loaded"]) == ("000002", 2)
    assert shop.ask(RAW) == [[5, 5]]
    # The fact was added to: rows of changed orders went, and came again with the new ones.
    run = shop.project.root / "lake" / ".buck" / "dbt" / "snowflake-promotion" / "run"
    told = next(run.rglob("fct_orders.sql")).read_text()
    assert "delete from lakehouse.buck_build_finance.fct_orders" in told
    assert "create or replace transient table" not in told
    assert shop.ask(ORDERS) == SECOND_ORDERS
    buck(shop, "rollback", "--target", "snowflake").expect(0)
    assert shop.ask(ORDERS) == FIRST_ORDERS
    refused = buck(shop, "dbt", "build", "--target", "snowflake").expect(1)
    assert "readers of snowflake see promotion 000001" in refused.err


def test_a_killed_promotion_is_continued(shop: Loader) -> None:
    for step in STEPS:
        assert buck(shop, *PROMOTE, die_after=step).code == -9, step
    # The last one died after the switch: what it showed is whole, and the next one finishes it.
    done = buck(shop, *PROMOTE, "--json").expect(0).json
    assert (done["rows_loaded"], done["receipt"]["is_equal"]) == (0, True)
    assert (shop.ask(RAW), shop.ask(ORDERS)) == ([[3, 3]], FIRST_ORDERS)
    assert shop.ask("select count(*) from buck.loads where version >= 0") == [[1]]
    assert shop.ask("select count(*) from buck.promotions where published_at is null") == [[0]]
    ready = "select count(*) from information_schema.schemata where schema_name like 'BUCK_READY%'"
    assert shop.ask(ready) == [[0]]


def test_random_edits_there_are_told_exactly(shop: Loader) -> None:
    orders = [(f"more {n}", *FIRST[n % len(FIRST)][1:]) for n in range(40)]
    deliver(shop.project, "more", orders)
    shop.project.buck("run").expect(0)
    buck(shop, *PROMOTE).expect(0)
    shown, kept = "buck_shown.finance__fct_orders", "buck_shown.kept"
    shop.ask(f"create table {kept} as select * from {shown}")
    told = diff(shop, "published", "snowflake")
    assert (told["is_equal"], told["right"]) == (True, "target snowflake (emulated)")
    assert {t["table"] for t in told["tables"]} == set(shop.project.content())
    keys = [str(order[0]) for order in (*FIRST, *orders)]
    for seed in range(6):
        edits = plant(shown, keys, seed=seed)
        for statement in edits.statements:
            shop.ask(statement)
        for side in ("published", "candidates") if seed < 2 else ("published",):
            told = diff(shop, side, "snowflake", "--table", "finance.fct_orders")
            edits.assert_found(told, "finance.fct_orders")
        shop.ask(f"delete from {shown}")
        shop.ask(f"insert into {shown} select * from {kept}")


def diff(shop: Loader, *words: str) -> Any:
    words = ("diff", *words, "--output", "json", "--limit", "1000")
    return shop.buck(f"{NO_FILE_LISTS}\n{LISTS_VIEWS}", *words).expect(0).json


def test_fakesnow_still_has_its_faults(shop: Loader) -> None:
    shop.ask("create schema raw")
    for statement, fault in FAULTS.items():
        shop.ask("create or replace table raw.a as select 2 as id")
        with pytest.raises(AssertionError, match=fault):
            shop.ask(statement)
    assert str(shop.ask(NO_INSTANT)[0][0]).startswith("1970-01-01")


def test_fakesnow_still_swaps_no_schemas(shop: Loader) -> None:
    """Snowflake's documentation has it: both schemas change their names in one step."""
    refused = shop.buck(NO_FILE_LISTS, *PROMOTE).expect(4)
    assert 'syntax error at or near "swap"' in refused.err
