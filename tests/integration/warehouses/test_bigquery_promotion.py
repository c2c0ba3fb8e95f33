"""Promotion to a BigQuery emulator by Google's own client and dbt-bigquery: once and only once.

Buck runs in the tests' own environment, and finds Google's packages in the emulator's. What holds
here is `emulated`: the emulator runs on DuckDB, and takes the name of a job twice.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.warehouses.bigquery_emulator import (
    DBT,
    CannotInstall,
    Emulator,
    run_emulator,
)
from tests.integration.warehouses.shop import SECOND, deliver, make_shop
from tests.scratch import Done, Scratch

PROFILES = Path(__file__).parents[3] / "transform" / "profiles.yml"
KILLER = Path(__file__).with_name("killed_bigquery.py")
PROMOTE = ("promote", "--target", "bigquery")
MARTS = 5
RAW = "select concat(count(*), ' of ', count(distinct _buck_seq)) from {}raw.raw_shop_orders"
ORDERS = """
select string_agg(concat(order_id, '=', cast(minor as string)), ' ' order by order_id)
from (select order_id, cast(amount * 100 as int64) as minor from {}finance.fct_orders) as orders
"""
FIRST_ORDERS = "1=1000 2=10 3=-305"
SECOND_ORDERS = "1=1000 2=20 3=-305 4=9999999999"


class Promoter:
    """The shop, and Buck as a process that has Google's packages."""

    def __init__(self, project: Scratch, emulator: Emulator, prefix: str) -> None:
        self.project, self.emulator, self.prefix = project, emulator, prefix
        (packages,) = emulator.programs.parent.glob("lib/python*/site-packages")
        self.packages = str(packages)
        project.env |= {
            "BUCK_BIGQUERY_ENDPOINT": emulator.endpoint,
            "BUCK_BIGQUERY_METHOD": "oauth-secrets",
            "DBT_ENV_SECRET_BIGQUERY_TOKEN": "none",
            "BUCK_BIGQUERY_PROJECT": "buck",
            "BUCK_BIGQUERY_LOCATION": "US",
            "BUCK_WAREHOUSE_THREADS": "2",
        }
        settings = project.root / ".buck.yml"
        content = yaml.safe_load(settings.read_text())
        content["warehouse"] = {"type": "bigquery", "schema_prefix": prefix}
        settings.write_text(yaml.safe_dump(content))

    def buck(self, *args: str) -> Done:
        code = (
            f"import sys; sys.path.append({self.packages!r}); import buck.cli.main as m; m.main()"
        )
        return self.project.buck("-c", code, *args, program=(sys.executable,))

    def killed(self, at: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(KILLER), str(self.project.root)],
            env=self.project.environment({"KILL_AT": at, "CLIENT_PACKAGES": self.packages}),
            capture_output=True,
            text=True,
            check=False,
        )

    def value(self, sql: str) -> Any:
        return self.emulator.value(sql.format(self.prefix))

    def tables(self, schema: str) -> int:
        return int(self.value(f"select count(*) from {{}}{schema}.INFORMATION_SCHEMA.TABLES"))


@pytest.fixture(scope="module")
def emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    try:
        with run_emulator(pytestconfig.cache.mkdir("bigquery-build"), DBT) as running:
            yield running
    except CannotInstall as exc:
        pytest.skip(f"the BigQuery emulator cannot be installed: {exc}")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Scratch:
    """The shop with its first orders published on the lake; read only."""
    project = make_shop(tmp_path_factory.mktemp("shop"), empty_home, PROFILES)
    project.buck("run").expect(0)
    assert len(project.content()) == MARTS
    return project


