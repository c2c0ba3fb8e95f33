"""Metrics as the dbt project's semantic-layer YAML defines them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Grain = Literal["day", "week", "month", "quarter", "year"]
"""How long a period is; periods are UTC and named by their first day, weeks by their Monday."""
MetricType = Literal["simple", "ratio", "derived"]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is aggregated, and how."""

    name: str
    aggregation: str
    """sum, min, max, average, median, count, count_distinct, sum_boolean."""
    expression: str
    """SQL over one row of the table."""
    time: str
    """The time dimension that says which period a row belongs to."""
    always_by: tuple[str, ...] = ()
    """Dimensions over which it must not be added up: the currency of an amount."""
    at_the_end: bool = False
    """A level, such as recurring revenue: the last day of a period counts, not the sum of days."""


@dataclass(frozen=True, slots=True)
class SemanticModel:
    """What the columns of one table mean. Expressions are SQL over one row of it."""

    name: str
    schema: str
    table: str
    measures: Mapping[str, Measure]
    dimensions: Mapping[str, str]
    """Categorical dimension to expression."""
    times: Mapping[str, str]
    """Time dimension to expression."""
    entities: Mapping[str, str]
    """Entity to the expression of its key, those of other tables included."""
    primary: str = ""
    """The entity that a row is, if it is declared."""


@dataclass(frozen=True, slots=True)
class MetricInput:
    """One metric that another one is computed from."""

    metric: str
    alias: str
    filter: str = ""
    offset: tuple[int, str] | None = None
    """How much earlier it is looked at: (1, "month")."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that everybody computes the same way."""

    name: str
    type: MetricType
    label: str = ""
    description: str = ""
    measure: str = ""
    """Of a simple metric: the measure; `inputs` is empty."""
    expression: str = ""
    """Of a derived metric: SQL over the aliases of its inputs."""
    inputs: tuple[MetricInput, ...] = ()
    """Of a ratio: numerator, denominator."""
    filter: str = ""
    fill_with: int | None = None
    """What a simple metric is where there is nothing to aggregate; null if not given."""
    meta: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Semantics:
    """All semantic models and metrics of a project."""

    models: Mapping[str, SemanticModel]
    metrics: Mapping[str, Metric]

    def model_of(self, measure: str) -> SemanticModel:
        """The semantic model that declares a measure; dbt has made sure that there is one."""
        return next(model for model in self.models.values() if measure in model.measures)
