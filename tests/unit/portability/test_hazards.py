"""Every hazard is found where a person wrote it, for the engines that differ, and nowhere else."""

from __future__ import annotations

import pytest

from buck.portability import ENGINES, check_portability
from buck.portability.hazards import HAZARDS
from tests.unit.portability.planted import node, plant

ALL = frozenset(ENGINES)
OTHERS = ALL - {"duckdb"}

PLANTED = [
    ("division", "select a / b as c from t", ALL),
    ("whole_division", "select a // b as c from t", {"postgres", "redshift"}),
    ("modulo", "select a % b as c from t", {"bigquery"}),
    ("cast_operator", "select a::bigint as c from t", {"bigquery"}),
    ("json", "select a ->> 'b' as c from t", OTHERS),
    ("json", "select json_extract_string(a, '$.b') as c from t", OTHERS),
    ("regex", "select a ~ 'b' as c from t", {"postgres", "redshift"}),
    ("regex", "select a similar to 'b' as c from t", {"snowflake"}),
    ("regex", "select regexp_replace(a, 'b', 'c') as d from t", ALL),
    ("ilike", "select a ilike 'b%' as c from t", {"bigquery"}),
    ("time_zone", "select a at time zone 'UTC' as b from t", OTHERS),
    ("time_zone", "select cast(a as timestamp) as b from t", ALL),
    ("date_arithmetic", "select a + interval '1 day' as b from t", ALL),
    ("date_arithmetic", "select date_diff('day', a, b) as c from t", ALL),
    ("union", "select a from t union select a from u", {"bigquery"}),
    ("union", "select a from t except select a from u", {"bigquery"}),
    ("quoted_name", 'select "Amount" as b from t', OTHERS),
    ("backslash", r"select 'a\n' as b from t", {"snowflake", "bigquery", "redshift", "databricks"}),
    (
        "filter",
        "select count(*) filter (where a) as b from t",
        {"snowflake", "bigquery", "redshift"},
    ),
    ("array", "select a[1] as b from t", OTHERS),
    ("array", "select array_agg(a) as b from t", OTHERS),
    ("qualify", "select a from t qualify row_number() over (order by order_id) = 1", {"postgres"}),
    ("distinct_on", "select distinct on (a) a, b from t", {"snowflake", "bigquery", "redshift"}),
    ("is_distinct", "select a is distinct from b as c from t", {"redshift"}),
    ("group_by_all", "select a, count(*) as n from t group by all", {"postgres", "redshift"}),
    ("order_by_all", "select a from t order by all", {"postgres", "redshift", "bigquery"}),
    ("star", "select * exclude (a) from t", {"snowflake"}),
    ("clock", "select current_date as a from t", ALL),
    ("clock", "select now() as a from t", ALL),
    ("chance", "select random() as a from t", ALL),
    ("date_trunc", "select date_trunc('month', a) as b from t", ALL),
    ("date_part", "select extract(dow from a) as b from t", ALL),
    ("date_text", "select strftime(a, '%Y') as b from t", ALL),
    ("series", "select * from generate_series(1, 2)", {"snowflake", "bigquery", "redshift"}),
    ("hash", "select md5(a) as b from t", {"bigquery"}),
    ("concat", "select concat(a, b) as c from t", {"snowflake", "bigquery", "redshift"}),
    ("greatest", "select greatest(a, b) as c from t", {"snowflake", "bigquery"}),
    ("safe_cast", "select try_cast(a as bigint) as b from t", ALL),
    ("text_function", "select split_part(a, 'b', 1) as c from t", OTHERS),
    ("aggregate", "select arg_min(a, b) as c from t", OTHERS),
    ("average", "select avg(a) as b from t", ALL),
    ("null_function", "select ifnull(a, b) as c from t", ALL),
    ("function", "select lately_invented(a) as b from t", OTHERS),
    ("text_type", "select cast(a as varchar) as b from t", {"bigquery", "redshift"}),
    ("float_type", "select cast(a as double) as b from t", ALL),
    ("instant_type", "select cast(a as timestamptz) as b from t", {"bigquery", "databricks"}),
    ("boolean", "select cast(a as boolean) as b from t", OTHERS),
    ("rounding", "select cast(a * 0.5 as bigint) as b from t", {"postgres", "databricks"}),
    ("decimal_type", "select cast(a as decimal(38, 3)) as b from t", {"bigquery"}),
    ("decimal_type", "select cast(a as decimal(18, 3)) as b from t", {"bigquery"}),
    ("null_order", "select row_number() over (order by a) as b from t", {"bigquery", "databricks"}),
    ("null_order", "select a from t order by a desc", {"postgres", "snowflake", "redshift"}),
    ("sum_type", "with s as (select sum(a) as b from t) select b from s", {"duckdb", "postgres"}),
    ("reserved_word", "select a as having_, b as array from t", {"bigquery"}),
    ("syntax", "select from where", ALL),
    ("compile", "select {{ no_such_macro(1) }} as a", ALL),
]

