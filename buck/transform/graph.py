"""The dbt project as a graph: what reads what, what tests it, and what its yml files say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buck.transform.manifest import read_manifest

BUILT = ("model", "seed", "snapshot")


@dataclass(frozen=True, slots=True)
class ProjectGraph:
    """Every node of the project as dbt's manifest holds it, and the edges between them.

    Nodes are dbt's own mappings: their keys are dbt's.
    """

    nodes: Mapping[str, dict[str, Any]]
    """Models, seeds, snapshots, sources, exposures, metrics and semantic models by unique id."""
    tests: tuple[dict[str, Any], ...]
    """Data tests, singular ones included."""
    unit_tests: tuple[dict[str, Any], ...]

    def find(self, name: str) -> dict[str, Any] | None:
        """The node of that name; raw tables also as `source.table` and as the table itself.

        A model goes before a metric of the same name.
        """
        matching = [node for node in self.nodes.values() if name in names_of(node)]
        order = (*BUILT, "source", "metric", "exposure", "semantic_model")
        matching.sort(key=lambda node: order.index(node["resource_type"]))
        return matching[0] if matching else None

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        """Nodes of some resource types, by name."""
        found = [n for n in self.nodes.values() if n["resource_type"] in types]
        return sorted(found, key=lambda node: str(node["name"]))

    def parents(self, node: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a node reads, by name."""
        return self._named(parent_ids(node))

    def children(self, node: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What reads a node: models, exposures, metrics, semantic models; by name."""
        own = node["unique_id"]
        return self._named(i for i, other in self.nodes.items() if own in parent_ids(other))

    def tests_of(self, node: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Data tests that are about the node, by name; singular ones that read it included."""
        own = node["unique_id"]
        about = [
            test
            for test in self.tests
            if own == (test.get("attached_node") or own) and own in parent_ids(test)
        ]
        return sorted(about, key=lambda test: str(test["name"]))

    def unit_tests_of(self, node: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Unit tests of the node's calculation, by name."""
        found = [t for t in self.unit_tests if t["model"] == node["name"]]
        return sorted(found, key=lambda test: str(test["name"]))

    def semantic_model_of(self, node: Mapping[str, Any]) -> dict[str, Any] | None:
        """The semantic model over a model, if one is declared."""
        own = node["unique_id"]
        found = (n for n in self.of_type("semantic_model") if own in parent_ids(n))
        return next(found, None)

    def _named(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        found = [self.nodes[i] for i in dict.fromkeys(ids) if i in self.nodes]
        return sorted(found, key=lambda node: (node["resource_type"], str(node["name"])))


def read_graph(target_path: Path) -> ProjectGraph:
    """The project as last parsed; see `ensure_parsed`.

    Raises:
        TransformError: dbt has not parsed the project yet.
    """
    manifest = read_manifest(target_path)
    nodes: dict[str, dict[str, Any]] = {}
    tests = []
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            tests.append(node)
        elif node["resource_type"] in BUILT:
            nodes[node["unique_id"]] = node
    for part in ("sources", "exposures", "metrics", "semantic_models"):
        nodes |= {n["unique_id"]: n for n in (manifest.get(part) or {}).values()}
    return ProjectGraph(nodes, tuple(tests), tuple((manifest.get("unit_tests") or {}).values()))


def parent_ids(node: Mapping[str, Any]) -> list[str]:
    """Unique ids of what a node depends on, as dbt found them."""
    return list((node.get("depends_on") or {}).get("nodes") or ())


def names_of(node: Mapping[str, Any]) -> set[str]:
    """All names a person may call a node by."""
    if node["resource_type"] == "source":
        dotted = f"{node['source_name']}.{node['name']}"
        return {dotted, str(node.get("identifier") or node["name"])}
    names = {str(node["name"])}
    if node["resource_type"] in BUILT:
        names.add(f"{node['schema']}.{node['name']}")
    return names


def meta_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node's `meta`, wherever dbt keeps it."""
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}


def key_columns(graph: ProjectGraph, node: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a test (or an incremental model's key) says tell the rows apart.

    A `primary_key` test goes first, then a column that is tested as unique and never null.
    """
    found: dict[str, set[str]] = {}
    for test in graph.tests_of(node):
        metadata = test.get("test_metadata") or {}
        arguments = metadata.get("kwargs") or {}
        if metadata.get("name") == "primary_key":
            return tuple(arguments["columns"])
        found.setdefault(str(arguments.get("column_name")), set()).add(str(metadata.get("name")))
    for column, kinds in found.items():
        if {"unique", "not_null"} <= kinds:
            return (column,)
    declared = node["config"].get("unique_key") or ()
    return (declared,) if isinstance(declared, str) else tuple(declared)
