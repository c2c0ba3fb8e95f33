"""What a promotion says to Snowflake: each statement read by another parser of its dialect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from buck.errors import WarehouseError
from buck.names import TableRef
from buck.records.promotion import RawLoad
from buck.warehouses import snowflake_promotion_sql as sql
from buck.warehouses.snowflake_record import SnowflakeRecord

RAW, COPY = TableRef("raw", "orders"), TableRef("buck_marts", "core__dim")
BUILT, VIEW = TableRef("buck_build_core", "dim"), TableRef("core", "dim")
SHOWN = TableRef("buck_shown", "core__dim")
COLUMNS = {"id": "VARCHAR", "amount": "DECIMAL(38,9)"}
SCHEMA, STATE, _, PROMOTIONS = sql.record_tables("buck")
STATEMENTS = {
    SCHEMA: ('create schema if not exists "BUCK"', exp.Create),
    STATE: (
        'create table if not exists "BUCK"."STATE" (name varchar, value varchar)',
        exp.Create,
    ),
    PROMOTIONS: (
        'create table if not exists "BUCK"."PROMOTIONS"'
        " (number number(38, 0), facts varchar, published_at timestamp_tz)",
        exp.Create,
    ),
    sql.last_loads("buck"): (
        "select number, table_name, version, after_seq, until_seq, row_count"
        ' from "BUCK"."LOADS" qualify row_number() over'
        " (partition by table_name order by number desc) = 1",
        exp.Select,
    ),
    sql.make_raw(RAW, COLUMNS, is_whole=True): (
        'create or replace table "RAW"."ORDERS" ("ID" varchar, "AMOUNT" number(38, 9)) copy grants',
        exp.Create,
    ),
    sql.make_raw(RAW, COLUMNS, is_whole=False): (
        'create table if not exists "RAW"."ORDERS" ("ID" varchar, "AMOUNT" number(38, 9))',
        exp.Create,
    ),
    sql.add_column(RAW, "note", "VARCHAR"): (
        'alter table "RAW"."ORDERS" add column if not exists "NOTE" varchar',
        exp.Alter,
    ),
    sql.copy_mart(COPY, BUILT, is_table=True): (
        'create or replace transient table "BUCK_MARTS"."CORE__DIM" clone "BUCK_BUILD_CORE"."DIM"',
        exp.Create,
    ),
    sql.copy_mart(COPY, BUILT, is_table=False): (
        'create or replace transient table "BUCK_MARTS"."CORE__DIM"'
        ' as select * from "BUCK_BUILD_CORE"."DIM"',
        exp.Create,
    ),
    sql.show(SHOWN, COPY): (
        'create or replace view "BUCK_SHOWN"."CORE__DIM" as select * from "BUCK_MARTS"."CORE__DIM"',
        exp.Create,
    ),
    sql.reader_view(VIEW, SHOWN, ("id", "amount")): (
        'create or replace view "CORE"."DIM" ("ID", "AMOUNT") copy grants'
        ' as select "ID", "AMOUNT" from "BUCK_SHOWN"."CORE__DIM"',
        exp.Create,
    ),
    sql.drop_schema("buck_ready_1"): (
        'drop schema if exists "BUCK_READY_1" cascade',
        exp.Drop,
    ),
}


@pytest.mark.parametrize("said", STATEMENTS)
def test_a_statement_is_what_snowflakes_documentation_has(said: str) -> None:
    text, kind = STATEMENTS[said]
    assert said == text
    assert isinstance(sqlglot.parse_one(said, read="snowflake"), kind)


def test_the_switch_is_one_statement() -> None:
    said = sql.swap("buck_shown", "buck_ready_1")
    assert said == 'alter schema "BUCK_SHOWN" swap with "BUCK_READY_1"'


class Told:
    """Takes down what the record says; its claim is held, or another's."""

    def __init__(self, held: int, arrived: int = 2) -> None:
        self.held, self.arrived, self.said = held, arrived, list[str]()

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        sqlglot.parse_one(statement, read="snowflake")
        self.said.append(statement)
        return [(self.held,)] if statement.startswith("update") else []

    def copied(self, statement: str) -> int:
        self.said.append(statement)
        return self.arrived

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield
        self.said.append("commit")


def load(told: Told) -> int:
    record = SnowflakeRecord(told, "")  # type: ignore[arg-type]
    entry = RawLoad("raw.orders", 7, 3, 5, 2)
    insert = record.load_sql(1, entry, is_whole=False)
    return record.transaction([insert], copy="copy into …", rows=2, table="raw.orders")


def test_rows_and_their_record_are_one_transaction_behind_the_claim() -> None:
    told = Told(held=1)
    assert load(told) == 2
    claim, copy, insert, end = told.said
    assert claim.startswith('update "BUCK"."STATE" set value = value where name = \'claim\'')
    assert (copy, end) == ("copy into …", "commit")
    assert insert.endswith("values (1, 'raw.orders', 7, 3, 5, 2, false, current_timestamp())")


@pytest.mark.parametrize(
    ("told", "what"),
    [(Told(held=0), "has begun since"), (Told(held=1, arrived=1), "1 rows arrived of 2")],
)
def test_nothing_is_committed_after_a_takeover_or_with_rows_lost(told: Told, what: str) -> None:
    with pytest.raises(WarehouseError, match=what):
        load(told)
    assert "commit" not in told.said
    assert not any(said.startswith("insert") for said in told.said)
