"""Promotion into a real PostgreSQL: once and only once, equal to the row, all marts or none."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from buck.sandbox.postgres.server import PostgresServer
from tests.integration.warehouses.conftest import PASSWORD
from tests.scratch import Scratch

PROMOTE = ("promote", "--target", "postgres")
KILLER = Path(__file__).with_name("killed_promotion.py")
RAW = "select count(*), count(distinct _buck_seq) from raw.raw_stripe_charges"
FIRST = "(select payment_key from {} order by payment_key limit 1)"
Database = Callable[[], tuple[dict[str, str], psycopg.Connection]]


@pytest.fixture
def database(server: PostgresServer, access: dict[str, str]) -> Iterator[Database]:
    """Makes empty databases: how to reach one, and a connection to it."""
    opened = []

    def make() -> tuple[dict[str, str], psycopg.Connection]:
        name = f"promotion_{len(opened)}"
        with server.connect("warehouse") as connection:
            connection.autocommit = True
            connection.execute(f"drop database if exists {name}")
            connection.execute(f"create database {name}")
        opened.append(server.connect(name))
        opened[-1].autocommit = True
        return access | {"BUCK_POSTGRES_DATABASE": name}, opened[-1]

    yield make
    for connection in opened:
        connection.close()


def copy_of(project: Scratch, folder: Path, access: dict[str, str]) -> Scratch:
    copied = project.copy(folder)
    copied.env |= access
    return copied


def revenue(connection: Any) -> list[Any]:
    sql = "select currency, sum(net_amount) from finance.agg_monthly_revenue group by 1 order by 1"
    return connection.execute(sql).fetchall()


def published_revenue(project: Scratch) -> list[Any]:
    with duckdb.connect(project.marts, read_only=True) as con:
        return revenue(con)


def rows_there(connection: Any) -> dict[str, int]:
    tables = connection.execute(
        "select tablename from pg_tables where schemaname = 'raw' order by 1"
    ).fetchall()
    return {
        name: connection.execute(f'select count(*) from raw."{name}"').fetchone()[0]
        for (name,) in tables
    }


def rows_here(project: Scratch) -> dict[str, int]:
    """Raw rows as the build pinned them."""
    with duckdb.connect(project.work / "build.duckdb", read_only=True) as con:
        names = con.execute("select view_name from duckdb_views() where schema_name = 'raw'")
        return {
            name: con.execute(f"select count(*) from raw.{name}").fetchone()[0]
            for name in sorted(name for (name,) in names.fetchall())
        }


def test_two_promotions_and_a_way_back(
    early: Scratch, published: Scratch, database: Database, tmp_path: Path
) -> None:
    access, connection = database()
    first = copy_of(early, tmp_path / "first", access)
    plan = first.buck(*PROMOTE, "--plan", "--json").expect(0).json
    assert plan["rows"] == sum(rows_here(first).values())
    assert len(plan["models_new"]) > 90
    assert plan["models_changed"] == plan["findings"] == []
    assert plan["bytes_scanned"] > 100_000
    schemas = "select count(*) from pg_namespace where nspname ~ '^(buck|raw|finance)'"
    assert connection.execute(schemas).fetchone() == (0,), "a plan leaves no trace"

    # Somebody else's table has the name of a mart: it stops on the way, and then continues.
    connection.execute("create schema finance; create table finance.fct_payments (mine int)")
    stopped = first.buck(*PROMOTE).expect(4)
    assert "finance.fct_payments exists there and is no view of Buck's" in stopped.err
    assert connection.execute("select count(*) from finance.fct_payments").fetchone() == (0,)
    connection.execute("drop table finance.fct_payments")
    settings = first.root / ".buck.yml"
    settings.write_text(
        settings.read_text() + "\nobservability: { openlineage: { file: told.jsonl } }\n"
    )
    done = first.buck(*PROMOTE, "--json").expect(0)
    begun, ended = map(json.loads, (first.root / "told.jsonl").read_text().splitlines())
    assert (begun["eventType"], ended["eventType"]) == ("START", "COMPLETE")
    assert ended["job"]["name"] == "promote postgres"
    server, there = access["BUCK_POSTGRES_PORT"], access["BUCK_POSTGRES_DATABASE"]
    snapshot = first.snapshot()
    assert {(o["namespace"], o["name"]) for o in ended["outputs"]} == {
        (f"postgres://127.0.0.1:{server}", f"{there}.{t['schema']}.{t['name']}")
        for t in snapshot["tables"]
    }
    assert {i["name"] for i in ended["inputs"]} == {
        *(str(first.lake / "raw" / Path(*name.split("."))) for name in snapshot["lake_versions"]),
        *(str(first.lake / "marts" / t["schema"] / t["name"]) for t in snapshot["tables"]),
    }
    assert done.json["rows_loaded"] == 0, "what had arrived is not sent again"
    assert done.json["promotion"] == "000001"
    assert done.json["receipt"]["is_equal"]
    assert {t["table"] for t in done.json["receipt"]["tables"]} == {
        f"{t['schema']}.{t['name']}" for t in first.snapshot()["tables"]
    }
    assert rows_there(connection) == rows_here(first)
    assert revenue(connection) == published_revenue(first) != []
    assert "= snapshot 000001 is promotion 000001" in first.buck(*PROMOTE).expect(0).out
    receipt = first.root / "lake" / "promotions" / "postgres" / "000001.json"
    assert json.loads(receipt.read_text())["hash"] == done.json["receipt"]["hash"]
    assert "proven" in receipt.with_suffix(".md").read_text()
    assert "30 marts" in first.buck("promote", "verify", "postgres/000001").expect(0).out

    # A reader with a grant, a raw table compacted meanwhile, and twelve more days.
    connection.execute("create role reader; grant usage on schema finance to reader")
    connection.execute("grant select on finance.fct_payments to reader")
    second = copy_of(published, tmp_path / "second", access)
    second.connect(published.work / "sandbox")
    few = {"BUCK__LAKE__COMPACTION__MIN_FILES": "2"}
    merged = second.buck("lake", "compact", "stripe.charges", "--json", env=few).expect(0).json
    assert merged[0]["files_after"] == 1
    assert second.buck("run").expect(0).out
    newer = second.buck(*PROMOTE, "--plan", "--json").expect(0).json
    assert 0 < newer["rows"] == sum(rows_here(second).values()) - sum(rows_here(first).values())
    assert not any(load["is_whole"] for load in newer["loads"])
    assert second.buck(*PROMOTE, "--json").expect(0).json["promotion"] == "000002"
    assert rows_there(connection) == rows_here(second)
    assert len(set(connection.execute(RAW).fetchone())) == 1
    assert revenue(connection) == published_revenue(second) != published_revenue(first)
    with connection.transaction():
        connection.execute("set local role reader")
        assert connection.execute("select count(*) from finance.fct_payments").fetchone()[0] > 0
    unchanged = "select count(*) from pg_tables where tablename ~ '^core__dim_country__'"
    assert connection.execute(unchanged).fetchone() == (1,), "equal marts are kept once"

    # A build by hand does not reach what readers see; one minor unit is found.
    refused = second.buck("dbt", "build", "--target", "postgres", "-s", "fct_payments").expect(1)
    assert "readers of postgres see promotion 000002" in refused.err
    profiles = second.root / "transform" / "profiles.yml"
    before = profiles.read_text()
    profiles.write_text(re.sub(r"(?m)^(\s+)postgres:$", r"\1warehouse_one:", before))
    named = ("dbt", "build", "--target", "warehouse_one", "-s", "fct_payments")
    assert "readers of warehouse_one see promotion" in second.buck(*named).expect(1).err
    profiles.write_text(before)
    copy = "buck_marts.finance__fct_payments__000002"
    one = FIRST.format(copy)
    connection.execute(f"update {copy} set amount = amount + 0.01 where payment_key = {one}")
    found = second.buck("promote", "verify", "postgres/000002").expect(1)
    assert "finance.fct_payments: 1 rows changed" in found.out
    assert re.search(r"amount: [\d.]+ here, [\d.]+ there", found.out)
    connection.execute(f"update {copy} set amount = amount - 0.01 where payment_key = {one}")
    text = (second.root / "lake" / "promotions" / "postgres" / "000002.json").read_text()
    forged = tmp_path / "forged.json"
    forged.write_text(text.replace('"rows": ', '"rows": 1'))
    assert "was changed" in second.buck("promote", "verify", str(forged)).expect(1).out

    # Back, without building; and the newest again.
    back = second.buck("rollback", "--target", "postgres", "--reason", "rates").expect(0)
    assert "promotion 000001" in back.out
    assert revenue(connection) == published_revenue(first)
    second.buck("promote", "verify", "postgres/000002").expect(1)
    second.buck("rollback", "--target", "postgres", "--to", "2").expect(0)
    assert revenue(connection) == published_revenue(second)
    second.buck("rollback", "--target", "postgres", "--to", "9").expect(2)
    second.buck("promote", "verify", "postgres/000002").expect(0)
    told = json.dumps(second.buck("pipeline", "logs", "promote postgres", "--json").expect(0).json)
    assert '"raw_promoted"' in told
    assert PASSWORD not in told + text + found.out + found.err


def test_a_promotion_killed_at_every_step_is_continued(
    early: Scratch, database: Database, tmp_path: Path
) -> None:
    """Each goes on from where the one before was killed, and is killed a step later."""
    access, connection = database()
    project = copy_of(early, tmp_path / "killed", access)
    for step in ("load", "build", "prove", "publish", "published"):
        killed = subprocess.run(
            [sys.executable, str(KILLER), str(project.root)],
            check=False,
            env=project.environment() | {"KILL_AT": step},
            capture_output=True,
        )
        assert killed.returncode == -9, (step, killed.stderr)
        seen = connection.execute("select to_regclass('finance.fct_payments') is not null")
        assert seen.fetchone() == (step == "published",), f"{step}: all marts or none"
    done = project.buck(*PROMOTE, "--json").expect(0).json
    assert (done["status"], done["promotion"]) == ("unchanged", "000001")
    assert_promoted(project, connection)


@pytest.mark.soak
@pytest.mark.parametrize("step", ["load", "build", "prove", "publish"])
def test_a_killed_promotion_is_continued_at_once(
    early: Scratch, database: Database, tmp_path: Path, step: str
) -> None:
    access, connection = database()
    project = copy_of(early, tmp_path / "killed", access)
    environment = project.environment() | {"KILL_AT": step}
    subprocess.run([sys.executable, str(KILLER), str(project.root)], check=False, env=environment)
    done = project.buck(*PROMOTE, "--json").expect(0).json
    assert (done["status"], done["promotion"]) == ("ok", "000001")
    assert_promoted(project, connection)


def assert_promoted(project: Scratch, connection: psycopg.Connection) -> None:
    assert rows_there(connection) == rows_here(project)
    assert revenue(connection) == published_revenue(project) != []
    leftover = connection.execute(
        "select count(*) from pg_tables where schemaname = 'buck_marts'"
    ).fetchone()
    assert leftover == (30,)


def test_ctrl_c_stops_a_promotion_and_the_next_one_continues(
    early: Scratch, database: Database, tmp_path: Path
) -> None:
    access, connection = database()
    project = copy_of(early, tmp_path / "stopped", access)
    spare = tmp_path / "spare"
    spare.mkdir()
    project.env["TMPDIR"] = str(spare)
    for step in ("load raw tables", "build there"):
        process = project.start(*PROMOTE)
        said = ""
        for line in process.stderr:
            said += line
            if step in line:
                break
        assert process.poll() is None, said
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=30)
        said += out + rest
        assert process.returncode == 130, said
        assert said.count("interrupted") == 1, said
        assert "Traceback" not in said
        run = project.runs()[0]
        assert (run["status"], run["pipeline"]) == ("interrupted", "promote postgres")
        assert run["error"].startswith("interrupted "), run
        assert list(spare.iterdir()) == []
        shown = connection.execute("select to_regclass('finance.fct_payments')").fetchone()
        assert shown == (None,)
    done = project.buck(*PROMOTE, "--json").expect(0).json
    assert (done["status"], done["rows_loaded"]) == ("ok", 0)
    assert rows_there(connection) == rows_here(project)
    assert revenue(connection) == published_revenue(project) != []


def test_unequal_marts_are_not_published(
    early: Scratch, database: Database, tmp_path: Path
) -> None:
    access, connection = database()
    project = copy_of(early, tmp_path / "project", access)
    killed = project.environment() | {"KILL_AT": "build"}
    subprocess.run([sys.executable, str(KILLER), str(project.root)], env=killed, check=False)
    # A name that no test looks at, in the rows as they arrived.
    connection.execute("update raw.raw_salesforce_opportunity set name = name || ' Ltd'")
    refused = project.buck(*PROMOTE).expect(3)
    assert "sales.fct_opportunities" in refused.out
    assert "readers there see what they saw" in refused.err
    assert connection.execute("select to_regclass('finance.fct_payments')").fetchone() == (None,)
    kept = list((project.root / "lake" / "promotions" / "postgres").glob("2*.json"))
    assert [json.loads(file.read_text())["is_equal"] for file in kept] == [False]


def test_what_must_not_be_promoted(
    early: Scratch, database: Database, tmp_path: Path, server: PostgresServer
) -> None:
    access, connection = database()
    project = copy_of(early, tmp_path / "project", access)
    assert "which warehouse is meant?" in project.buck("promote").expect(2).err
    unbuilt = project.buck("promote", "--target", "redshift").expect(2)
    assert "nothing can be promoted into redshift yet" in unbuilt.err
    project.buck(*PROMOTE, "--snapshot", "77").expect(2)
    project.buck("promote", "verify", "postgres/000009").expect(2)
    wrong = project.buck(*PROMOTE, env={"DBT_ENV_SECRET_POSTGRES_PASSWORD": "canary-x"}).expect(1)
    assert "canary-x" not in wrong.err
    asked = project.buck("--env", "prod", *PROMOTE, env={"BUCK_LAKE": "lake"}).expect(2)
    assert "--yes" in asked.err
    project.edit("transform/models/marts/core/dim_date.sql", "with\n", "with \n")
    edited = project.buck(*PROMOTE).expect(1)
    assert "1 models are not those of snapshot 000001: dim_date" in edited.err
    project.edit("transform/models/marts/core/dim_date.sql", "with \n", "with\n")
    with server.connect(access["BUCK_POSTGRES_DATABASE"]) as other:
        other.execute("select pg_advisory_lock(hashtext('buck'))")
        assert "another promotion" in project.buck(*PROMOTE).expect(1).err
    connection.execute("create schema buck; create table buck.lake (id text primary key)")
    connection.execute("insert into buck.lake values ('0815')")
    assert "of another lake" in project.buck(*PROMOTE).expect(1).err
