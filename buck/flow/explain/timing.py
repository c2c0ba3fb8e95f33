"""How old data may be, and who builds it when."""

from __future__ import annotations

from typing import Any

from buck.flow.building import workspace
from buck.project import Project
from buck.transform import ProjectGraph, list_selected


def sources_below(node: dict[str, Any], graph: ProjectGraph) -> list[dict[str, Any]]:
    """Every raw table that a node is made of, in the order of its name."""
    found: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at["unique_id"] in seen:
            continue
        seen.add(at["unique_id"])
        if at["resource_type"] == "source":
            found[at["unique_id"]] = at
        waiting += graph.parents(at)
    return [found[key] for key in sorted(found)]


def describe_freshness(node: dict[str, Any], graph: ProjectGraph) -> tuple[str, ...]:
    """What the raw tables below a node promise, one line per source."""
    told: dict[str, None] = {}
    for source in sources_below(node, graph):
        limits = source.get("freshness") or {}
        words = [
            f"{word} after {limit['count']} {limit['period']}{'s' if limit['count'] != 1 else ''}"
            for word, key in (("warn", "warn_after"), ("fail", "error_after"))
            if (limit := limits.get(key)) and limit.get("count")
        ]
        if words:
            by = source.get("loaded_at_field") or "arrival"
            told[f"{source['source_name']}: {', '.join(words)}, by {by}"] = None
    return tuple(told)


def describe_builders(project: Project, node: dict[str, Any]) -> tuple[str, ...]:
    """Pipelines that build a model, with when they start."""
    space = workspace(project, project.as_of())
    return tuple(
        f"{name}: {describe_schedule(project, name)}"
        for name, pipeline in sorted(project.pipelines.items())
        if pipeline.select is None or node["name"] in list_selected(space, pipeline.select.split())
    )


def describe_schedule(project: Project, name: str) -> str:
    """When a pipeline starts."""
    schedule = project.settings.orchestration.schedules.get(name)
    if schedule is None:
        return f"when somebody says `buck run {name}`"
    again = "missed runs are caught up" if schedule.catchup else "missed runs are left out"
    return f"cron `{schedule.cron}` ({schedule.timezone}), {again}"