PORTABLE = """
with

orders as (
    select * from {{ source('shop', 'orders') }}
),

ranked as (
    select
        order_id,
        row_number() over (partition by customer_id order by order_id) as place,
        row_number() over (order by placed_at desc nulls last) as recency,
        {{ json_text('payload', 'a.b') }} as note,
        {{ divide('amount', 'quantity', 2) }} as unit_price,
        {{ greatest_of(['amount', 'other']) }} as most,
        {{ start_of('month', utc_date('placed_at')) }} as month_on,
        {{ cast_or_null('code', 'bigint') }} as code,
        {{ regexp_found('name', '^[a-z]+$') }} as is_plain,
        {{ surrogate_key(['order_id', 'customer_id']) }} as order_key,
        'guest:' || coalesce(name, order_id) as label,
        cast(amount as bigint) as amount
    from orders
),

final as (
    select
        month_on,
        {{ sum_bigint('amount') }} as amount,
        {{ average('amount', 2) }} as mean_amount,
        {{ any_true('is_plain') }} as has_plain,
        count(*) as order_count
    from ranked
    where place = 1
      and {{ is_distinct('note', 'label') }}
      and month_on >= {{ day_before(as_of(), 30) }}
    group by month_on
)

select * from final
"""


@pytest.mark.parametrize(("hazard", "sql", "engines"), PLANTED)
def test_a_planted_hazard_is_found(hazard: str, sql: str, engines: set[str]) -> None:
    report = check_portability(plant(model="-- a comment\n" + sql))
    found = {f.engine for f in report.findings if f.hazard == hazard}
    assert engines <= found, (found, [f.to_dict() for f in report.findings])
    assert all(f.line in (1, 2) and f.use and f.model == "model" for f in report.findings)


def test_every_hazard_has_its_plant() -> None:
    assert {h.name for h in HAZARDS} <= {hazard for hazard, _, _ in PLANTED}


def test_portable_sql_is_clean_on_every_engine() -> None:
    report = check_portability(plant(model=PORTABLE))
    assert report.findings == ()
    assert report.engines == tuple(ENGINES)
    assert report.statements == len(ENGINES)


@pytest.mark.parametrize("hazard", sorted({h.name for h in HAZARDS}))
def test_a_comment_allows_one_hazard_on_its_line_only(hazard: str) -> None:
    sql = next(s for h, s, _ in PLANTED if h == hazard)
    silent = check_portability(plant(model=f"{sql} -- portable: {hazard}"))
    assert hazard not in {f.hazard for f in silent.findings}
    elsewhere = check_portability(plant(model=f"-- portable: {hazard}\n{sql}"))
    assert hazard in {f.hazard for f in elsewhere.findings}


def test_a_test_of_a_model_that_is_left_out_is_left_out_too() -> None:
    sql = "select a / b as c from {{ ref('vault') }}"
    project = plant(model=sql)
    assert {f.hazard for f in check_portability(project).findings} == {"compile"}
    project.manifest["disabled"]["model.shop.vault"] = []
    assert check_portability(project).findings == ()


def test_the_line_is_the_one_that_a_person_wrote() -> None:
    sql = "select\n    {{ divide('a', 'b') }} as x,\n    {# two\n lines #}\n    c / d as y\nfrom t"
    lines = {f.line for f in check_portability(plant(model=sql)).findings}
    assert lines == {5}


def test_incremental_branches_and_hooks_are_read_too() -> None:
    sql = (
        "{{ config(materialized='incremental', incremental_strategy='delete+insert',"
        " post_hook=\"delete from {{ this }} where a ilike 'x'\") }}\n"
        "select a from t\n{% if is_incremental() %}where a = now(){% endif %}"
    )
    report = check_portability(plant(model=node("model", sql)), engines=["bigquery"])
    found = {(f.hazard, f.line) for f in report.findings}
    assert found == {("strategy", 1), ("clock", 3), ("ilike", 1)}
