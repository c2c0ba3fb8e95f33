"""Reading dbt's semantic models and metrics out of its manifest.

dbt parses and validates the YAML by itself; what executes it (MetricFlow) is another program, with
a connection and a command line of its own. See docs/adr/ on metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from buck.errors import ConfigError
from buck.records.metric import Measure, Metric, MetricInput, MetricType, SemanticModel, Semantics
from buck.transform.graph import ProjectGraph, meta_of

EXECUTED = ("simple", "ratio", "derived")


def read_semantics(graph: ProjectGraph) -> Semantics:
    """Every semantic model and metric of the project.

    Raises:
        ConfigError: a metric is of a type that nothing here computes.
    """
    models = [_model(node) for node in graph.of_type("semantic_model")]
    metrics = [_metric(node) for node in graph.of_type("metric")]
    return Semantics({m.name: m for m in models}, {m.name: m for m in metrics})


def _model(node: Mapping[str, Any]) -> SemanticModel:
    relation = node["node_relation"]
    default_time = str((node.get("defaults") or {}).get("agg_time_dimension") or "")
    dimensions: dict[str, dict[str, str]] = {"time": {}, "categorical": {}}
    for dimension in node["dimensions"]:
        dimensions[dimension["type"]][dimension["name"]] = _expression(dimension)
    primary = next((e["name"] for e in node["entities"] if e["type"] == "primary"), "")
    return SemanticModel(
        name=node["name"],
        schema=relation["schema_name"],
        table=relation["alias"],
        measures={m["name"]: _measure(m, default_time) for m in node["measures"]},
        dimensions=dimensions["categorical"],
        times=dimensions["time"],
        entities={e["name"]: _expression(e) for e in node["entities"]},
        primary=str(node.get("primary_entity") or primary),
    )


def _measure(measure: Mapping[str, Any], default_time: str) -> Measure:
    by = meta_of(measure).get("always_by") or ()
    return Measure(
        name=measure["name"],
        aggregation=str(measure["agg"]),
        expression=_expression(measure),
        time=str(measure.get("agg_time_dimension") or default_time),
        always_by=tuple(by),
        at_the_end=measure.get("non_additive_dimension") is not None,
    )


def _expression(part: Mapping[str, Any]) -> str:
    return str(part.get("expr") or part["name"])


def _metric(node: Mapping[str, Any]) -> Metric:
    kind, params = str(node["type"]), node["type_params"]
    if kind not in EXECUTED:
        raise ConfigError(
            f"the metric {node['name']} is of type {kind}, which is not computed here",
            hint=f"write it as one of {', '.join(EXECUTED)} in {node['original_file_path']}",
        )
    measure = params.get("measure") or {}
    given = params.get("metrics") or ()
    if kind == "ratio":
        given = (params["numerator"], params["denominator"])
    filters = [node.get("filter"), measure.get("filter")]
    return Metric(
        name=node["name"],
        type=cast("MetricType", kind),
        label=str(node.get("label") or node["name"]),
        description=" ".join(str(node.get("description") or "").split()),
        measure=str(measure.get("name") or ""),
        expression=str(params.get("expr") or ""),
        inputs=tuple(_input(item) for item in given),
        filter=" and ".join(text for text in map(_filter, filters) if text),
        fill_with=measure.get("fill_nulls_with"),
        meta=meta_of(node),
    )


def _input(item: Mapping[str, Any]) -> MetricInput:
    window = item.get("offset_window")
    return MetricInput(
        metric=item["name"],
        alias=str(item.get("alias") or item["name"]),
        filter=_filter(item.get("filter")),
        offset=(int(window["count"]), str(window["granularity"])) if window else None,
    )


def _filter(given: Mapping[str, Any] | None) -> str:
    texts = [f["where_sql_template"] for f in (given or {}).get("where_filters") or ()]
    return " and ".join(f"({text})" for text in texts)
