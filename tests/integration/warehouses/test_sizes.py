"""The whole project from sandboxes of other sizes than `test_postgres`: nothing yet, and more.

`just soak-warehouse` adds a size that would take too long in every run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import duckdb
import pytest

from buck import sandbox
from tests.integration.warehouses.comparing import compare

NO_UNIT_TESTS = ("--exclude", "resource_type:unit_test")
MARTS = """
select schema_name || '.' || table_name from duckdb_tables()
where schema_name in ('core', 'finance', 'marketing', 'product', 'sales')
    -- what incremental models keep beside them
    and not contains(table_name, '__')
order by all
"""


@dataclass(frozen=True)
class Size:
    """A company, and how much of it the marts must hold for the comparison to mean something."""

    customers: int
    days: int
    at_least: int


SIZES = {
    # Nobody has signed up yet: sources are empty, marts that need no source are not.
    "first_day": Size(customers=10, days=0, at_least=1_000),
    "larger": Size(customers=60, days=90, at_least=15_000),
}
if "SOAK_CUSTOMERS" in os.environ:
    SIZES["soak"] = Size(int(os.environ["SOAK_CUSTOMERS"]), days=90, at_least=50_000)


@pytest.mark.parametrize("size", SIZES)
def test_dbt_builds_green_and_equal_on_both_engines(size, make_project, tmp_path, server, access):
    customers, days = SIZES[size].customers, SIZES[size].days
    with server.connect("warehouse") as con:
        con.execute(f"create database {size}".encode())
    project = make_project(size)
    project.env |= access | {"BUCK_POSTGRES_DATABASE": size}
    try:
        sandbox.up(tmp_path / "sandbox", customers=customers, days=days)
        project.connect(tmp_path / "sandbox")
        # Lands, builds and tests; what wants somebody to have paid fails on the first day.
        project.buck("run").expect(0 if days else 3)
    finally:
        sandbox.down(tmp_path / "sandbox", forget=True)

    if not days:
        here = project.buck("dbt", "build", *NO_UNIT_TESTS)
        assert (here.code, "ERROR=0" in here.out) == (0, True), here
    loaded = project.buck("warehouse", "load", "postgres", "--json").expect(0)
    assert sum(t["rows"] > 0 for t in loaded.json["tables"]) >= (25 if days else 0)
    there = project.buck("dbt", "build", "--target", "postgres", *NO_UNIT_TESTS)
    assert (there.code, "ERROR=0" in there.out) == (0, True), there

    with (
        duckdb.connect(project.work / "build.duckdb", read_only=True) as con,
        server.connect(size) as other,
    ):
        other.execute("set timezone = 'Asia/Tokyo'")
        marts = [name for (name,) in con.execute(MARTS).fetchall()]
        compared = compare(con, marts, lambda sql: other.execute(sql.encode()).fetchall())
    assert compared.differing == {}
    assert compared.tables >= 30
    assert compared.rows >= SIZES[size].at_least
