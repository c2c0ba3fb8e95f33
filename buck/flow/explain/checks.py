"""What is asked of a table: dbt's tests and Soda's checks, in words."""

from __future__ import annotations

from typing import Any

from buck.project import Project
from buck.transform import ProjectGraph


def describe_checks(project: Project, node: dict[str, Any], graph: ProjectGraph) -> tuple[str, ...]:
    """Every check of a table: dbt's data tests, unit tests, then SodaCL; each with its severity."""
    from buck.quality import read_titles

    found = [f"dbt: {_test(test)}" for test in graph.tests_of(node)]
    found += [f"unit test: {test['name']}" for test in graph.unit_tests_of(node)]
    name = str(node.get("identifier") or node["name"])
    titles = read_titles(project.transform_dir / "checks", node["schema"], name)
    return (*found, *(f"soda: {title}" for title in titles))


def _test(test: dict[str, Any]) -> str:
    severity = str(test["config"].get("severity") or "error").lower()
    weak = " (only warns)" if severity.startswith("warn") else ""
    metadata = test.get("test_metadata")
    if not metadata:
        return f"{test['name']}{weak}"
    arguments = metadata.get("kwargs") or {}
    about = arguments.get("column_name") or ", ".join(arguments.get("columns") or ())
    if metadata["name"] == "row_rules":
        about = ", ".join(arguments["rules"])
    return f"{metadata['name']}({about}){weak}"
