"""The very same project on PostgreSQL, an engine of other hands: every mart equal, row by row."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import duckdb
import pytest

from buck.engine import connect
from buck.quality import run_checks
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


DAMAGES = {
    "money is negative": "update finance.fct_payments set gross_amount = -gross_amount,"
    " customer_key = case when is_refunded then 'nobody' else customer_key end",
    "payments are doubled": "insert into finance.fct_payments select * from finance.fct_payments",
    "a mart is empty": "delete from finance.fct_payments",
}
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def verdicts_there(project):
    """Every SodaCL check's outcome, asked of PostgreSQL through dbt's adapter."""
    asked = ("quality", "check", "--target", "postgres", "--as-of", AS_OF.isoformat(), "--json")
    done = project.buck(*asked)
    assert PASSWORD not in done.out + done.err
    told = {r["id"]: r["outcome"] for r in done.json["results"] if r["engine"] == "soda"}
    return told, done


def verdicts_here(database, checks):
    """The same from soda-core on DuckDB."""
    con = connect(database, work=database.parent)
    try:
        return {r.check.id: r.outcome for r in run_checks(con, checks, as_of=AS_OF)}
    finally:
        con.close()


def test_every_check_has_the_verdict_that_soda_gives_on_duckdb(
    project, built, connection, tmp_path
):
    checks = project.root / "transform" / "checks"
    there, done = verdicts_there(project)
    assert there == verdicts_here(project.work / "build.duckdb", checks)
    assert set(there.values()) == {"passed"}
    assert len(there) > 40
    # dbt's tests know the time of the build, which is now.
    green = project.buck("quality", "check", "--target", "postgres", "--json").expect(0).json
    assert {r["engine"] for r in green["results"]} == {"soda", "dbt"}
    connection.autocommit = True
    connection.execute("create table finance._kept as table finance.fct_payments")
    try:
        for damage, sql in DAMAGES.items():
            # Views name their database, which is called like its file.
            database = tmp_path / damage / "build.duckdb"
            database.parent.mkdir()
            shutil.copy(project.work / "build.duckdb", database)
            with duckdb.connect(database) as con:
                con.execute(sql)
            connection.execute(sql)
            there, done = verdicts_there(project)
            assert there == verdicts_here(database, checks), damage
            assert "failed" in there.values(), damage
            assert done.code == 3
            connection.execute("truncate finance.fct_payments")
            connection.execute("insert into finance.fct_payments table finance._kept")
    finally:
        connection.execute("drop table finance._kept")
