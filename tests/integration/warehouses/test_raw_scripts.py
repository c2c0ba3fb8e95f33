"""Statements that load raw tables from a real lake in a bucket, or show them where they lie.

Redshift's run on PostgreSQL here, whose SQL it took: all but `copy`, which the test does in its
place, by position as Redshift does. Databricks' run on Spark in `soak_spark.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlglot import exp

from buck.flow.building import workspace
from buck.flow.external_tables import google_address, script_external_tables
from buck.flow.lake_access import open_lake
from buck.flow.promotion_record import Known, ask_record
from buck.flow.promotion_script import find_stretches
from buck.lake import SnapshotStore, files_between
from buck.names import RawTable
from buck.project import open_project
from buck.records.raw_files import WarehouseScript
from buck.sandbox.postgres.server import PostgresServer
from buck.warehouses import databricks_sql, redshift_sql
from tests.conftest import make_bucket
from tests.integration.warehouses.cloud_shop import (
    PROFILES,
    Cloud,
    count,
    deliver_coloured,
    make_cloud_shop,
    parsed,
    run,
    script,
    set_warehouse,
)
from tests.integration.warehouses.shop import FIRST, SECOND, make_shop

ROLE = "arn:aws:iam::123456789012:role/lake-reader"
ROWS = "select id, customer, amount, colour from raw.raw_shop_orders order by _buck_seq"
ORDERS = RawTable("shop", "orders")


@pytest.fixture(scope="module")
def cloud(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Cloud:
    bucket = make_bucket(s3_endpoint)
    project = make_cloud_shop(tmp_path_factory.mktemp("cloud"), empty_home, bucket)
    set_warehouse(project, storage_access="{{ BUCK_STORAGE_ROLE }}")
    project.env["BUCK_STORAGE_ROLE"] = ROLE
    first = script(project, "--offline")
    deliver_coloured(project)
    project.buck("run").expect(0)
    return Cloud(project, bucket, first, script(project, "--offline"))


@pytest.fixture
def there(server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """A database in Redshift's place."""
    with server.connect("warehouse") as connection:
        connection.autocommit = True
        connection.execute("drop database if exists redshift")
        connection.execute("create database redshift")
    with server.connect("redshift") as connection:
        connection.autocommit = True
        connection.execute(
            "create function getdate() returns timestamp language sql"
            " as $$ select current_timestamp::timestamp $$"
        )
        yield connection


