"""The very same project on PostgreSQL, an engine of other hands: every mart equal, row by row."""

from __future__ import annotations

import duckdb
import pytest

from tests.integration.warehouses.comparing import compare
from tests.integration.warehouses.conftest import PASSWORD


@pytest.fixture(scope="module")
def project(published, access, tmp_path_factory):
    project = published.copy(tmp_path_factory.mktemp("warehouse") / "project")
    project.env |= access
    return project


@pytest.fixture(scope="module")
def loaded(project) -> dict[str, int]:
    """Raw tables there, and how many rows each took in; only looking loads nothing."""
    planned = project.buck("warehouse", "load", "postgres", "--dry-run").expect(0)
    assert "would be replaced" in planned.out
    done = project.buck("warehouse", "load", "postgres", "--json").expect(0)
    assert PASSWORD not in done.out + done.err
    return {table["table"]: table["rows"] for table in done.json["tables"]}


@pytest.fixture(scope="module")
def built(project, loaded) -> str:
    selection = ("--exclude", "resource_type:unit_test")
    done = project.buck("dbt", "build", "--target", "postgres", *selection)
    assert done.code == 0, done
    return done.out


def test_raw_tables_arrive_whole(project, loaded, connection):
    with duckdb.connect(project.work / "build.duckdb", read_only=True) as con:
        for table, rows in loaded.items():
            expected = con.execute(f"select count(*) from {table}").fetchone()
            assert connection.execute(f"select count(*) from {table}").fetchone() == expected
            assert expected == (rows,)


def test_models_and_tests_are_green(built):
    assert "ERROR=0" in built
    assert PASSWORD not in built


def test_every_mart_is_the_same_row_by_row(project, built, connection):
    connection.execute("set timezone = 'Asia/Tokyo'")
    with duckdb.connect(project.marts, read_only=True) as con:
        compared = compare(con, project.content(), lambda sql: connection.execute(sql).fetchall())
    assert compared.differing == {}
    assert compared.rows > 3_000


def test_a_wrong_password_is_said_without_showing_it(project):
    wrong = {"DBT_ENV_SECRET_POSTGRES_PASSWORD": "canary-wrong"}
    done = project.buck("warehouse", "load", "postgres", env=wrong).expect(1)
    assert "password authentication failed" in done.err
    assert "canary-wrong" not in done.out + done.err
    project.buck("warehouse", "load", "snowflake").expect(2)
