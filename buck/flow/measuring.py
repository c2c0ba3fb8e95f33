"""Metrics over the marts: one query for any of them, by any dimension, in periods."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.reading import Answer, Zone, run_query
from buck.names import identifier
from buck.project import Project
from buck.records.metric import Grain, Measure, Metric, SemanticModel, Semantics

if TYPE_CHECKING:
    from collections.abc import Mapping

PERIOD: Final = "period"
MEASURED: Final = identifier("measure")
TIME: Final = identifier("time")
DIMENSION: Final = re.compile(
    r"\{\{\s*(?:Time)?Dimension\(\s*['\"](\w+)['\"](?:\s*,\s*['\"]\w+['\"])?\s*\)\s*\}\}"
)
AGGREGATES: Final = {
    "sum": "sum({})",
    "min": "min({})",
    "max": "max({})",
    "average": "avg({})",
    "median": "median({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "sum_boolean": "count(*) filter (where {})",
}


def read_project_semantics(project: Project) -> Semantics:
    """The metrics that the project defines; the dbt project is parsed if it changed."""
    from buck.transform import ensure_parsed, read_graph, read_semantics

    space = workspace(project, project.as_of())
    ensure_parsed(space)
    return read_semantics(read_graph(space.target_path))


def query_metrics(
    project: Project,
    names: Sequence[str],
    *,
    by: Sequence[str] = (),
    grain: Grain | None = None,
    zone: Zone = "published",
) -> Answer:
    """Columns and rows: the period if there is a grain, the dimensions, then each metric.

    One row per period and combination of dimensions in which something is, ordered by them, nulls
    last. A dimension that an amount must not be added up over (its currency) is always among them.

    Args:
        project: The project.
        names: Metrics of `transform/`.
        by: Dimensions that all of them have; `entity__dimension` is one of another table.
        grain: How long a period is; all time in one if None.
        zone: Which marts are asked.

    Raises:
        ConfigError: there is no such metric, or one has no such dimension.
    """
    semantics = read_project_semantics(project)
    return run_query(project, metric_sql(semantics, names, by=by, grain=grain), zone)


def metric_sql(
    semantics: Semantics,
    names: Sequence[str],
    *,
    by: Sequence[str] = (),
    grain: Grain | None = None,
) -> str:
    """The query that `query_metrics` asks, as text.

    Raises:
        ConfigError: see `query_metrics`.
    """
    leaves: dict[_Leaf, str] = {}
    shown = {name: _expression(semantics, name, leaves) for name in dict.fromkeys(names)}
    always = [d for leaf in leaves for d in leaf.measure.always_by]
    keys = list(dict.fromkeys([*by, *always]))
    if grain is None and any(leaf.offset for leaf in leaves):
        raise ConfigError(
            f"{', '.join(names)} compares with an earlier period, and none is given",
            hint="add --grain month",
        )
    columns = ([PERIOD] if grain else []) + keys
    parts = [_leaf_sql(semantics, leaf, keys, grain) for leaf in leaves]
    held = [
        f"{_quoted(name)} as (\n{sql}\n)" for name, sql in zip(leaves.values(), parts, strict=True)
    ]
    unions = [
        "select "
        + _listed([*map(identifier, columns), *(_cell(name, other) for other in leaves.values())])
        + f" from {_quoted(name)}"
        for name in leaves.values()
    ]
    # Every part has at most one row per key, so that max only brings them onto one row.
    met = _listed(
        [
            *map(identifier, columns),
            *(_filled(leaf, name) for leaf, name in leaves.items()),
        ]
    )
    group = f"\ngroup by {_listed(map(identifier, columns))}" if columns else ""
    order = (
        f"\norder by {_listed(f'{identifier(c)} nulls last' for c in columns)}" if columns else ""
    )
    figures = [f"{expression} as {identifier(name)}" for name, expression in shown.items()]
    return (
        f"with {', '.join(held)}, unioned as (\n{' union all '.join(unions)}\n), met as (\n"
        f"select {met} from unioned{group}\n)\n"
        f"select {_listed([*map(identifier, columns), *figures])} from met{order}"
    )


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One aggregated measure within a query."""

    model: str
    measure: Measure
    filter: str
    offset: tuple[int, str] | None
    fill_with: int | None


def _expression(
    semantics: Semantics,
    name: str,
    leaves: dict[_Leaf, str],
    filters: tuple[str, ...] = (),
    offset: tuple[int, str] | None = None,
) -> str:
    """SQL over the leaves' columns, adding those that are not among them yet."""
    metric = _find(name, semantics.metrics, "metric")
    own = (*filters, metric.filter)
    if metric.type == "simple":
        model = semantics.model_of(metric.measure)
        leaf = _Leaf(
            model.name,
            model.measures[metric.measure],
            " and ".join(text for text in own if text),
            offset,
            metric.fill_with,
        )
        return identifier(leaves.setdefault(leaf, f"part{len(leaves)}"))
    inputs = {
        given.alias: _expression(
            semantics, given.metric, leaves, (*own, given.filter), given.offset or offset
        )
        for given in metric.inputs
    }
    if metric.type == "ratio":
        above, below = inputs.values() if len(inputs) == 2 else [*inputs.values()] * 2
        return f"({above} / nullif({below}, 0))"
    return f"({_replace_names(metric, inputs)})"


def _replace_names(metric: Metric, inputs: Mapping[str, str]) -> str:
    words = "|".join(sorted(map(re.escape, inputs), key=len, reverse=True))
    return re.sub(rf"\b({words})\b", lambda found: inputs[found[1]], metric.expression)


