"""`buck init --dbt`: somebody's dbt project as it is, behind Buck's gate."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from buck.sandbox.postgres.server import start_server
from tests.scratch import Scratch

FILES = {
    "dbt_project.yml": """\
name: jam
version: "1.0"
profile: company_snowflake
vars: { tax_percent: 20 }
models:
  jam:
    marts: { +materialized: table, +schema: marts }
seeds: { jam: { +schema: landing } }
""",
    "packages.yml": "packages: [{ package: someone/tally, version: 1.0.0 }]\n",
    "profiles.yml": "company_snowflake: { outputs: { prod: { type: snowflake } }, target: prod }\n",
    "seeds/jars.csv": "jar_id,flavour,price\n1,plum,4.00\n2,fig,5.50\n3,plum,4.20\n",
    "models/staging/stg_jars.sql": "select * from {{ ref('jars') }}\n",
    "models/staging/stg_orders.sql": "select * from {{ source('shop', 'orders') }}\n",
    "models/marts/sales/flavours.sql": """\
select flavour, sum({{ tally.with_tax('price', var('tax_percent')) }}) as gross
from {{ ref('stg_jars') }} group by flavour
""",
    "models/marts/sales/documents.sql": """\
select object_construct('flavour', flavour) as document from {{ ref('stg_jars') }}
""",
    "models/marts/sales/document_counts.sql": "select count(*) as n from {{ ref('documents') }}\n",
    "models/marts/sales/sold.sql": """\
select flavour, count(*) as sold
from {{ ref('stg_orders') }} join {{ ref('stg_jars') }} using (jar_id) group by flavour
""",
    "models/schema.yml": """\
version: 2
sources:
  - { name: shop, database: raw_db, schema: shop_prod, tables: [{ name: orders }] }
models:
  - name: flavours
    columns: [{ name: flavour, data_tests: [unique, not_null] }]
exposures:
  - name: board
    type: dashboard
    owner: { name: sales, email: sales@example.com }
    depends_on: [ref('document_counts')]
