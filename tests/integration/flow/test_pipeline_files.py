"""`python pipelines/<source>_pipeline.py`: the same landing, recorded the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("source", ["stripe", "salesforce", "app"])
def test_a_pipeline_file_lands_what_a_run_lands(project: Any, published: Any, source: str) -> None:
    project.connect(published.work / "sandbox")
    project.python(f"pipelines/{source}_pipeline.py").expect(0)
    mine, theirs = project.newest(source), published.newest(source)
    assert set(mine) == set(theirs)
    # Stripe forgets events after thirty days, so a late first load never sees them all.
    for table in set(theirs) - {"events"}:
        # A record that came and went before this first load was never seen here.
        assert [r for r in mine[table] if not r[-1]] == [r for r in theirs[table] if not r[-1]], (
            table
        )
    versions = project.versions(source)
    project.python(f"pipelines/{source}_pipeline.py").expect(0)
    assert project.versions(source) == versions, "a second landing brings nothing"
    runs = project.runs()
    assert [(r["pipeline"], r["status"]) for r in runs] == [(f"land {source}", "ok")] * 2
    assert runs[0]["rows_landed"] == 0
    assert runs[1]["rows_landed"] == sum(len(rows) for rows in versions.values())
    assert project.leftovers() == []
    assert not project.marts.exists()


def test_a_run_continues_where_a_pipeline_file_stopped(
    early: Any, published: Any, copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(early)
    project.connect(published.work / "sandbox")
    project.python("pipelines/stripe_pipeline.py").expect(0)
    done = project.buck("run", "--json").expect(0)
    landed = {load["source"]: load["rows_landed"] for load in done.json["loads"]}
    assert landed["stripe"] == 0
    assert landed["app"] > 0
    assert project.facts() == published.facts()


def test_a_failure_is_said_in_words(project: Any) -> None:
    done = project.python("pipelines/stripe_pipeline.py").expect(2)
    assert "STRIPE_API_KEY" in done.err
    assert "Traceback" not in done.err
    assert "hint: " in done.err


def test_it_runs_from_any_folder(published: Any, copy_of: Callable[[Any], Any]) -> None:
    project = copy_of(published)
    program = ("sh", "-c", 'cd / && exec "$0" "$1"', "python")
    file = str(project.root / "pipelines" / "app_pipeline.py")
    done = project.buck(file, program=program)
    done.expect(0)
    assert project.runs()[0]["pipeline"] == "land app"
