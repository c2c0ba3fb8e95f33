"""A project of five models over one table of files: small enough to be promoted often."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tests.scratch import Scratch

FILES = {
    ".buck.yml": """\
version: 1
sources:
  shop:
    type: files
    connector: dlt
    options:
      address: "{{ SHOP_FILES }}"
""",
    "pipelines/shop_pipeline.py": """\
import dlt
from buck.sources import files

TABLES = (
    files.table(
        "orders", source="shop", path="orders/*.json", key=("id",),
        columns={
            "amount": "decimal", "is_paid": "boolean", "ordered_at": "timestamptz",
            "pieces": "bigint",
        },
    ),
)


@dlt.source(name="shop", section="shop")
def source(address: str = dlt.config.value, storage: dict = None):
    return files.resources(address, tables=TABLES, storage=storage)
""",
    "transform/dbt_project.yml": """\
name: shop
version: "1.0.0"
config-version: 2
profile: buck
flags: {send_anonymous_usage_stats: false}
vars: {raw_schema: raw}
models:
  shop:
    staging: {+materialized: view, +schema: staging}
    marts:
      +materialized: table
      core: {+schema: core}
      finance: {+schema: finance}
""",
    "transform/macros/names.sql": """\
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ var('schema_prefix', '') }}{{ custom_schema_name or target.schema }}
{%- endmacro %}
{% macro money() %}{{ 'numeric' if target.type == 'bigquery' else 'decimal(18, 2)' }}{% endmacro %}
""",
    "transform/models/staging/sources.yml": """\
version: 2
sources:
  - name: shop
    database: "{{ var('raw_database', target.database) }}"
    schema: "{{ var('raw_schema') }}"
    tables: [{name: raw_shop_orders}]
""",
    "transform/models/staging/stg_shop__orders.sql": """\
with versions as (
    select *, row_number() over (partition by id order by _buck_seq desc) as newest
    from {{ source('shop', 'raw_shop_orders') }}
)
select
    id as order_id,
    customer,
    cast(amount as {{ money() }}) as amount,
    pieces,
    is_paid,
    ordered_at,
    cast(ordered_at as date) as ordered_on,
    note,
    _buck_seq as order_seq
from versions
where newest = 1
""",
    "transform/models/marts/finance/fct_orders.sql": """\
{{ config(materialized='incremental', unique_key='order_id') }}
select order_id, customer, amount, pieces, is_paid, ordered_at, ordered_on, note, order_seq
from {{ ref('stg_shop__orders') }}
{% if is_incremental() %}
where order_seq > (select coalesce(max(order_seq), 0) from {{ this }})
{% endif %}
""",
    "transform/models/marts/finance/agg_daily_orders.sql": """\
select ordered_on, count(*) as orders, cast(sum(amount) as {{ money() }}) as amount
from {{ ref('fct_orders') }}
group by ordered_on
""",
    "transform/models/marts/finance/unpaid_orders.sql": """\
{{ config(materialized='view') }}
select order_id, amount from {{ ref('fct_orders') }} where not is_paid
""",
    "transform/models/marts/core/dim_customers.sql": """\
select customer, min(ordered_at) as first_order_at from {{ ref('fct_orders') }} group by customer
""",
    "transform/models/marts/core/dim_closed_customers.sql": """\
select customer, first_order_at from {{ ref('dim_customers') }} where customer is null
""",
    "transform/models/marts/marts.yml": """\
version: 2
models:
  - name: fct_orders
    config: {meta: {grain: order_id}}
    columns:
      - {name: order_id, data_tests: [unique, not_null]}
  - name: dim_customers
    columns:
      - {name: customer, data_tests: [unique, not_null]}
""",
    "transform/checks/finance/fct_orders.yml": """\
checks for fct_orders:
  - row_count > 0
  - missing_count(amount) = 0
  - invalid_count(customer) = 0:
      valid regex: ^[^ ]
""",
}
COLUMNS = ("id", "customer", "amount", "pieces", "is_paid", "ordered_at", "note")
FIRST = (
    ("1", "Ada", "10.00", 1, True, "2026-01-01T10:00:00Z", None),
    ("2", "Bo", "0.10", 2, False, "2026-01-01T23:59:59.123456Z", "it's a “gift”"),
    ("3", "Ångström", "-3.05", None, True, "2026-01-02T00:00:00Z", "two\nlines, and a \\ mark"),
)
SECOND = (
    ("2", "Bo", "0.20", 2, True, "2026-01-01T23:59:59.123456Z", "paid"),
    ("4", "Cy", "99999999.99", 40, False, "2026-01-03T12:00:00Z", "☃"),
)
Order = tuple[object, ...]


def make_shop(folder: Path, home: Path, profiles: Path) -> Scratch:
    """The project, with the first orders beside it."""
    for name, text in FILES.items():
        file = folder / "shop" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder / "shop" / "transform" / "profiles.yml").write_text(profiles.read_text())
    project = Scratch(folder / "shop", home, {"SHOP_FILES": str(folder / "inbox")})
    deliver(project, "first", FIRST)
    return project


def deliver(project: Scratch, name: str, orders: Iterable[Order]) -> None:
    """A file of orders arrives."""
    inbox = Path(project.env["SHOP_FILES"]) / "orders"
    inbox.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(dict(zip(COLUMNS, order, strict=True))) for order in orders]
    (inbox / f"{name}.json").write_text("\n".join(lines), encoding="utf-8")