""",
    "macros/with_tax.sql": """\
{% macro default__with_tax(price, percent) %}
cast({{ price }} * (100 + {{ percent }}) / 100 as decimal(18, 2))
{% endmacro %}
""",
    # A package of the hub, as `dbt deps` leaves it; the project has a better answer than it.
    "dbt_packages/tally/dbt_project.yml": 'name: tally\nversion: "1.0.0"\n',
    "dbt_packages/tally/macros/with_tax.sql": """\
{% macro with_tax(price, percent) %}
{{ return(adapter.dispatch('with_tax', 'tally')(price, percent)) }}
{% endmacro %}
{% macro default__with_tax(price, percent) %}{{ price }}{% endmacro %}
""",
}


@pytest.fixture
def desk(tmp_path: Path, empty_home: Path) -> Scratch:
    """A folder with a dbt project in it."""
    for name, text in FILES.items():
        file = tmp_path / "desk" / "jam" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Scratch(tmp_path / "desk", empty_home)


def read_theirs(desk: Scratch) -> dict[str, str]:
    folder = desk.root / "jam"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_a_project_is_adopted_run_and_guarded_as_it_is(desk: Scratch) -> None:
    made = desk.buck("init", "--dbt", "jam", "--json").expect(0).json
    assert made["marts"] == ["flavours"]
    assert "object_construct does not exist" in made["refused"].pop("documents")
    assert made["refused"] == {}
    assert made["below"] == {"document_counts": "documents"}
    assert made["waiting"] == {"sold": "shop.orders", "stg_orders": "shop.orders"}
    lake = Scratch(desk.root / "jam-lake", desk.home)
    done = lake.buck("run").expect(0)
    assert 'next: buck query "from sales.flavours"' in done.err
    asked = "select flavour, gross::varchar from sales.flavours order by 1"
    assert lake.rows(asked) == [("fig", "6.60"), ("plum", "9.84")]
    # Not a byte of theirs has changed, and nothing is beside it.
    assert read_theirs(desk) == FILES

    # A raw table that Buck lands is the source that they declared elsewhere.
    lake.buck("pipeline", "new", "shop", "--from", "files").expect(0)
    lake.edit("pipelines/shop_pipeline.py", '"targets", source', '"orders", source')
    orders = lake.root / "data" / "targets" / "orders.csv"
    orders.parent.mkdir(parents=True)
    with orders.open("w", newline="") as file:
        csv.writer(file).writerows([("order_id", "jar_id"), (7, 1), (8, 2), (9, 3)])
    for name in ("stg_orders", "sold"):
        settings = (lake.root / "transform" / "dbt_project.yml").read_text()
        [line] = [line for line in settings.splitlines() if line.strip() == f"{name}:"]
        off = f"{line}\n{line[: -len(name) - 1]}  +enabled: false\n"
        lake.edit("transform/dbt_project.yml", off, "")
    # Their edit is built by the next run, and their test closes the gate.
    edited = desk.root / "jam" / "models" / "marts" / "sales" / "flavours.sql"
    edited.write_text("select flavour, price as gross from {{ ref('stg_jars') }}\n")
    shut = lake.buck("run").expect(3)
    assert "unique_flavours_flavour" in shut.err
    assert lake.rows(asked) == [("fig", "6.60"), ("plum", "9.84")]
    edited.write_text(FILES["models/marts/sales/flavours.sql"].replace("20", "30"))
    lake.buck("run").expect(0)
    assert "sold" in lake.buck("diff", "000001", "published").expect(0).out
    assert lake.rows("from sales.sold order by 1") == [("fig", 1), ("plum", 2)]
    assert read_theirs(desk) == FILES


def test_what_cannot_be_adopted_is_refused_and_leaves_nothing(desk: Scratch) -> None:
    before = read_theirs(desk)
    assert "no dbt project" in desk.buck("init", "--dbt", "nowhere").expect(2).err
    inside = desk.buck("init", "jam/lake", "--dbt", "jam").expect(2)
    assert "inside the dbt project" in inside.err
    both = desk.buck("init", "--dbt", "jam", "--sources", "stripe").expect(2)
    assert "don't go together" in both.err
    assert "has no name" in desk.buck("init").expect(2).err
    (desk.root / "jam" / "dbt_packages").rename(desk.root / "elsewhere")
    missing = desk.buck("init", "--dbt", "jam").expect(2)
    assert "dbt deps" in missing.err
    (desk.root / "elsewhere").rename(desk.root / "jam" / "dbt_packages")
    assert read_theirs(desk) == before
    assert [path.name for path in desk.root.iterdir()] == ["jam"]


@pytest.mark.soak
def test_models_without_a_folder_of_marts_are_published_and_promoted(desk: Scratch) -> None:
    models = desk.root / "jam" / "models"
    (models / "marts" / "sales" / "flavours.sql").rename(models / "flavours.sql")
    for name in ("documents", "document_counts", "sold"):
        (models / "marts" / "sales" / f"{name}.sql").rename(models / f"{name}.sql")
    made = desk.buck("init", "here", "--dbt", "jam", "--json").expect(0).json
    # What nobody reads, of what can be built.
    assert made["marts"] == ["flavours"]
    lake = Scratch(desk.root / "here", desk.home)
    lake.buck("run").expect(0)
    assert len(lake.rows("from core.flavours")) == 2
    server = start_server(desk.root / "warehouse", password="soaked", database="warehouse")
    try:
        lake.env.update(
            BUCK_POSTGRES_HOST="127.0.0.1",
            BUCK_POSTGRES_PORT=str(server.port),
            BUCK_POSTGRES_USER="buck",
            BUCK_POSTGRES_DATABASE="warehouse",
            BUCK_POSTGRES_SSLMODE="disable",
            DBT_ENV_SECRET_POSTGRES_PASSWORD="soaked",
        )
        lake.buck("promote", "--target", "postgres").expect(0)
        with server.connect("warehouse") as connection:
            rows = connection.execute("select gross from core.flavours order by 1").fetchall()
    finally:
        server.stop()
    assert rows == [(Decimal("6.60"),), (Decimal("9.84"),)]
