"""Building somebody's models once on an empty DuckDB, to see which of them it can run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buck.project import Project
from buck.scaffold.subset.asking import parsing_workspace
from buck.transform import BUILT, ProjectGraph, build, parent_ids, read_graph


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    graph: ProjectGraph
    refused: Mapping[str, str]
    """Unique ids of what DuckDB cannot run, to what it says."""
    below: Mapping[str, str]
    """Those that read any of them, to which."""
    waiting: Mapping[str, str]
    """Those that read raw tables, which nothing has landed yet, to a table's name."""

    @property
    def left(self) -> list[Mapping[str, Any]]:
        """What can be built now."""
        lost = {*self.refused, *self.below, *self.waiting}
        return [n for n in self.graph.of_type(*BUILT) if n["unique_id"] not in lost]

    def lost(self) -> list[Mapping[str, Any]]:
        """What cannot, with the dashboards that show it."""
        gone = {*self.refused, *self.below, *self.waiting}
        exposures = (e for e in self.graph.of_type("exposure") if gone & set(parent_ids(e)))
        return [*(n for n in self.graph.of_type(*BUILT) if n["unique_id"] in gone), *exposures]


def try_models(project: Project, *, work: Path) -> Trial:
    """Build seeds, models and snapshots in a scratch database.

    Raises:
        TransformError: the project cannot be parsed.
    """
    space = parsing_workspace(project, work=work)
    done = build(space, exclude=["resource_type:test", "resource_type:unit_test"])
    graph = read_graph(space.target_path)
    sources = {n["unique_id"]: f"{n['source_name']}.{n['name']}" for n in graph.of_type("source")}
    waiting = _reached(graph, sources)
    refused = {
        node.unique_id: _first_line(node.message)
        for node in done.errored_models
        if node.unique_id not in waiting
    }
    names = {unique_id: unique_id.rpartition(".")[2] for unique_id in refused}
    return Trial(graph, refused, _reached(graph, names, but=waiting), waiting)


def _reached(
    graph: ProjectGraph, start: Mapping[str, str], *, but: Iterable[str] = ()
) -> dict[str, str]:
    """Whatever reads any of these, directly or not, to the name of the first it was reached by."""
    found = dict(start)
    passed = set(but)
    while True:
        new = {
            node["unique_id"]: found[parent]
            for node in graph.of_type(*BUILT)
            for parent in parent_ids(node)
            if parent in found and node["unique_id"] not in {*found, *passed}
        }
        if not new:
            return {i: name for i, name in found.items() if i not in start}
        found |= new


def _first_line(message: str) -> str:
    """What DuckDB says, without where dbt found it and without the query."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    said = [line for line in lines if "Error" in line and not line.startswith("Database Error")]
    return (said or lines or ["it does not say why"])[0]
