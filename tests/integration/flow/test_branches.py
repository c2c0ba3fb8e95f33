"""A run's steps as a graph: side by side, blocked, tried again, stopped, continued."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buck import sandbox

SOURCES = ("stripe", "salesforce", "app")
BUILDING = ["pin raw tables", "build candidates", "check candidates", "publish"]
WRONG = {"SALESFORCE_CLIENT_SECRET": "nobody-knows-this-secret-0001"}


@pytest.fixture
def behind(early: Any, published: Any, copy_of: Callable[[Any], Any]) -> Callable[[], Any]:
    """Makes projects with twelve days to catch up."""

    def make() -> Any:
        project = copy_of(early)
        project.connect(published.work / "sandbox")
        return project

    return make


@pytest.fixture
def settled(published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A project for which there is nothing new."""
    project = copy_of(published)
    project.connect(published.work / "sandbox")
    return project


def configure(project: Any, name: str, *lines: str) -> None:
    """Add a pipeline to the project's file."""
    text = "".join(f"    {line}\n" for line in lines)
    project.edit(".buck.yml", "pipelines:\n", f"pipelines:\n  {name}:\n{text}")


def events(project: Any, pipeline: str = "all") -> list[dict[str, Any]]:
    """What the newest run of a pipeline recorded."""
    found = project.buck("pipeline", "logs", pipeline, "--json").expect(0).json
    return [e for e in found if e["run_id"] == found[-1]["run_id"]]


def ends(project: Any, pipeline: str = "all") -> dict[str, str]:
    """How each step of a pipeline's newest run ended."""
    found = events(project, pipeline)
    return {e["step"]: e["status"] for e in found if e["kind"] == "step_finished"}


def test_sources_landed_side_by_side_land_what_they_land_in_turn(
    behind: Callable[[], Any], published: Any
) -> None:
    together, in_turn = behind(), behind()
    together.buck("run").expect(0)
    in_turn.buck("run", env={"BUCK__PERFORMANCE__MAX_PARALLEL_SOURCES": "1"}).expect(0)
    for project, at_once in ((together, 3), (in_turn, 1)):
        going_on, most = set(), 0
        for event in events(project):
            if event["step"].startswith("land ") and event["kind"] == "step_started":
                going_on.add(event["step"])
            elif event["kind"] == "step_finished":
                going_on.discard(event["step"])
            most = max(most, len(going_on))
        assert most == at_once
        landed = [e for e in events(project) if e["kind"] == "table_landed"]
        steps = {f"land {e['facts']['table'].partition('.')[0]}": e["step"] for e in landed}
        assert steps == {f"land {source}": f"land {source}" for source in SOURCES}
    for source in SOURCES:
        assert together.versions(source) == in_turn.versions(source)
    assert together.facts() == in_turn.facts() == published.facts()
    assert together.leftovers() == []


def test_a_failed_branch_leaves_the_others_running_and_is_continued(
    behind: Callable[[], Any], published: Any
) -> None:
    project = behind()
    before = project.published_bytes()
    refused = project.buck("run", "--continue").expect(2)
    assert "the newest run of all is ok" in refused.err
    failed = project.buck("run", env=WRONG).expect(1)
    assert "blocked by land salesforce" in failed.err
    assert ends(project) == {
        "land stripe": "ok",
        "land salesforce": "failed",
        "land app": "ok",
        **dict.fromkeys(BUILDING, "blocked"),
    }
    assert project.published_bytes() == before
    broken = project.runs()[0]
    assert (broken["status"], broken["step"]) == ("failed", "land salesforce")

    project.buck("run", "--continue", env=WRONG).expect(1)
    done = project.buck("run", "--continue", "--json").expect(0).json
    assert [load["source"] for load in done["loads"]] == ["salesforce"]
    assert done["as_of"] == broken["as_of"]
    assert ends(project) == {
        "land stripe": "kept",
        "land salesforce": "ok",
        "land app": "kept",
        **dict.fromkeys(BUILDING, "ok"),
    }
    assert project.facts() == published.facts()
    assert project.leftovers() == []


