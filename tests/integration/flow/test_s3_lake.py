"""A lake in a bucket: what one machine began another continues, with nothing but the bucket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from buck import sandbox
from tests.conftest import make_bucket
from tests.scratch import Done, Scratch

SECRET = "secret-of-the-bucket-0001"


@dataclass
class Machines:
    """Two machines and one bucket."""

    first: Scratch
    second: Scratch
    runs: dict[str, Done]
    truth: dict[str, Any]


@pytest.fixture(scope="module")
def machines(make_project: Any, s3_endpoint: str, tmp_path_factory: Any) -> Iterator[Machines]:
    home = tmp_path_factory.mktemp("company") / "sandbox"
    env = {
        "BUCK__LAKE__ROOT": make_bucket(s3_endpoint).root,
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "key-of-the-bucket",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }
    one, other = make_project("first-machine"), make_project("second-machine")
    one.env, other.env = env, env
    runs = {}
    try:
        sandbox.up(home, customers=20, days=40)
        one.connect(home)
        runs["first load"] = one.buck("run", "--json").expect(0)
        runs["status there"] = one.buck("pipeline", "status", "--json").expect(0)
        sandbox.advance(home, days=6)
        other.connect(home)
        runs["status here"] = other.buck("pipeline", "status", "--json").expect(0)
        runs["continued"] = other.buck("run", "--json").expect(0)
        runs["doctor"] = other.buck("doctor", "--json").expect(0)
        one.connect(home)
        runs["nothing new"] = one.buck("run", "--json").expect(0)
        yield Machines(one, other, runs, sandbox.truth(home))
    finally:
        sandbox.down(home, forget=True)


def ask(machine: Scratch, sql: str) -> Any:
    return machine.buck("query", sql, "--json").expect(0).json


def test_another_machine_sees_the_history_before_it_runs(machines: Machines) -> None:
    there, here = machines.runs["status there"].json, machines.runs["status here"].json
    assert here == there
    assert [r["status"] for r in here["runs"]] == ["ok"]


def test_another_machine_continues_incrementally(machines: Machines) -> None:
    first, later = machines.runs["first load"].json, machines.runs["continued"].json
    assert 0 < later["rows_landed"] < first["rows_landed"] / 2
    assert later["status"] == "ok"
    assert int(later["snapshot"]) == int(first["snapshot"]) + 1


def test_the_first_machine_has_nothing_left_to_do(machines: Machines) -> None:
    assert machines.runs["nothing new"].json["status"] == "unchanged"
    assert machines.runs["nothing new"].json["rows_landed"] == 0


def test_both_read_the_same_published_marts_and_they_are_true(machines: Machines) -> None:
    sql = "select * exclude (revenue_key) from finance.agg_monthly_revenue order by all"
    rows = ask(machines.first, sql)
    assert rows == ask(machines.second, sql)
    real = {(e["period"], e["currency"]): e["net"] for e in machines.truth["by_month"]}
    held = {(r["revenue_month"][:7], r["currency"]): r["net_amount_minor"] for r in rows}
    assert {k: v for k, v in held.items() if v} == {k: v for k, v in real.items() if v}
    stamps = [ask(m, "from core.buck_snapshot") for m in (machines.first, machines.second)]
    assert stamps[0] == stamps[1]
    assert stamps[0][0]["snapshot_id"] == machines.runs["continued"].json["snapshot"]


def test_raw_tables_answer_from_the_bucket(machines: Machines) -> None:
    sql = "select count(*) as n, count(distinct id) as ids from raw.raw_stripe_charges"
    (held,) = machines.first.buck("query", sql, "--raw", "--json").expect(0).json
    assert held["n"] >= held["ids"] > 0


def test_the_doctor_finds_a_second_writer_refused(machines: Machines) -> None:
    findings = {f["subject"]: f for f in machines.runs["doctor"].json}
    assert findings["lake"]["status"] == "passed"


def test_nothing_of_the_lake_lies_beside_the_bucket(machines: Machines) -> None:
    for machine in (machines.first, machines.second):
        beside = {p.name for p in machine.lake.iterdir()} - {".buck"}
        assert beside == set()
        assert machine.leftovers() == []


def test_the_private_folder_can_be_deleted(machines: Machines) -> None:
    environment = machines.second.work / "sandbox" / "environment.json"
    held = environment.read_bytes()
    shutil.rmtree(machines.second.work)
    environment.parent.mkdir(parents=True)
    environment.write_bytes(held)
    done = machines.second.buck("run", "--json").expect(0)
    assert (done.json["status"], done.json["rows_landed"]) == ("unchanged", 0)


def test_the_buckets_secret_is_in_no_file_and_no_output(machines: Machines) -> None:
    for done in machines.runs.values():
        assert SECRET not in done.out + done.err
    for machine in (machines.first, machines.second):
        holding = [
            str(p)
            for p in machine.root.rglob("*")
            if p.is_file() and SECRET.encode() in p.read_bytes()
        ]
        assert holding == []


def test_a_bucket_that_cannot_be_reached_is_named(machines: Machines) -> None:
    env = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = machines.second.buck("pipeline", "status", env=env).expect(1)
    assert machines.second.env["BUCK__LAKE__ROOT"] in done.err
    assert "hint: " in done.err
    assert "Traceback" not in done.err
