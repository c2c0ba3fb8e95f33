"""How old data may be, and who builds it when."""

from __future__ import annotations

from typing import Any

from buck.flow.building import workspace
from buck.flow.schedule import describe_missed
from buck.project import Project
from buck.records.freshness import duration_text
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


def describe_freshness(
    project: Project, node: dict[str, Any], graph: ProjectGraph
) -> tuple[str, ...]:
    """How old what is below a node may be, one line per source, as `buck freshness check` judges.

    What Buck does not land itself promises what dbt's own file says.
    """
    told: dict[str, None] = {}
    limits = project.settings.data_quality.freshness
    for source in sources_below(node, graph):
        name = str(source["source_name"])
        if name in project.settings.sources:
            stale, critical = map(duration_text, limits.limits_s("source", name, "load"))
            told[f"{name}: stale after {stale}, critical after {critical}, by load time"] = None
        elif words := _promised(source.get("freshness") or {}):
            by = source.get("loaded_at_field") or "arrival"
            told[f"{name}: {', '.join(words)}, by {by}"] = None
    return tuple(told)


def _promised(limits: dict[str, Any]) -> list[str]:
    return [
        f"{word} after {limit['count']} {limit['period']}{'s' if limit['count'] != 1 else ''}"
        for word, key in (("warn", "warn_after"), ("fail", "error_after"))
        if (limit := limits.get(key)) and limit.get("count")
    ]


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
    return f"cron `{schedule.cron}` ({schedule.timezone}), {describe_missed(schedule)}"
