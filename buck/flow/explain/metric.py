"""The card of a metric."""

from __future__ import annotations

from typing import Any

from buck.flow.explain.lineage import describe, draw_parents
from buck.flow.explain.timing import describe_freshness
from buck.project import Project
from buck.records.card import Card, Section
from buck.transform import ProjectGraph, meta_of


def explain_metric(project: Project, node: dict[str, Any], graph: ProjectGraph) -> Card:
    """What a metric counts, from what, and who reads it."""
    meta = meta_of(node)
    readers = tuple(describe(child) for child in graph.children(node))
    sections = (
        Section("label", str(node.get("label") or node["name"])),
        Section("type", str(node["type"])),
        Section("owner", str(meta.get("owner") or "none")),
        Section("unit", str(meta.get("unit") or "none")),
        Section("inputs", tuple(describe(n) for n in graph.parents(node)) or "none"),
        Section("freshness", describe_freshness(project, node, graph) or "none"),
        Section("consumers", readers or "none"),
        Section("ask", f"buck query --metric {node['name']} --grain month"),
        Section("lineage", draw_parents(node, graph)),
    )
    summary = " ".join(str(node.get("description") or "no description").split())
    return Card("metric", str(node["name"]), summary, sections)
