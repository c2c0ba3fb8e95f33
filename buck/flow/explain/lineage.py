"""Names of nodes in words, and where they come from as a drawing."""

from __future__ import annotations

from typing import Any

from buck.records.card import Tree
from buck.transform import ProjectGraph

WORDS = {"source": "raw table", "exposure": "dashboard", "semantic_model": "semantic model"}


def name_of(node: dict[str, Any]) -> str:
    """The name a person uses: `stripe.charges` for a raw table, else the node's own."""
    if node["resource_type"] == "source":
        return f"{node['source_name']}.{node['name']}"
    return str(node["name"])


def describe(node: dict[str, Any]) -> str:
    """The name with what it is."""
    kind = str(node["resource_type"])
    if kind == "exposure":
        return f"{node.get('label') or node['name']} ({node['type']})"
    return f"{name_of(node)} ({_kind(node)})"


def draw_parents(node: dict[str, Any], graph: ProjectGraph) -> Tree:
    """Everything a node is made of, down to the raw tables.

    What several nodes read is drawn once in full, at its first place.
    """
    drawn: set[str] = set()

    def draw(at: dict[str, Any]) -> Tree:
        parents = graph.parents(at)
        is_again = at["unique_id"] in drawn and bool(parents)
        drawn.add(at["unique_id"])
        if is_again:
            return Tree(name_of(at), "↑ above")
        return Tree(name_of(at), _kind(at), tuple(draw(parent) for parent in parents))

    return draw(node)


def _kind(node: dict[str, Any]) -> str:
    kind = str(node["resource_type"])
    if kind == "model":
        return str(node["config"].get("materialized") or "model")
    return WORDS.get(kind, kind)
