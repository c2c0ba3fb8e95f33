"""`buck backup` and `buck restore`: the lake is destroyed, comes back, and goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCES = ("stripe", "salesforce", "app")


def raw_rows(project: Any) -> dict[str, Any]:
    """Every version of every raw table."""
    return {source: project.versions(source) for source in SOURCES}


def test_a_destroyed_lake_comes_back_and_goes_on(
    early: Any, published: Any, copy_of: Callable[[Any], Any], tmp_path: Path
) -> None:
    project, place = copy_of(early), str(tmp_path / "backups")
    project.connect(published.work / "sandbox")
    before, marts, content = raw_rows(project), project.facts(), project.content()
    ledger = project.runs()
    first = project.buck("backup", "--to", place, "--json").expect(0).json
    assert first["copied"] <= first["objects"]
    assert first["snapshot"] == "000001"

    shutil.rmtree(project.lake)
    done = project.buck("restore", place, "--json").expect(0).json
    assert (done["backup"], done["copied"]) == (first["backup"], first["objects"] - 1)
    assert raw_rows(project) == before
    assert (project.facts(), project.content()) == (marts, content)
    assert [run["run_id"] for run in project.runs()][-len(ledger) :] == [
        run["run_id"] for run in ledger
    ]
    project.buck("lake", "verify").expect(0)

    # The next run lands twelve days, and nothing twice.
    project.connect(published.work / "sandbox")
    ran = project.buck("run", "--json").expect(0).json
    landed = sum(load["rows_landed"] for load in ran["loads"])
    # Other tests may have run it once more, with nothing new.
    assert landed == next(run["rows_landed"] for run in published.runs() if run["rows_landed"])
    assert raw_rows(project) == raw_rows(published)
    assert project.facts() == published.facts()
    second = project.buck("backup", "--to", place, "--json").expect(0).json
    assert 0 < second["copied"] < second["objects"] / 2, "what was there is not copied again"

    # Back by twelve days over a lake and a build database that are ahead, and on again.
    refused = project.buck("restore", place, "--backup", first["backup"]).expect(2)
    assert "--replace" in refused.err
    assert project.facts() == published.facts()
    project.buck("restore", place, "--backup", first["backup"], "--replace").expect(0)
    assert raw_rows(project) == before
    assert project.facts() == marts
    project.buck("run").expect(0)
    assert project.facts() == published.facts()
    assert raw_rows(project) == raw_rows(published)
    told = project.buck("restore", place, "--list", "--json").expect(0).json
    assert [one["backup"] for one in told] == [first["backup"], second["backup"]]
    assert project.leftovers() == []