def known(cloud: Cloud, access: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Known:
    """What the record there says, asked by dbt-postgres in dbt-redshift's place."""
    given = access | {"BUCK_POSTGRES_DATABASE": "redshift"}
    for name, value in (cloud.project.env | given).items():
        monkeypatch.setenv(name, value)
    project = open_project(cloud.project.root)
    space = workspace(project, project.as_of(), target="postgres")
    return ask_record(space, "redshift", {"type": "postgres"}, prefix="", schema="raw")


def test_redshift_copies_exactly_the_files_that_were_added(cloud: Cloud) -> None:
    (stretch,) = cloud.first["tables"]
    assert (stretch["table"], stretch["rows"]) == ("raw.raw_shop_orders", len(FIRST))
    (file,) = stretch["files"]
    assert len(file["sha256"]) == 64
    kinds = [type(one) for one in parsed(cloud.first["statements"], "redshift")]
    assert kinds.count(exp.Copy) == 1
    (copy,) = (one for one in cloud.first["statements"] if one.startswith("copy"))
    ((address, manifest),) = cloud.first["manifests"].items()
    assert address.startswith(f"{cloud.bucket.root}/promotions/redshift/manifests/")
    assert copy == (
        f"copy \"buck_new_1\" from '{address}' iam_role '{ROLE}' format as parquet manifest"
    )
    assert json.loads(manifest)["entries"] == [
        {
            "url": f"{cloud.bucket.root}/{file['name']}",
            "mandatory": True,
            "meta": {"content_length": file["size_bytes"]},
        }
    ]
    begin, end = (cloud.first["statements"].index(word) for word in ("begin", "commit"))
    inside = cloud.first["statements"][begin:end]
    assert inside[1] == 'lock table "buck"."loads"'
    assert copy in inside
    assert [one for one in inside if 'insert into "buck"."loads"' in one]


def test_run_twice_or_again_from_nothing_it_adds_no_row(
    cloud: Cloud,
    there: Any,
    access: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(there, cloud, cloud.first, tmp_path)
    run(there, cloud, cloud.first, tmp_path)
    assert count(there, "raw.raw_shop_orders") == len(FIRST)
    assert count(there, "buck.loads") == count(there, "buck.loaded_files") == 1
    before = known(cloud, access, monkeypatch)
    assert before.loads["raw.raw_shop_orders"].rows == len(FIRST)
    assert not before.replaced

    # What comes next is the second load's file, and the column that it brought.
    project = open_project(cloud.project.root)
    lake = open_lake(project)
    current = SnapshotStore(lake.storage).current()
    assert current is not None
    (stretch,) = find_stretches(project, lake, current.lake_versions, schema="raw", known=before)
    assert (stretch.rows, stretch.is_whole, stretch.new_columns) == (
        len(SECOND),
        False,
        ("colour",),
    )
    files = {lake.storage.url(file.name): file.size_bytes for file in stretch.files}
    assert len(files) == 1
    statements = redshift_sql.load(stretch, ["m"], prefix="", lake=lake.identity, access="")
    assert "iam_role default" in "".join(statements)
    parsed(statements, "redshift")
    newer = {"statements": statements, "manifests": {"m": redshift_sql.manifest(files)}}
    # Its first run dies before the commit.
    with pytest.raises(psycopg.errors.DivisionByZero):
        run(there, cloud, newer | {"statements": [*statements[:-1], "select 1 / 0"]}, tmp_path)
    there.execute("rollback")
    assert count(there, "raw.raw_shop_orders") == len(FIRST)
    run(there, cloud, newer, tmp_path)
    with pytest.raises(psycopg.errors.DuplicateColumn):
        run(there, cloud, newer, tmp_path)
    there.execute("rollback")
    expected = [*(row[0] for row in FIRST), *(row[0] for row in SECOND)]
    assert [row[0] for row in there.execute(ROWS).fetchall()] == expected
    after = known(cloud, access, monkeypatch)
    assert after.columns is not None
    assert "colour" in after.columns["raw.raw_shop_orders"]
    assert find_stretches(project, lake, current.lake_versions, schema="raw", known=after) == []

    # A plan from nothing takes what is missing, which is nothing; another lake's takes nothing.
    run(there, cloud, cloud.second, tmp_path)
    assert [row[0] for row in there.execute(ROWS).fetchall()] == expected
    there.execute(
        "delete from buck.loads where number > 1; delete from raw.raw_shop_orders where "
        "colour is not null"
    )
    run(there, cloud, cloud.second, tmp_path)
    assert [row[0] for row in there.execute(ROWS).fetchall()] == expected
    there.execute("update buck.loads set lake = '0815', version = 0")
    run(there, cloud, cloud.second, tmp_path)
    assert count(there, "raw.raw_shop_orders") == len(expected)


def test_a_table_of_another_state_is_replaced_once(
    cloud: Cloud, there: Any, access: dict[str, str], tmp_path: Path, monkeypatch: Any
) -> None:
    run(there, cloud, cloud.second, tmp_path)
    before = known(cloud, access, monkeypatch)
    project = open_project(cloud.project.root)
    lake = open_lake(project)
    # The lake stands where it stood at first.
    (stretch,) = find_stretches(project, lake, {"shop.orders": 0}, schema="raw", known=before)
    assert stretch.is_whole
    assert stretch.rows == len(FIRST)
    files = {lake.storage.url(file.name): file.size_bytes for file in stretch.files}
    statements = redshift_sql.load(stretch, ["m"], prefix="", lake=lake.identity, access=ROLE)
    parsed(statements, "redshift")
    back = {"statements": statements, "manifests": {"m": redshift_sql.manifest(files)}}
    for _ in range(2):
        run(there, cloud, back, tmp_path)
        assert count(there, "raw.raw_shop_orders") == len(FIRST)
        assert count(there, "buck.loads") == 2
    after = known(cloud, access, monkeypatch)
    assert after.replaced == {"raw.raw_shop_orders"}
    # On Databricks `copy into` would leave out files that it knows, so rows go by their sequence.
    versions = {"shop.orders": cloud.second["tables"][0]["version"]}
    (again,) = find_stretches(project, lake, versions, schema="raw", known=after)
    said = databricks_sql.load(again, catalog="warehouse", prefix="", lake=lake.identity)
    kinds = [type(one) for one in parsed(said, "databricks")]
    assert exp.Copy not in kinds
    assert any("where `_buck_seq` > (select coalesce(max(`_buck_seq`), 0)" in one for one in said)


def test_merged_files_are_not_sent_again(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_shop(tmp_path, cloud.project.home, PROFILES)
    land = ("pipeline", "step", "all", "land", "shop")
    project.buck(*land).expect(0)
    deliver_coloured(project)
    project.buck(*land).expect(0)
    few = {"BUCK__LAKE__COMPACTION__MIN_FILES": "2"}
    project.buck("lake", "compact", "shop.orders", env=few).expect(0)
    monkeypatch.setenv("SHOP_FILES", project.env["SHOP_FILES"])
    lake = open_lake(open_project(project.root))
    state = lake.raw("shop", "orders").state()
    assert len(state.files) == 1
    added = files_between(lake, ORDERS, after=0, until=state.version)
    assert added is not None
    assert [file.rows for file in added] == [len(SECOND)]
    assert files_between(lake, ORDERS, after=state.version - 1, until=state.version) == []
    # Vacuumed since: what is new can't be told any more, and nothing is guessed.
    (project.lake / added[0].name).unlink()
    assert files_between(lake, ORDERS, after=0, until=state.version) is None


def test_databricks_copies_exactly_the_files_that_were_added(cloud: Cloud) -> None:
    plan = script(cloud.project, "--offline", target="databricks")
    assert plan["manifests"] == {}
    (stretch,) = plan["tables"]
    statements = plan["statements"]
    kinds = [type(one) for one in parsed(statements, "databricks")]
    # The files of both loads, each with the columns that it has.
    assert kinds.count(exp.Copy) == 2
    copies = [one for one in statements if one.startswith("copy into")]
    names = [file["name"].rpartition("/")[2] for file in stretch["files"]]
    assert [f"files = ('{name}')" in copy for copy in copies for name in names] == [
        True,
        False,
        False,
        True,
    ]
    assert copies[0].startswith("copy into `warehouse`.`raw`.`raw_shop_orders` from (select cast(")
    assert "cast(null as string) as `colour`" in copies[0]
    assert "cast(`colour` as string) as `colour`" in copies[1]
    assert f"from '{cloud.bucket.root}/raw/shop/orders')" in copies[0]
    guard = next(one for one in statements if "assert_true" in one)
    assert statements.index(guard) < statements.index(copies[0])
    assert f"in (0, {stretch['until']})" in guard


def test_the_plan_is_text_to_be_read_or_a_folder_to_be_run(cloud: Cloud, tmp_path: Path) -> None:
    words = ("promote", "--target", "redshift", "--plan", "--offline")
    shown = cloud.project.buck(*words).expect(0)
    assert "Nothing of it has run on a real account" in shown.out
    assert "redshift was not asked what it has" in shown.out
    assert f"answers at {cloud.bucket.access.endpoint}" in shown.out
    kept = cloud.project.buck(*words, "--to", str(tmp_path / "load")).expect(0)
    assert "aws s3 cp --recursive" in kept.err
    assert (tmp_path / "load" / "load.sql").read_text().count("copy ") == 2
    lists = (tmp_path / "load" / "manifests").iterdir()
    assert {file.name for file in lists} == {
        address.rpartition("/")[2] for address in cloud.second["manifests"]
    }


def test_what_stands_in_the_way_is_named_with_the_next_step(cloud: Cloud, tmp_path: Path) -> None:
    project = cloud.project
    asked = project.buck("promote", "--target", "databricks", "--plan").expect(2)
    assert "hint: pip install 'buck-lakehouse[databricks]'" in asked.err
    whole = project.buck("promote", "--target", "redshift").expect(2)
    assert "nothing can be promoted into redshift yet" in whole.err
    assert "buck promote --target redshift --plan" in whole.err
    wrong = project.buck("promote", "--target", "postgres", "--plan", "--offline").expect(2)
    assert "belong to a plan for redshift or databricks" in wrong.err
    local = {"BUCK__LAKE__ROOT": str(tmp_path / "lake")}
    here = project.buck("promote", "--target", "redshift", "--plan", "--offline", env=local)
    assert "reads files from a bucket only" in here.expect(2).err
    assert "docs/how-to/run-on-s3.md" in here.err


External = Callable[..., WarehouseScript]


@pytest.fixture
def external(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> External:
    """What `buck warehouse external` prints, without a process for each."""

    def make(target: str, **env: str) -> WarehouseScript:
        for name, value in (cloud.project.env | {"BUCK_STORAGE_ROLE": ""} | env).items():
            monkeypatch.setenv(name, value)
        return script_external_tables(open_project(cloud.project.root), target)

    return make


def test_snowflake_reads_the_delta_logs_where_they_lie(cloud: Cloud, external: External) -> None:
    catalog, *rest = external("snowflake").statements
    assert catalog.endswith("catalog_source = object_store table_format = delta enabled = true")
    (_, table) = parsed(rest, "snowflake")
    assert isinstance(table, exp.Create)
    assert rest[-1] == (
        'create iceberg table if not exists "RAW"."RAW_SHOP_ORDERS"'
        " external_volume = 'BUCK_LAKE' catalog = 'BUCK_DELTA'"
        " base_location = 'raw/shop/orders' auto_refresh = true"
    )
    named = external("snowflake", BUCK_STORAGE_ROLE="lake_volume").statements[-1]
    assert "external_volume = 'LAKE_VOLUME'" in named


def test_bigquery_reads_the_delta_logs_where_they_lie(cloud: Cloud, external: External) -> None:
    given = {"BUCK_BIGQUERY_PROJECT": "ours", "BUCK_BIGQUERY_LOCATION": "aws-eu-west-1"}
    plan = external("bigquery", **given)
    connection = " with connection `ours`.`aws-eu-west-1`.`buck_lake`"
    assert plan.statements[-1] == (
        f"create or replace external table `ours`.`raw`.`raw_shop_orders`{connection}"
        f" options (format = 'DELTA_LAKE', uris = ['{cloud.bucket.root}/raw/shop/orders'])"
    )
    # The parser knows no connection.
    dataset, table = parsed([one.replace(connection, "") for one in plan.statements], "bigquery")
    assert (dataset.args["kind"], table.args["kind"]) == ("SCHEMA", "TABLE")
    ours = google_address("s3://team/lake/raw", endpoint="https://storage.googleapis.com")
    assert ours == "gs://team/lake/raw"
    assert google_address("s3://team/lake/raw", endpoint="") == "s3://team/lake/raw"


def test_databricks_knows_the_delta_tables_themselves(cloud: Cloud, external: External) -> None:
    statements = external("databricks").statements
    _, table = parsed(statements, "databricks")
    assert isinstance(table, exp.Create)
    assert statements[-1] == (
        "create table if not exists `warehouse`.`raw`.`raw_shop_orders`"
        f" using delta location '{cloud.bucket.root}/raw/shop/orders'"
    )


def test_redshift_reads_exactly_the_files_of_one_version(
    cloud: Cloud, external: External, tmp_path: Path
) -> None:
    plan = external("redshift", BUCK_STORAGE_ROLE=ROLE)
    statements = plan.statements
    assert f"iam_role '{ROLE}'" in statements[1]
    kinds = [type(one) for one in parsed([statements[0], *statements[2:]], "redshift")]
    # A table for the files of each load, as they have other columns, and a view over both.
    assert kinds == [exp.Create, exp.Drop, exp.Create, exp.Drop, exp.Create, exp.Create]
    entries = [
        entry["url"]
        for content in plan.manifests.values()
        for entry in json.loads(content)["entries"]
    ]
    (table,) = plan.stretches
    assert entries == [f"{cloud.bucket.root}/{file.name}" for file in table.files]
    tables = [one for one in statements if one.startswith("create external table")]
    assert ['"colour"' in one for one in tables] == [False, True]
    assert 'cast(null as varchar(65535)) as "colour"' in statements[-1]
    assert statements[-1].endswith("with no schema binding")
    words = ("warehouse", "external", "redshift", "--to", str(tmp_path / "external"))
    kept = cloud.project.buck(*words).expect(0)
    assert "aws s3 cp --recursive" in kept.err
    assert "create external table" in (tmp_path / "external" / "external.sql").read_text()


def test_a_lake_on_this_machine_is_read_by_no_warehouse(cloud: Cloud, tmp_path: Path) -> None:
    local = {"BUCK__LAKE__ROOT": str(tmp_path / "lake")}
    refused = cloud.project.buck("warehouse", "external", "snowflake", env=local).expect(2)
    assert "snowflake reads files from a bucket only" in refused.err
    other = cloud.project.buck("warehouse", "external", "postgres").expect(2)
    assert "postgres does not read a lake where it lies" in other.err
    shown = cloud.project.buck("warehouse", "external", "bigquery").expect(0)
    assert f"uris = ['{cloud.bucket.root}/raw/shop/orders']" in shown.out


def test_what_is_no_delta_is_named_and_left_out(cloud: Cloud, external: External) -> None:
    json_lines = {"BUCK__SOURCES__SHOP__FORMAT": "json"}
    plan = external("redshift", **json_lines)
    assert plan.stretches == ()
    assert any("not in this: shop.orders" in note for note in plan.notes)
