"""The card of a pipeline."""

from __future__ import annotations

from collections import Counter
from typing import Any

from buck.flow.building import workspace
from buck.flow.explain.timing import describe_freshness, describe_schedule
from buck.flow.landing import choose_sources, module_name
from buck.project import Project
from buck.project.settings import Pipeline
from buck.quality import list_checked_tables
from buck.records.card import Card, Drawing, Section
from buck.transform import ProjectGraph, list_selected

LAYERS = ("staging", "intermediate", "marts")


def explain_pipeline(project: Project, name: str, graph: ProjectGraph) -> Card:
    """What a pipeline lands, builds and checks, when it starts, and how old its data may be."""
    pipeline = project.pipeline(name)[1]
    names = choose_sources(project, pipeline.sources)
    chosen = _selected(project, pipeline, graph)
    whose = "all sources" if not pipeline.sources else ", ".join(names)
    what = "every model" if pipeline.select is None else f"the models of `{pipeline.select}`"
    alerts = [f"{k}: {v}" for k, v in pipeline.alerts.model_dump().items() if v]
    sections = (
        Section("owner", pipeline.owner or "none"),
        Section("schedule", describe_schedule(project, name)),
        Section("after", tuple(pipeline.depends_on) or "no other pipeline"),
        Section("sources", tuple(_source(project, source) for source in names) or "none"),
        Section("flow", _flow(names, chosen)),
        Section("transformations", _transformations(chosen)),
        Section("checks", _checks(project, chosen, graph)),
        Section("freshness", _freshness(project, chosen, graph) or "none"),
        Section("alerts", tuple(alerts) or "none"),
        Section("run it", f"buck run {name}"),
    )
    summary = f"Lands {whose}, builds {what}, and publishes all marts if every check passes."
    return Card("pipeline", name, summary, sections)


def _selected(project: Project, pipeline: Pipeline, graph: ProjectGraph) -> list[dict[str, Any]]:
    built = graph.of_type("model", "seed", "snapshot")
    if pipeline.select is None:
        return built
    wanted = list_selected(workspace(project, project.as_of()), pipeline.select.split())
    return [node for node in built if node["name"] in wanted]


def _source(project: Project, name: str) -> str:
    source = project.source(name)
    words = [f"{source.type} by {source.connector}", source.mode, f"as {source.format}"]
    if source.contract:
        words.append(f"contract {source.contract}")
    if source.sync_frequency:
        words.append(source.sync_frequency)
    return f"{name} (pipelines/{module_name(project, name)}_pipeline.py): {', '.join(words)}"


def _layer(node: dict[str, Any]) -> str:
    parts = node["original_file_path"].replace("\\", "/").split("/")
    return parts[1] if parts[0] == "models" and len(parts) > 2 else str(parts[0])


def _flow(names: list[str], chosen: list[dict[str, Any]]) -> Drawing:
    """The one order in which everything happens, from the sources to the published marts."""
    counts = Counter(_layer(node) for node in chosen)
    layers = [f"{layer} ({counts[layer]})" for layer in LAYERS if counts[layer]]
    way = " ─▶ ".join(["lake/raw", *layers, "gate: all checks", "publish: all marts or none"])
    width = max((len(name) for name in names), default=0)
    middle = len(names) // 2
    lines = []
    for row, name in enumerate(names):
        stem = f"{name} {'─' * (width - len(name))}──"
        corner = "─" if len(names) == 1 else "┐" if row == 0 else "┤"
        if row == middle:
            corner = "─" if len(names) == 1 else "┼" if row < len(names) - 1 else "┴"
            lines.append(f"{stem}{corner}─▶ {way}")
        else:
            lines.append(f"{stem}{'┘' if row == len(names) - 1 else corner}")
    return Drawing(tuple(lines) or (way,))


def _transformations(chosen: list[dict[str, Any]]) -> tuple[str, ...]:
    """How many nodes of each layer, and how they are stored."""
    found: dict[str, Counter[str]] = {}
    for node in chosen:
        layers = found.setdefault(_layer(node), Counter())
        layers[str(node["config"].get("materialized") or node["resource_type"])] += 1
    return tuple(
        f"{layer}: {', '.join(_count(n, kind) for kind, n in sorted(kinds.items()))}"
        for layer, kinds in sorted(found.items())
    )


def _checks(project: Project, chosen: list[dict[str, Any]], graph: ProjectGraph) -> tuple[str, ...]:
    tests = {test["unique_id"] for node in chosen for test in graph.tests_of(node)}
    checked = list_checked_tables(project.transform_dir / "checks")
    return (
        _count(len(tests), "dbt test"),
        f"SodaCL on {_count(len(checked), 'table')}",
        "all of them before anything is published",
    )


def _freshness(
    project: Project, chosen: list[dict[str, Any]], graph: ProjectGraph
) -> tuple[str, ...]:
    lines = [line for node in chosen for line in describe_freshness(project, node, graph)]
    return tuple(sorted(dict.fromkeys(lines)))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
