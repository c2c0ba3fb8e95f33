"""The card of a model, seed, snapshot or raw table."""

from __future__ import annotations

from typing import Any

from buck.flow.explain.checks import describe_checks
from buck.flow.explain.lineage import describe, draw_parents, name_of
from buck.flow.explain.timing import describe_builders, describe_freshness
from buck.project import Project
from buck.records.card import Card, CardKind, Section
from buck.records.layout import Layout
from buck.transform import ProjectGraph, meta_of

NONE = "none"
MEASURED = ("decimal", "numeric", "double", "float", "real")
PARTITIONING = ("partition_by", "cluster_by", "sort", "dist", "liquid_clustered_by")


def explain_model(project: Project, node: dict[str, Any], graph: ProjectGraph) -> Card:
    """What a table is, what it is made of, how it is made and checked, and who reads it."""
    meta = meta_of(node)
    is_raw = node["resource_type"] == "source"
    sections = [
        Section("table", _table(node)),
        Section("file", str(node["original_file_path"])),
        Section("owner", str(meta.get("owner") or NONE)),
        Section("tags", tuple(node["config"].get("tags") or ()) or NONE),
        Section("grain", _grain(node, meta)),
        Section("keys", _keys(node, graph) or NONE),
    ]
    if not is_raw:
        sections += [
            Section("measures", _measures(node, graph) or NONE),
            Section("personal data", _personal(node) or NONE),
            Section("inputs", tuple(describe(n) for n in graph.parents(node)) or NONE),
            Section("materialisation", _materialisation(node)),
            Section("partitioning", _partitioning(project, node) or NONE),
        ]
    sections += [
        Section("checks", describe_checks(project, node, graph) or NONE),
        Section("freshness", describe_freshness(project, node, graph) or NONE),
    ]
    if not is_raw:
        sections.append(Section("built by", describe_builders(project, node) or NONE))
    sections.append(Section("consumers", _consumers(node, graph) or NONE))
    if not is_raw:
        sections.append(Section("lineage", draw_parents(node, graph)))
    summary = str(node.get("description") or node.get("source_description") or "no description")
    kind: CardKind = "raw table" if is_raw else "model"
    return Card(kind, name_of(node), " ".join(summary.split()), tuple(sections))


def _table(node: dict[str, Any]) -> str:
    name = node.get("identifier") or node.get("alias") or node["name"]
    published = node["original_file_path"].replace("\\", "/").startswith("models/marts/")
    return f"{'marts.' if published else ''}{node['schema']}.{name}"


def _grain(node: dict[str, Any], meta: dict[str, Any]) -> str:
    """One row is what: as declared, else the first sentence of the description."""
    if meta.get("grain"):
        return str(meta["grain"])
    if node["resource_type"] == "source":
        return "one row per version of a record, in the order of arrival (_buck_seq)"
    first = " ".join(str(node.get("description") or "").split()).partition(". ")[0]
    return first or NONE


def _keys(node: dict[str, Any], graph: ProjectGraph) -> tuple[str, ...]:
    """Keys that a test holds: of the table itself, then those that lead to other tables."""
    own: dict[str, set[str]] = {}
    primary: list[str] = []
    foreign: list[str] = []
    for test in graph.tests_of(node):
        metadata = test.get("test_metadata") or {}
        kind, arguments = metadata.get("name"), metadata.get("kwargs") or {}
        column = str(arguments.get("column_name") or "")
        if kind == "primary_key":
            primary.append(", ".join(arguments["columns"]))
        elif kind in ("unique", "not_null"):
            own.setdefault(column, set()).add(str(kind))
        elif kind == "relationships":
            to = str(arguments["to"]).replace("ref('", "").replace("')", "")
            foreign.append(f"{column} → {to}.{arguments['field']}")
    primary += [column for column, kinds in own.items() if kinds == {"unique", "not_null"}]
    keys = [f"{key} (unique, never null)" for key in dict.fromkeys(primary)]
    return (*keys, *sorted(dict.fromkeys(foreign)))


def _measures(node: dict[str, Any], graph: ProjectGraph) -> tuple[str, ...]:
    """Columns that can be added up or averaged, and what the semantic model makes of them."""
    found = []
    for name, column in (node.get("columns") or {}).items():
        type_ = str(column.get("data_type") or "").lower()
        unit = meta_of(column).get("unit")
        if unit or type_.startswith(MEASURED):
            told = " ".join(str(column.get("description") or "").split())
            found.append(f"{name}: {told}{f' [{unit}]' if unit else ''}")
    semantic = graph.semantic_model_of(node)
    for measure in (semantic or {}).get("measures") or ():
        how = f"{measure['agg']}({measure.get('expr') or measure['name']})"
        found.append(f"{measure['name']} = {how}: {measure.get('description') or 'for metrics'}")
    return tuple(found)


def _personal(node: dict[str, Any]) -> tuple[str, ...]:
    columns = (node.get("columns") or {}).items()
    return tuple(name for name, column in columns if meta_of(column).get("personal"))


def _materialisation(node: dict[str, Any]) -> str:
    config = node["config"]
    words = [str(config.get("materialized") or node["resource_type"])]
    if config.get("materialized") == "incremental":
        # Models that say what their rows hang on delete and insert by their key themselves.
        own_key = meta_of(node).get("built_by_key")
        key = own_key or config.get("unique_key")
        keys = ", ".join(key) if isinstance(key, list) else key
        strategy = "delete+insert" if own_key else config.get("incremental_strategy")
        words.append(str(strategy or "the adapter's strategy"))
        words.append(f"by {keys}" if keys else "append only")
    if (config.get("contract") or {}).get("enforced"):
        words.append("contract enforced")
    return ", ".join(words)


def _partitioning(project: Project, node: dict[str, Any]) -> tuple[str, ...]:
    """What the model says; where it says nothing, there is one table in one piece."""
    config = node["config"]
    settings = project.settings.performance.partitioning
    if (layout := Layout.of_meta(meta_of(node), min_rows=settings.min_rows)) is not None:
        keys = ", ".join(layout.cluster_by) or NONE
        return (
            f"{layout.partition_by} by {layout.granularity}",
            f"clustered by {keys}",
            f"published as one file per {layout.part_unit} from {layout.min_rows:,} rows on",
        )
    told = [(name, config.get(name)) for name in PARTITIONING if config.get(name)]
    default = settings.default_granularity
    found = []
    for name, value in told:
        if isinstance(value, dict):
            text = f"{value.get('field')} by {value.get('granularity') or default}"
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        found.append(f"{name.replace('_', ' ')}: {text}")
    return tuple(found)


def _consumers(node: dict[str, Any], graph: ProjectGraph) -> tuple[str, ...]:
    """What reads the table: models, then dashboards, then metrics (through the semantic model)."""
    found: list[str] = []
    metrics: list[str] = []
    for child in graph.children(node):
        if child["resource_type"] == "semantic_model":
            metrics += [describe(m) for m in graph.children(child)]
        else:
            found.append(describe(child))
    return (*found, *dict.fromkeys(metrics))
