"""What fakesnow cannot do that Buck's own models need, and how the tests work around it.

Each is tried by `soak_whole_snowflake`; more is in `soak_snowflake` and `soak_snowflake_promotion`.
"""

from __future__ import annotations

from tests.integration.warehouses.soak_snowflake_promotion import TRANSIENT
from tests.integration.warehouses.test_bigquery import NO_COLUMN_LIST
from tests.scratch import Scratch

EXACT_SUMS = """
import sys
import duckdb
from fakesnow import cli, cursor, transforms
from snowflake.connector.errors import ProgrammingError
transforms.numeric_agg_implicit_cast = lambda expression: expression
execute = cursor.FakeSnowflakeCursor.execute
def answered(*words, **more):
    try:
        return execute(*words, **more)
    except duckdb.Error as exc:
        raise ProgrammingError(str(exc), errno=2000, sqlstate="42000") from exc
cursor.FakeSnowflakeCursor.execute = answered
sys.exit(cli.main())
"""
"""It adds decimals up as doubles, lest they be text; on Snowflake a sum of NUMBER(18, 3) is a
NUMBER(38, 3). It is started without that.

And what it cannot translate is an error, not an answer of 500, for which the connector asks again
and again.
"""
WORKAROUNDS = {
    "instants.sql": {
        "convert_timezone('UTC', to_timestamp_tz({{ seconds }}))": (
            "dateadd(second, {{ seconds }}, {{ timestamp_literal('1970-01-01T00:00:00Z') }})"
        ),
        "' 00:00:00 +00:00'": "' 00:00:00+00:00'",
    },
    "dates.sql": {
        call: f"cast({call} as date)"
        for call in (
            "dateadd(day, 1 - dayofweekiso({{ day }}), {{ day }})",
            "dateadd(day, {{ days }}, {{ day }})",
            "dateadd(month, {{ months }}, {{ day }})",
        )
    },
}
"""What it cannot run although Snowflake's documentation has it, by file of macros: see `REFUSED`
and `WRONG`."""
DIVIDE = """
{#- It divides decimals as doubles; whole numbers of 128 bits divide exactly. -#}
{% macro snowflake__divide(dividend, divisor, scale) -%}
    {%- set above = 'cast(cast(' ~ dividend ~ ' as decimal(21, 6)) * 1000000 as int128)' -%}
    {%- set below = 'cast(cast(' ~ divisor ~ ' as decimal(21, 6)) * 1000000 as int128)' -%}
    cast(
        cast(
            sign({{ above }}) * sign({{ below }}) * divide(
                2 * abs({{ above }}) * {{ 10 ** scale }} + abs({{ below }}),
                nullif(2 * abs({{ below }}), 0)
            ) as decimal(28, 0)
        ) * cast(
            {{ '1' if scale == 0 else '0.' ~ '0' * (scale - 1) ~ '1' }} as decimal(10, {{ scale }})
        )
        as decimal(38, {{ scale }})
    )
{%- endmacro %}
"""
NULL_INSTANTS = """
from buck.warehouses import snowflake
from buck.warehouses.snowflake import SnowflakeWarehouse
class Marked:
    def __init__(self, cursor, count, places):
        self.cursor, self.places = cursor, places
        self.description = list(cursor.description)[:count]
        self.count = count
    def fetchmany(self, size):
        rows = []
        for row in self.cursor.fetchmany(size):
            values = list(row[:self.count])
            for place, is_null in zip(self.places, row[self.count:]):
                values[place] = None if is_null else values[place]
            rows.append(tuple(values))
        return rows
def download(self, table, file):
    name = snowflake.snowflake_sql.table_name(table)
    with self._connection.cursor() as cursor:
        columns = list(cursor.execute(f"select * from {name} limit 0").description)
        places = [place for place, one in enumerate(columns) if one.type_code in (6, 7, 8)]
        marks = "".join(f', "{columns[place].name}" is null' for place in places)
        cursor.execute(f"select *{marks} from {name}")
        snowflake.write_rows(Marked(cursor, len(columns), places), file)
    return ()
SnowflakeWarehouse.download = download
"""
"""It gives 1970-01-01 for an instant that is null, which `soak_snowflake_promotion` shows."""
REFUSED = {
    "select to_timestamp_tz(s) from (select 1 as s) as given": "to_timestamp_tz does not exist",
    "select cast(t || ' +00:00' as timestamp_tz) from (select '1970-01-02 00:00:00' as t) as g": (
        "Unknown TimeZone"
    ),
}
WRONG = {
    "select sum(n) from (select 0.1 as n union all select 0.2) as given": 0.30000000000000004,
    "select cast(57 as decimal(21, 6)) / cast(200 as decimal(21, 6))": 0.285,
    "select dateadd(day, 1, d) from (select cast('2026-03-01' as date) as d) as given": (
        "2026-03-02 00:00:00"
    ),
}
"""Doubles where Snowflake has decimals, a time where it has a date."""
COLUMN_LIST = """
create table raw.t (starts_on date) as (
    select * from (select date_trunc('month', d) as starts_on from raw.days) as days
)
"""
"""It asks DuckDB about the columns of the `*` in SQL that is not DuckDB's."""


def work_around(project: Scratch) -> None:
    """Edits the macros of a project that is a test's own."""
    for name, edits in WORKAROUNDS.items():
        for old, new in edits.items():
            project.edit(f"transform/macros/portable/{name}", old, new)
    no_column_list = NO_COLUMN_LIST.replace("'bigquery'", "'snowflake'")
    (project.root / "transform/macros/fakesnow.sql").write_text(no_column_list + DIVIDE)
    project.edit("transform/dbt_project.yml", "\nmodels:\n", f"\nmodels:\n  {TRANSIENT}\n")