def test_a_run_that_broke_later_is_continued_there(
    behind: Callable[[], Any], published: Any
) -> None:
    project = behind()
    mart = "transform/models/marts/finance/agg_monthly_revenue.sql"
    sound = (project.root / mart).read_text()
    (project.root / mart).write_text("select no_such_column from {{ ref('fct_payments') }}")
    project.buck("run").expect(1)
    assert ends(project)["build candidates"] == "failed"
    assert {ends(project)[step] for step in BUILDING[2:]} == {"blocked"}
    models = {
        e["facts"]["model"]: e["status"] for e in events(project) if e["kind"] == "model_built"
    }
    assert models["agg_monthly_revenue"] == "errored"
    assert "ok" in models.values()

    (project.root / mart).write_text(sound)
    check = project.root / "transform" / "checks" / "finance" / "impossible.yml"
    check.write_text("checks for fct_payments:\n  - row_count < 0:\n      name: Nobody pays\n")
    project.buck("run", "--continue").expect(3)
    assert {ends(project)[f"land {source}"] for source in SOURCES} == {"kept"}
    assert ends(project)["check candidates"] == "gate_closed"

    check.unlink()
    done = project.buck("run", "--continue", "--json").expect(0).json
    assert (done["loads"], done["models_built"], done["published"]) == ([], 0, True)
    assert ends(project)["build candidates"] == "kept"
    assert project.facts() == published.facts()
    assert project.buck("run", "--json").expect(0).json["status"] == "unchanged"


def test_a_source_is_asked_again_only_for_what_can_pass(settled: Any) -> None:
    project = settled
    retries = "retries: {count: 2, delay: 1s, max_delay: 1s}"
    configure(project, "money", "sources: [stripe]", retries)
    configure(project, "people", "sources: [salesforce]", retries)
    impatient = "tables=TABLES, patience_s=0.5)"
    project.edit("pipelines/stripe_pipeline.py", "tables=TABLES)", impatient)
    dead = {"STRIPE_API_BASE": "http://127.0.0.1:9"}
    told = project.buck("pipeline", "run", "money", env=dead).expect(1)
    assert told.err.count("land stripe is tried again in 1") == 2
    assert [e["facts"]["attempt"] for e in events(project, "money") if e["kind"] == "retried"] == [
        1,
        2,
    ]
    assert project.leftovers() == []
    project.buck("pipeline", "run", "people", env=WRONG).expect(1)
    assert "retried" not in {e["kind"] for e in events(project, "people")}


def test_a_run_that_hangs_is_stopped_told_and_healed_by_the_next(
    settled: Any, faulty_sandbox: Path
) -> None:
    project = settled
    configure(project, "money", "sources: [stripe]", "timeout: 4s", "sla: 1s")
    sandbox.set_faults(faulty_sandbox, "stripe", {"delay_s": 60})
    began = time.monotonic()
    done = project.buck("run", "money").expect(1)
    assert time.monotonic() - began < 30
    assert "money took longer than 4s and was stopped" in done.err
    assert "hint: " in done.err
    run = project.runs()[0]
    assert (run["status"], run["step"]) == ("failed", "land stripe")
    assert "took longer than 4s" in run["error"]
    sandbox.clear_faults(faulty_sandbox)
    configure(project, "patient", "sources: [stripe]", "timeout: 10m", "sla: 1s")
    project.buck("run", "patient").expect(0)
    assert project.leftovers() == []
    ended = events(project, "patient")[-1]["facts"]
    assert (ended["sla_s"], ended["is_late"]) == (1, True)


def test_a_pipeline_waits_until_the_one_before_it_is_well(settled: Any) -> None:
    project = settled
    configure(project, "money", "sources: [stripe]")
    configure(project, "people", "sources: [salesforce]", "depends_on: [money]")
    never = project.buck("run", "people").expect(1)
    assert "people is blocked: money has never run" in never.err
    assert ends(project, "people") == {
        "land salesforce": "blocked",
        **dict.fromkeys(BUILDING, "blocked"),
    }
    assert project.runs()[0]["status"] == "blocked"
    project.buck("run", "money", env={"STRIPE_API_KEY": "rk_live_nobodyknowsthiskey1"}).expect(1)
    assert "is failed" in project.buck("run", "people").expect(1).err
    project.buck("run", "money").expect(0)
    project.buck("run", "people").expect(0)
    configure(project, "circle", "depends_on: [ring]")
    configure(project, "ring", "depends_on: [circle]")
    assert "circle → ring → circle" in project.buck("run", "circle").expect(2).err