def test_two_promotions_and_a_way_back(first: Scratch, emulator: Emulator, tmp_path: Path) -> None:
    there = Promoter(first.copy(tmp_path / "shop"), emulator, "")
    there.project.env |= {"SHOP_FILES": str(tmp_path / "inbox")}
    healthy = there.buck("doctor", "--target", "bigquery").expect(0)
    assert "connection: buck answers" in healthy.out
    plan = there.buck(*PROMOTE, "--plan", "--json").expect(0).json
    assert (plan["rows"], plan["loads"][0]["is_whole"]) == (3, True)
    assert there.tables("buck") == 0, "a plan leaves no trace"

    # Somebody else's table has the name of a mart: it stops on the way, and then continues.
    emulator.value("create schema finance; create table finance.fct_orders (mine int64); select 1")
    stopped = there.buck(*PROMOTE).expect(4)
    assert "finance.fct_orders exists there and is no view of Buck's" in stopped.err
    emulator.value("drop table finance.fct_orders; select 1")
    done = there.buck(*PROMOTE, "--json").expect(0).json
    assert (done["promotion"], done["rows_loaded"]) == ("000001", 0)
    receipt = done["receipt"]
    assert (receipt["is_equal"], receipt["proof"]) == (True, "emulated")
    assert receipt["engine"] == "an emulator of BigQuery"
    assert {t["table"] for t in receipt["tables"]} == set(there.project.content())
    assert (there.value(RAW), there.value(ORDERS)) == ("3 of 3", FIRST_ORDERS)
    again = there.buck(*PROMOTE).expect(0)
    assert "= snapshot 000001 is promotion 000001" in again.out
    kept = there.project.root / "lake" / "promotions" / "bigquery" / "000001.md"
    assert "emulated" in kept.read_text()
    assert "proven" not in kept.read_text()

    # One order changes and one is new: only they are sent, and the fact is added to.
    deliver(there.project, "second", SECOND)
    there.project.buck("run").expect(0)
    done = there.buck(*PROMOTE, "--json").expect(0).json
    assert (done["promotion"], done["rows_loaded"]) == ("000002", 2)
    assert (there.value(RAW), there.value(ORDERS)) == ("5 of 5", SECOND_ORDERS)
    assert done["receipt"]["is_equal"]
    assert there.value("select note from finance.fct_orders where order_id = '4'") == "☃"
    unchanged = "select count(*) from buck_marts.INFORMATION_SCHEMA.TABLES where starts_with"
    assert there.value(f"{unchanged}(table_name, 'core__dim_closed_customers__')") == 1
    refused = there.buck("dbt", "build", "--target", "bigquery").expect(1)
    assert "readers of bigquery see promotion 000002" in refused.err

    # What readers there see is what readers here see, in every mart.
    equal = there.buck("diff", "published", "bigquery", "--output", "json").expect(0).json
    assert (equal["is_equal"], equal["right"]) == (True, "target bigquery (emulated)")
    assert {t["table"] for t in equal["tables"]} == set(there.project.content())

    # One minor unit is found; then back without building.
    name = "select table_name from buck_marts.INFORMATION_SCHEMA.TABLES where starts_with"
    copy = emulator.value(f"{name}(table_name, 'finance__fct_orders__000002')")
    one = f"update buck_marts.{copy} set amount = amount {{}} 0.01 where pieces = 1; select 1"
    emulator.value(one.format("+"))
    found = there.buck("promote", "verify", "bigquery/000002").expect(1)
    assert "finance.fct_orders: 1 rows changed" in found.out
    one_mart = ("--table", "finance.fct_orders", "--fail-on", "changed")
    found = there.buck("diff", "000002", "bigquery", *one_mart).expect(1)
    assert "~ order_id 1: amount 10 → 10.01\n" in found.out
    assert "B is target bigquery (emulated)" in found.err
    emulator.value(one.format("-"))
    there.buck("rollback", "--target", "bigquery").expect(0)
    assert there.value(ORDERS) == FIRST_ORDERS

    # Tables that are replaced whole, as on every warehouse.
    there.buck("warehouse", "load", "bigquery").expect(0)
    there.buck("warehouse", "load", "bigquery").expect(0)
    assert there.value(RAW) == "5 of 5"


def test_a_killed_promotion_is_continued(
    first: Scratch, emulator: Emulator, tmp_path: Path
) -> None:
    there = Promoter(first.copy(tmp_path / "shop"), emulator, "killed_")
    for step, raw in (("staged", None), ("recorded", "3 of 3"), ("switched", "3 of 3")):
        assert there.killed(step).returncode == -9
        if raw is None:
            assert there.tables("raw") == 0, "what was sent is not what the table has"
        else:
            assert there.value(RAW) == raw
        state = "select count(*) from killed_buck.state where name = 'current'"
        assert emulator.value(state) == 0, "nothing is published before the record says so"
    overtaken = there.killed("overtaken")
    assert (overtaken.returncode, there.tables("finance")) == (4, 0), overtaken.stderr
    assert "another promotion into this project has begun since" in overtaken.stderr
    done = there.buck(*PROMOTE, "--json").expect(0).json
    assert (done["promotion"], done["rows_loaded"]) == ("000001", 0)
    assert (there.value(RAW), there.value(ORDERS)) == ("3 of 3", FIRST_ORDERS)
    loads = "select count(*) from killed_buck.loads"
    assert (emulator.value(loads), there.tables("buck")) == (1, 3), "nothing staged is left"
    assert there.tables("buck_marts") == MARTS
