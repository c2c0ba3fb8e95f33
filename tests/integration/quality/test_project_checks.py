"""Every SodaCL check of the project: green on the sandbox, red on damage made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from buck.quality import list_checked_tables, read_titles, run_checks
from buck.records.quality import Dimension
from buck.sandbox.company import Company, day_start
from tests.integration.quality.test_founding_suite import EXPECTATIONS
from tests.integration.transform.models.conftest import RawLake

CHECKS = Path(__file__).parents[3] / "transform" / "checks"
DAMAGES: dict[str, dict[str, str]] = {
    f"{path.stem}.{table}": damages
    for path in sorted((Path(__file__).parent / "damages").glob("*.yml"))
    for table, damages in yaml.safe_load(path.read_text()).items()
}
DAYS = 60
AS_OF = day_start(DAYS)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A connection to tables one can damage: all raw tables, staging and marts of a company."""
    folder = tmp_path_factory.mktemp("company")
    lake = RawLake(folder, tmp_path_factory.mktemp("parsed")).start()
    lake.land_state(Company(seed=3, customers=40).changes(DAYS), as_of=AS_OF)
    lake.build(as_of=AS_OF, exclude=["resource_type:unit_test", "resource_type:test"])
    damaged = tmp_path_factory.mktemp("damaged") / "build.duckdb"
    con = lake.copy(damaged)
    views = con.execute(
        "select schema_name || '.' || view_name from duckdb_views() where not internal"
    ).fetchall()
    for number, (view,) in enumerate(views):
        con.execute(f"create table stored_{number} as from {view}")
    for number, (view,) in enumerate(views):
        con.execute(f"drop view {view}; create table {view} as from stored_{number}")
    yield con
    con.close()


def test_the_sandbox_passes_every_check(company: Any) -> None:
    results = run_checks(company, CHECKS, as_of=AS_OF)
    assert [
        (r.check.table, r.check.name, r.message) for r in results if r.outcome != "passed"
    ] == []
    assert {r.check.dimension for r in results} == set(get_args(Dimension))
    assert all(r.check.owner for r in results)


@pytest.mark.parametrize("table", DAMAGES)
def test_damage_turns_its_check_red(company: Any, table: str) -> None:
    company.execute(f"create or replace temp table kept as from {table}")
    for name, damage in DAMAGES[table].items():
        company.execute(damage.format(t=table))
        try:
            found = {
                r.check.name: r for r in run_checks(company, CHECKS, as_of=AS_OF, tables={table})
            }
        finally:
            company.execute(f"create or replace table {table} as from kept")
        assert found[name].outcome in ("failed", "warned"), (name, found[name].message)


def test_no_check_goes_without_its_damage() -> None:
    founding = {name for name, _ in EXPECTATIONS.values()}
    for table in list_checked_tables(CHECKS):
        asked = {
            t.removesuffix(" (only warns)") for t in read_titles(CHECKS, *str(table).split("."))
        }
        known = set(DAMAGES.get(str(table), {}))
        if table.name == "fct_payments":
            known |= founding
        assert asked <= known, (str(table), asked - known)
