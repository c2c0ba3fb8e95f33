"""Finding what a name stands for, and the card that belongs to it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from buck.errors import ConfigError, TransformError
from buck.flow.building import workspace
from buck.flow.explain.failure import explain_failure, failure_names
from buck.flow.explain.metric import explain_metric
from buck.flow.explain.model import explain_model
from buck.flow.explain.pipeline import explain_pipeline
from buck.project import Project
from buck.records.card import Card
from buck.transform import ProjectGraph, ensure_parsed, names_of, read_graph

EXPLAINED = ("model", "seed", "snapshot", "source", "metric")


def explain(project: Project, name: str) -> Card:
    """The design card of a model, raw table, metric, pipeline, exit code or error class.

    Nothing is built and no source is asked; the dbt project is parsed if it changed. Pipelines go
    before models of the same name, because they are the shorter list.

    Raises:
        ConfigError: nothing in the project is called so; the hint has the nearest name.
        TransformError: the dbt project cannot be parsed.
    """
    if name in failure_names():
        return explain_failure(name)
    if name in project.pipelines:
        return explain_pipeline(project, name, _graph(project))
    graph = _graph(project)
    node = graph.find(name)
    if node is None or node["resource_type"] not in EXPLAINED:
        raise _unknown(project, name, graph)
    if node["resource_type"] == "metric":
        return explain_metric(project, node, graph)
    return explain_model(project, node, graph)


def _graph(project: Project) -> ProjectGraph:
    space = workspace(project, project.as_of())
    ensure_parsed(space)
    try:
        return read_graph(space.target_path)
    except TransformError:
        # Somebody removed the manifest but left the parse that it belongs to.
        (space.target_path / "buck_parse.json").unlink(missing_ok=True)
        ensure_parsed(space)
        return read_graph(space.target_path)


def _unknown(project: Project, name: str, graph: ProjectGraph) -> ConfigError:
    named = [n for node in graph.of_type(*EXPLAINED) for n in names_of(node)]
    known: Iterable[str] = [*named, *project.pipelines, *failure_names()]
    near = difflib.get_close_matches(name, known, n=1)
    return ConfigError(
        f"nothing is called {name!r}: no model, raw table, metric, pipeline or error",
        hint=f"did you mean {near[0]}?" if near else "buck dbt ls lists the models",
    )
