"""A dbt project of four nodes, and a workspace for it."""

from __future__ import annotations

import pytest

from buck.transform import DbtWorkspace

FILES = {
    "dbt_project.yml": """
name: shop
version: "1.0"
profile: shop
models:
  shop:
    staging: {+schema: staging, +materialized: view}
    intermediate: {+schema: intermediate, +materialized: ephemeral}
    marts:
      finance: {+schema: finance, +materialized: table}
""",
    "profiles.yml": """
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('SHOP_DB') }}"
""",
    "macros/schema.sql": """
{% macro generate_schema_name(custom, node) %}{{ custom or 'main' }}{% endmacro %}
{% macro cents(column) %}{{ column }} / 100{% endmacro %}
""",
    "models/staging/stg_payments.sql": """
select *
from (values (1, 'ann@shop.example', 1000), (2, 'Bob', 2000), (2, 'Bob', 3000))
    as t(payment_id, email, minor)
""",
    "models/intermediate/int_payments.sql": "select * from {{ ref('stg_payments') }}",
    "models/marts/finance/fct_payments.sql": """
select
    payment_id,
    email,
    {{ cents('minor') }} as amount,
    timestamptz '{{ var("as_of") }}' as as_of
from {{ ref('int_payments') }}
""",
    "models/marts/finance/fct_payments.yml": """
models:
  - name: fct_payments
    description: One row per payment.
    config: {meta: {owner: finance team}}
    columns:
      - name: payment_id
        data_tests: [unique, not_null]
      - name: email
        data_tests:
          - unique: {config: {severity: warn, meta: {dimension: validity, owner: ann}}}
unit_tests:
  - name: cents_become_units
    model: fct_payments
    given:
      - input: ref('int_payments')
        format: sql
        rows: select 1 as payment_id, 'x' as email, 250 as minor
    expect:
      rows: [{amount: 2.5}]
""",
    "models/exposures.yml": """
exposures:
  - name: board
    type: dashboard
    owner: {name: finance team}
    depends_on: [ref('fct_payments')]
""",
    "tests/nothing_negative.sql": "select * from {{ ref('fct_payments') }} where amount < 0",
}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def workspace(project, tmp_path):
    return DbtWorkspace(
        project_dir=project,
        profiles_dir=project,
        target="dev",
        target_path=tmp_path / "target",
        log_path=tmp_path / "logs",
        vars={"as_of": "2026-03-01T00:00:00+00:00"},
        env={"SHOP_DB": str(tmp_path / "build.duckdb")},
        threads=2,
    )
