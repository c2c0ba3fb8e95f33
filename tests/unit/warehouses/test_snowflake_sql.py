"""What is said to Snowflake: each statement read by another parser of its dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from buck.names import TableRef
from buck.warehouses import snowflake_sql

COLUMNS = {
    "id": "VARCHAR",
    "amount": "DECIMAL(38,9)",
    "landed_at": "TIMESTAMP WITH TIME ZONE",
    "lines": "STRUCT(a INTEGER)[]",
    "_buck_seq": "BIGINT",
    "wide": "HUGEINT",
}
TABLE, FILE = TableRef("raw", "raw_shop_orders"), Path("/tmp/it's/rows.parquet")
STATEMENTS = {
    "schema": ('create schema if not exists "RAW"', exp.Create),
    "stage": ('create or replace temporary stage "RAW"."BUCK_STAGE"', exp.Create),
    "table": (
        'create or replace table "RAW"."RAW_SHOP_ORDERS" ("ID" varchar, "AMOUNT" number(38, 9), '
        '"LANDED_AT" timestamp_tz, "LINES" varchar, "_BUCK_SEQ" number(38, 0), '
        '"WIDE" number(38, 0))',
        exp.Create,
    ),
    "put": (
        r"""put 'file:///tmp/it\'s/rows.parquet' @"RAW"."BUCK_STAGE"/f1/ """
        "auto_compress = false overwrite = true",
        exp.Put,
    ),
    "copy": (
        """copy into "RAW"."RAW_SHOP_ORDERS" from @"RAW"."BUCK_STAGE"/f1/ """
        "files = ('rows.parquet') file_format = (type = parquet use_logical_type = true) "
        "match_by_column_name = case_insensitive on_error = abort_statement",
        exp.Copy,
    ),
    "replace": (
        'create or replace table "RAW"."RAW_SHOP_ORDERS" copy grants'
        ' as select * from "RAW"."RAW_SHOP_ORDERS__NEW"',
        exp.Create,
    ),
    "drop": ('drop table if exists "RAW"."RAW_SHOP_ORDERS__NEW"', exp.Drop),
}


def written() -> dict[str, str]:
    spare = TableRef("raw", "raw_shop_orders__new")
    statements = [
        *snowflake_sql.prepare(TABLE, COLUMNS),
        snowflake_sql.put(TABLE, FILE, folder="f1"),
        snowflake_sql.copy(TABLE, FILE, folder="f1"),
        *snowflake_sql.replace(TABLE, spare),
    ]
    return dict(zip(STATEMENTS, statements, strict=True))


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_what_snowflakes_documentation_has(name: str) -> None:
    text, kind = STATEMENTS[name]
    assert written()[name] == text
    parsed = sqlglot.parse_one(text, read="snowflake")
    # A parser that gives up takes the whole text as a command.
    assert isinstance(parsed, kind)


def test_values_are_written_as_the_columns_hold_them() -> None:
    assert snowflake_sql.written(COLUMNS) == {
        "id": 'cast("id" as varchar)',
        "lines": 'cast(to_json("lines") as varchar)',
        "wide": 'cast("wide" as decimal(38, 0))',
    }
