"""`buck init --sources`: a project of some of the systems, which runs as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.conftest import SOURCE, Bucket
from tests.scratch import Scratch

OF_STRIPE = ("fct_payments", "fct_payouts", "fct_invoice_lines", "agg_monthly_revenue")
# What a mart has of the other systems differs, of course: keys, names and segments of customers.
MONEY = "sum(gross_amount_minor), sum(refunds_minor), sum(payment_count), count(*)"
SOAKED = ("salesforce", "stripe,salesforce", "stripe,app", "salesforce,app")


@pytest.fixture
def desk(tmp_path: Path, empty_home: Path) -> Scratch:
    """An empty folder."""
    (tmp_path / "desk").mkdir()
    return Scratch(tmp_path / "desk", empty_home)


def begin(desk: Scratch, steady: Path, *options: str) -> tuple[Scratch, dict[str, Any]]:
    """A new project that reads the steady sandbox, and what was said of it."""
    made = desk.buck("init", "shop", *options, "--json").expect(0).json
    shop = Scratch(desk.root / "shop", desk.home, dict(desk.env))
    shop.connect(steady)
    return shop, made


def test_stripe_alone_has_its_money(
    desk: Scratch, steady_sandbox: Path, published: Scratch
) -> None:
    shop, made = begin(desk, steady_sandbox, "--sources", "stripe")
    assert made["sources"] == ["stripe"]
    assert made["left_out"]["fct_orders"] == ["app"]
    assert made["left_out"]["fct_attribution"] == ["salesforce"]
    assert not {"dim_customers", "customer_360"} & set(made["left_out"])
    assert sorted(p.name for p in (shop.root / "pipelines").glob("*.py")) == ["stripe_pipeline.py"]
    settings = yaml.safe_load((shop.root / ".buck.yml").read_text())
    assert set(settings["pipelines"]) == {"stripe_daily", "stripe_pipeline", "daily_marts"}
    run = shop.buck("run", "--json").expect(0).json
    assert run["status"] == "ok"
    for mart in OF_STRIPE:
        [(rows,)] = shop.rows(f"select count(*) from finance.{mart}")
        assert rows > 0
        assert published.rows(f"select count(*) from finance.{mart}") == [(rows,)]
    totals = f"select currency, {MONEY} from finance.agg_monthly_revenue group by all order by 1"
    assert shop.rows(totals) == published.rows(totals)
    customers = "select count(*) from core.dim_customers where is_current"
    assert 0 < shop.rows(customers)[0][0] <= published.rows(customers)[0][0]
    assert not set(made["left_out"]) & {t["name"] for t in shop.snapshot()["tables"]}


def test_the_database_alone_with_its_lake_in_a_bucket(
    desk: Scratch, steady_sandbox: Path, published: Scratch, bucket: Bucket
) -> None:
    desk.env.update(
        AWS_ACCESS_KEY_ID=bucket.access.key_id,
        AWS_SECRET_ACCESS_KEY=bucket.access.secret,
        AWS_ENDPOINT_URL=bucket.access.endpoint,
    )
    shop, made = begin(desk, steady_sandbox, "--sources", "postgres", "--lake", bucket.root)
    assert made["sources"] == ["app"]
    assert made["lake"] == bucket.root
    assert "fct_payments" in made["left_out"]
    promised = {"customer_360", "product_activation", "agg_retention_cohorts", "sales_orders"}
    assert not promised & set(made["left_out"])
    shop.buck("run").expect(0)
    asked = "select count(*) as n, sum(revenue)::varchar as s from sales.fct_orders"
    [[count, revenue]] = published.rows(asked)
    [found] = shop.buck("query", asked, "--json").expect(0).json
    assert (found["n"], found["s"]) == (count, revenue)
    assert not list(shop.lake.glob("raw/*"))


def test_what_is_not_known_is_refused(desk: Scratch) -> None:
    done = desk.buck("init", "shop", "--sources", "stripe,hubspot").expect(2)
    assert "there is no source 'hubspot'" in done.err
    assert "app, salesforce, stripe" in done.err
    assert "names no source" in desk.buck("init", "shop", "--sources", " , ").expect(2).err
    assert not list(desk.root.iterdir())


def test_stand_ins_have_the_types_of_what_they_stand_for(published: Scratch) -> None:
    """The yml files say the types; a stand-in is made of nothing else."""
    said: dict[str, dict[str, str]] = {}
    needed: set[str] = set()
    for file in (SOURCE / "transform" / "models").rglob("*.yml"):
        for model in yaml.safe_load(file.read_text()).get("models", ()):
            columns = (c for c in model.get("columns", ()) if "data_type" in c)
            said[model["name"]] = {c["name"]: c["data_type"] for c in columns}
            needed.update(model.get("config", {}).get("meta", {}).get("optional_inputs", ()))
    assert len(needed) > 10
    with duckdb.connect(published.work / "build.duckdb", read_only=True) as con:
        for name in sorted(needed):
            built = con.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ?", [name]
            ).fetchall()
            for column, kind in built:
                stated = said[name][column]
                [(same,)] = con.execute(
                    f"select typeof(cast(null as {stated})) = ?", [kind]
                ).fetchall()
                assert same, f"{name}.{column} is {kind}, its yml file says {stated}"
            assert set(said[name]) == {column for column, _ in built}


def tree(project: Scratch) -> dict[str, str]:
    files = (p for p in project.root.rglob("*") if p.is_file() and "lake/.buck" not in str(p))
    return {str(p.relative_to(project.root)): p.read_text() for p in files}


def test_a_source_that_was_left_out_comes_back(desk: Scratch) -> None:
    """The project is then the one that it would have been, with what its owner made of it."""
    desk.buck("init", "whole").expect(0)
    desk.buck("init", "shop", "--sources", "stripe").expect(0)
    whole = Scratch(desk.root / "whole", desk.home, dict(desk.env))
    shop = Scratch(desk.root / "shop", desk.home, dict(desk.env))
    settings = shop.root / ".buck.yml"
    settings.write_text(f"# ours\n{settings.read_text()}")
    (shop.root / "transform" / "models" / "ours.sql").write_text("select 1 as one\n")
    # What goes away in this file was changed by its owner.
    stand_ins = (shop.root / "transform/models/staging/stand_ins").glob("*.sql")
    file = str(min(stand_ins).relative_to(shop.root))
    (shop.root / file).write_text("select 2 as ours\n")
    held = tree(shop)
    refused = shop.buck("init", "--add", "salesforce,postgres").expect(2)
    assert f"{file}: changed by you" in refused.err
    assert f"--overwrite {file}" in refused.err
    assert tree(shop) == held, "nothing at all was written"

    named = ("init", "--add", "salesforce,postgres", "--overwrite", file, "--json")
    added = shop.buck(*named).expect(0).json
    assert added["sources"] == ["salesforce", "app"]
    assert "pipelines/app_pipeline.py" in added["written"]
    assert file in added["removed"]
    assert added["left_out"] == {}
    now = tree(shop)
    assert now.pop("transform/models/ours.sql") == "select 1 as one\n"
    now[".buck.yml"] = now[".buck.yml"].removeprefix("# ours\n")
    assert now == tree(whole)
    assert "sources.app is there already" in shop.buck("init", "--add", "app").expect(2).err
    assert "there is no source 'hubspot'" in shop.buck("init", "--add", "hubspot").expect(2).err


@pytest.mark.soak
def test_marts_of_a_project_that_grew_are_those_of_a_whole_one(
    desk: Scratch, steady_sandbox: Path
) -> None:
    shop, _ = begin(desk, steady_sandbox, "--sources", "stripe")
    shop.buck("run").expect(0)
    shop.buck("init", "--add", "salesforce,app").expect(0)
    shop.buck("run").expect(0)
    desk.buck("init", "whole").expect(0)
    whole = Scratch(desk.root / "whole", desk.home, dict(desk.env))
    whole.connect(steady_sandbox)
    whole.buck("run").expect(0)
    # In which order the pages of two loads arrive is chance, and `_seq` columns count by it.
    marts = whole.facts()
    assert len(marts) > 20
    assert all(count for count, _ in marts.values())
    assert shop.facts() == marts


@pytest.mark.soak
@pytest.mark.parametrize("sources", SOAKED)
def test_any_of_them_builds(desk: Scratch, steady_sandbox: Path, sources: str) -> None:
    shop, made = begin(desk, steady_sandbox, "--sources", sources)
    shop.buck("run").expect(0)
    held = {t["name"]: t["rows"] for t in shop.snapshot()["tables"]}
    assert held["dim_customers"] > 0
    # Seeds and dashboards' lookups aside, a mart that stayed has rows: nothing is there for show.
    assert [name for name, rows in held.items() if not rows] == []
    assert not set(made["left_out"]) & set(held)