def _leaf_sql(semantics: Semantics, leaf: _Leaf, keys: Sequence[str], grain: Grain | None) -> str:
    """One row per period and key with the aggregated measure as `value`."""
    chosen = _rows_sql(semantics, leaf, keys, grain)
    if leaf.offset:
        # What is looked back at must not bring periods that have not begun yet.
        newest = f"cast(date_trunc('{grain}', max({TIME}) over ()) as date) as newest"
        began = f"{identifier(PERIOD)} <= newest"
        chosen = f"select * from (select *, {newest} from ({chosen})) where {began}"
    if leaf.measure.at_the_end:
        latest = f"max({TIME}) over (partition by {identifier(PERIOD)}) as last_time"
        chosen = f"select * from (select *, {latest} from ({chosen})) where {TIME} = last_time"
    columns = [f"{identifier('=' + key)} as {identifier(key)}" for key in keys]
    groups = [identifier("=" + key) for key in keys]
    if grain:
        columns, groups = [identifier(PERIOD), *columns], [identifier(PERIOD), *groups]
    value = AGGREGATES[leaf.measure.aggregation].format(MEASURED)
    grouped = f" group by {_listed(groups)}" if groups else ""
    return f"select {_listed([*columns, f'{value} as value'])} from ({chosen}) as chosen{grouped}"


def _rows_sql(semantics: Semantics, leaf: _Leaf, keys: Sequence[str], grain: Grain | None) -> str:
    """The table's rows that count, with measure, time, period and every dimension needed.

    Dimensions are called `=name`, keys of other tables `@entity`: no column of the table is in
    their way.
    """
    model = semantics.models[leaf.model]
    needed = list(dict.fromkeys([*keys, *DIMENSION.findall(leaf.filter)]))
    own = {name: text for name in needed if (text := _own(model, name)) is not None}
    foreign = [name for name in needed if name not in own]
    entities = list(dict.fromkeys(name.partition("__")[0] for name in foreign))
    for name in foreign:
        if name.partition("__")[0] not in model.entities:
            raise _no_dimension(semantics, model, name)
    rows = [
        f"({leaf.measure.expression}) as {MEASURED}",
        f"({model.times[leaf.measure.time]}) as {TIME}",
        *(f"({text}) as {identifier('=' + name)}" for name, text in own.items()),
        *(f"({model.entities[name]}) as {identifier('@' + name)}" for name in entities),
    ]
    joins = [_join_sql(semantics, model, entity, foreign) for entity in entities]
    where = DIMENSION.sub(lambda found: identifier("=" + found[1]), leaf.filter)
    return (
        f"select *, {_period_sql(leaf, grain)} as {identifier(PERIOD)} from (\n"
        f"select {_listed(rows)} from {identifier(model.schema, model.table)}\n"
        f") as facts {' '.join(joins)}" + (f" where {where}" if where else "")
    )


def _period_sql(leaf: _Leaf, grain: Grain | None) -> str:
    """The first day of the period that a row counts in."""
    if grain is None:
        return "null"
    shift = f" + interval '{leaf.offset[0]}' {leaf.offset[1]}" if leaf.offset else ""
    return f"cast(date_trunc('{grain}', {TIME}{shift}) as date)"


def _own(model: SemanticModel, name: str) -> str | None:
    """A dimension of the table itself, also by the entity that its rows are."""
    plain = name.removeprefix(f"{model.primary}__") if model.primary else name
    return model.dimensions.get(plain) or model.times.get(plain)


def _join_sql(
    semantics: Semantics, model: SemanticModel, entity: str, foreign: Iterable[str]
) -> str:
    other = next((m for m in semantics.models.values() if m.primary == entity), None)
    columns = []
    for name in foreign:
        if not name.startswith(f"{entity}__"):
            continue
        text = _own(other, name) if other else None
        if text is None:
            raise _no_dimension(semantics, model, name)
        columns.append(f"({text}) as {identifier('=' + name)}")
    if other is None:
        raise _no_dimension(semantics, model, entity)
    key, alias = identifier("@" + entity), identifier("of " + entity)
    inner = _listed([f"({other.entities[entity]}) as {identifier('key')}", *columns])
    return (
        f"left join (select {inner} from {identifier(other.schema, other.table)}) as {alias} "
        f"on facts.{key} = {alias}.{identifier('key')}"
    )


def dimensions_of(semantics: Semantics, model: SemanticModel) -> list[str]:
    """Every dimension that measures of a semantic model can be asked by."""
    found = [*model.dimensions, *model.times]
    for other in semantics.models.values():
        if other.primary and other.primary in model.entities and other.name != model.name:
            found += [f"{other.primary}__{name}" for name in other.dimensions]
    return found


def _no_dimension(semantics: Semantics, model: SemanticModel, name: str) -> ConfigError:
    known = dimensions_of(semantics, model)
    near = difflib.get_close_matches(name, known, n=1)
    return ConfigError(
        f"{model.name} ({model.schema}.{model.table}) has no dimension {name!r}",
        hint=f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}",
    )


def _find(name: str, known: Mapping[str, Metric], word: str) -> Metric:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        listed = ", ".join(sorted(known)) or "none; see docs/how-to/define-a-metric.md"
        raise ConfigError(
            f"there is no {word} {name!r}",
            hint=f"did you mean {near[0]}?" if near else f"there are: {listed}",
        )
    return known[name]


def _quoted(name: str) -> str:
    return identifier(f"of {name}")


def _cell(name: str, other: str) -> str:
    return f"{'value' if name == other else 'null'} as {identifier(other)}"


def _filled(leaf: _Leaf, name: str) -> str:
    value = f"max({identifier(name)})"
    if leaf.fill_with is not None:
        value = f"coalesce({value}, {int(leaf.fill_with)})"
    return f"{value} as {identifier(name)}"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)
