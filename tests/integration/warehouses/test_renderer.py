"""The SQL that `buck portability` reads is the SQL that dbt would run: rendered twice, compared."""

from __future__ import annotations

import json
import re

import pytest

from buck.flow.building import workspace
from buck.portability import DbtProject, compile_models
from buck.project import open_project

OPTIONS = ("--no-introspect", "--full-refresh")


@pytest.fixture(scope="module")
def project(published, access, tmp_path_factory):
    project = published.copy(tmp_path_factory.mktemp("renderer") / "project")
    project.env |= access
    return project


@pytest.mark.parametrize(("target", "folder"), [("duckdb", "target"), ("postgres", "postgres")])
def test_the_renderer_without_adapters_writes_what_dbt_writes(project, target, folder):
    project.buck("dbt", "compile", "--target", target, *OPTIONS).expect(0)
    compiled = json.loads((project.work / "dbt" / folder / "manifest.json").read_text())
    nodes = [node for node in compiled["nodes"].values() if node.get("compiled_code")]
    written = compile_models(parsed(project), target)
    models = {node["name"] for node in nodes if node["resource_type"] == "model"}
    assert len(models) >= 90
    assert models - set(written) == set()

    differing = {}
    for node in nodes:
        # dbt's own tests (`unique`, `not_null`…) are not read by the renderer; ours are.
        ours, theirs = tokens(written.get(node["name"], "")), tokens(node["compiled_code"])
        if node["name"] in written and ours != theirs:
            differing[node["name"]] = (" ".join(ours), " ".join(theirs))
    assert differing == {}


def parsed(project) -> DbtProject:
    """What `buck portability` starts from: dbt's parse for DuckDB, for whichever engine."""
    opened = open_project(project.root)
    space = workspace(opened, opened.as_of())
    return DbtProject.load(
        space.project_dir,
        space.target_path / "manifest.json",
        profiles=space.profiles_dir,
        variables=space.vars,
    )


def tokens(sql: str) -> list[str]:
    """Words and marks, however they are spaced."""
    # DuckDB's database is named for its file, which the renderer does not know.
    sql = sql.replace('"build".', '"warehouse".')
    return re.findall(r"\w+|[^\w\s]", sql)
