"""Whole loads through every fault that the real systems show, and failures that end a run."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buck import sandbox

WORST_DAY = (
    ("stripe", {"status": 429, "times": 6}),
    ("stripe", {"status": 429, "retry_after": 1, "times": 2}),
    ("stripe", {"status": 500, "times": 4}),
    ("stripe", {"cut_after_bytes": 700, "times": 4}),
    ("stripe", {"delay_s": 0.1, "every": 5}),
    ("stripe", {"expire_tokens": True, "times": 1}),
    ("salesforce", {"status": 503, "times": 3}),
    ("salesforce", {"cut_after_bytes": 300, "times": 2}),
    ("salesforce", {"expired_token": True, "times": 2, "every": 7}),
    ("salesforce", {"truncated_gzip": True, "times": 1}),
    ("salesforce", {"job_failed": True, "times": 1}),
    ("salesforce", {"short_page": True, "times": 1}),
)


@pytest.fixture
def behind(early: Any, published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A project with twelve days to catch up."""
    project = copy_of(early)
    project.connect(published.work / "sandbox")
    return project


def impatient(project: Any) -> None:
    """Give up soon; a test has less patience than a night run."""
    project.edit("pipelines/stripe_pipeline.py", "tables=TABLES)", "tables=TABLES, patience_s=1.0)")


def test_a_run_on_the_sources_worst_day_gives_what_a_good_day_gives(
    behind: Any, published: Any, faulty_sandbox: Path, assert_same_raw: Callable[..., None]
) -> None:
    for system, fault in WORST_DAY:
        sandbox.set_faults(faulty_sandbox, system, fault)
    done = behind.buck("run").expect(0)
    happened = {
        system.name: sum(fault["times"] == 0 for fault in system.faults)
        for system in sandbox.status(faulty_sandbox).systems
    }
    assert happened["stripe"] >= 4, done
    assert happened["salesforce"] >= 3, done
    assert_same_raw(behind, published)
    assert behind.facts() == published.facts()


def test_a_denied_table_degrades_the_run_and_the_others_land(
    behind: Any, published: Any, faulty_sandbox: Path, assert_same_raw: Callable[..., None]
) -> None:
    sandbox.set_faults(faulty_sandbox, "stripe", {"deny": "products"})
    done = behind.buck("run", "--json").expect(4)
    assert done.json["status"] == "degraded"
    (stripe,) = [load for load in done.json["loads"] if load["source"] == "stripe"]
    assert set(stripe["skipped"]) == {"products"}
    assert "product" in stripe["skipped"]["products"]
    assert done.json["rows_landed"] > 0
    told = behind.buck("run").expect(4)
    assert "products" in told.out + told.err
    assert "degraded" in told.out
    assert behind.runs()[0]["status"] == "degraded"
    sandbox.clear_faults(faulty_sandbox)
    behind.buck("run").expect(0)
    assert_same_raw(behind, published, sources=("stripe",), newest=True)


def test_an_unreachable_source_fails_with_what_why_and_next(
    behind: Any, early: Any, secrets_in: Callable[[Any], list[str]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    impatient(behind)
    before = behind.published_bytes()
    done = behind.buck("run", env={"STRIPE_API_BASE": f"http://127.0.0.1:{port}"}).expect(1)
    assert f"127.0.0.1:{port}" in done.err
    assert "refused the connection" in done.err
    assert "hint: " in done.err
    assert behind.published_bytes() == before
    run = behind.runs()[0]
    assert (run["status"], run["step"]) == ("failed", "land stripe")
    assert "refused the connection" in run["error"]
    assert secrets_in(behind) == []
    assert behind.leftovers() == []


@pytest.mark.parametrize(
    ("system", "variable", "value"),
    [
        ("stripe", "STRIPE_API_KEY", "rk_live_nobodyknowsthiskey000001"),
        ("salesforce", "SALESFORCE_CLIENT_SECRET", "nobody-knows-this-secret-0001"),
        (
            "app",
            "APP_DATABASE_URL",
            "postgresql://buck:nobody-knows-this-0001@127.0.0.1:{port}/app",
        ),
    ],
)
def test_wrong_credentials_are_named_but_never_shown(
    behind: Any, system: str, variable: str, value: str
) -> None:
    port = behind.sandbox_variables()["APP_DATABASE_URL"].rsplit(":", 1)[1].split("/")[0]
    wrong = value.format(port=port)
    secret = wrong if system != "app" else "nobody-knows-this-0001"
    done = behind.buck("--debug", "pipeline", "run", pipeline_of(system), env={variable: wrong})
    done.expect(1)
    assert system in done.err.lower() or "postgresql" in done.err.lower()
    assert "hint: " in done.err
    assert secret not in done.out + done.err
    holding = [
        p for p in behind.root.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()
    ]
    assert holding == []
    assert behind.leftovers() == []


def pipeline_of(system: str) -> str:
    return "stripe_daily" if system == "stripe" else "sales_pipeline"


def test_a_server_that_only_fails_is_given_up_and_can_be_asked_again(
    behind: Any, published: Any, faulty_sandbox: Path
) -> None:
    impatient(behind)
    sandbox.set_faults(faulty_sandbox, "stripe", {"status": 500})
    before = behind.published_bytes()
    done = behind.buck("run").expect(1)
    assert "answered 500" in done.err
    assert behind.published_bytes() == before
    sandbox.clear_faults(faulty_sandbox)
    behind.buck("run").expect(0)
    assert behind.facts() == published.facts()


def test_a_vanished_column_is_named_and_nothing_of_the_table_lands(
    behind: Any, published: Any
) -> None:
    import psycopg

    url = behind.sandbox_variables()["APP_DATABASE_URL"]
    before, raw_before = behind.published_bytes(), behind.versions("app")
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("alter table products rename column updated_at to changed_at")
        try:
            done = behind.buck("run").expect(1)
        finally:
            con.execute("alter table products rename column changed_at to updated_at")
    assert "updated_at" in done.err
    assert "products" in done.err
    assert "hint: " in done.err
    assert behind.published_bytes() == before
    assert behind.versions("app")["products"] == raw_before["products"]
    behind.buck("run").expect(0)
    assert behind.facts() == published.facts()
