"""A SodaCL check as a question: its name, rule, dimension, severity and owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from buck.errors import ConfigError
from buck.records.quality import Check, Dimension, HoldRule, Severity

_BY_KIND: Final[dict[str, Dimension]] = {
    "FreshnessCheck": "timeliness",
    "ReferenceCheck": "consistency",
    "RowCountComparisonCheck": "consistency",
    "SchemaCheck": "validity",
    "UserDefinedFailedRowsCheck": "accuracy",
    "UserDefinedFailedRowsExpressionCheck": "accuracy",
}
_BY_METRIC: Final[dict[str, Dimension]] = {
    "row_count": "completeness",
    "missing_count": "completeness",
    "missing_percent": "completeness",
    "duplicate_count": "uniqueness",
    "duplicate_percent": "uniqueness",
}
_VALIDITY: Final = ("invalid", "valid", "min", "max", "avg", "sum", "stddev", "percentile")
FAILED_ROWS: Final = "failed rows"
NO_ROWS: Final = "no rows "
_NOT_RULE: Final = {"name", "attributes", "samples limit", "fail query", "identity"}


def refuse_unknown_words(attributes: Mapping[str, Any], *, check: str) -> None:
    """Refuse a severity or a dimension that is none.

    Raises:
        ConfigError: it says which are known.
    """
    for key, words in (("severity", get_args(Severity)), ("dimension", get_args(Dimension))):
        if attributes.get(key, words[0]) not in words:
            raise ConfigError(
                f"check {check!r} says {key}: {attributes[key]}",
                hint=f"{key} is one of {', '.join(words)}",
            )


def read_check(check: Any, *, schema: str, owners: Mapping[str, str]) -> Check:
    """The question that a soda-core check puts."""
    declared = check.check_cfg.source_configurations
    settings = declared if isinstance(declared, dict) else {}
    attributes = settings.get("attributes") or {}
    place = check.check_cfg.location
    schema, table = _table(check, schema)
    name = " ".join(str(check.name).split())
    refuse_unknown_words(attributes, check=name)
    holds = HoldRule.read(attributes, check=name)
    return Check(
        name=name,
        table=table,
        schema=schema,
        engine="soda",
        dimension=_dimension(check, attributes),
        severity=_severity(settings, attributes),
        owner=str(attributes.get("owner") or owners.get(f"{schema}.{table}", "")),
        column=str(getattr(check.column, "column_name", "") or ""),
        expected=_rule(check, settings),
        file=str(place.file_path or "") if place else "",
        line=place.line if place else None,
        on_fail=holds.on_fail,
        max_rows=holds.max_rows,
        max_share=holds.max_share,
    )


def _table(check: Any, schema: str) -> tuple[str, str]:
    if check.partition is None:
        path = str(check.check_cfg.location.file_path)
        return schema, path.rpartition("/")[2].partition(".")[0]
    named = check.partition.table.table_name.replace('"', "")
    found, _, table = named.rpartition(".")
    return found or schema, table


def _dimension(check: Any, attributes: Mapping[str, Any]) -> Dimension:
    metric = str(getattr(check.check_cfg, "metric_name", "") or "")
    return dimension_of(attributes, metric, otherwise=_BY_KIND.get(type(check).__name__))


def dimension_of(
    attributes: Mapping[str, Any], metric: str, *, otherwise: Dimension | None
) -> Dimension:
    """What a check declares, else what its metric serves, else what its kind does."""
    declared = attributes.get("dimension")
    if declared in get_args(Dimension):
        return cast("Dimension", declared)
    if metric in _BY_METRIC:
        return _BY_METRIC[metric]
    if metric.startswith(_VALIDITY):
        return "validity"
    return otherwise or "accuracy"


def _severity(settings: Mapping[str, Any], attributes: Mapping[str, Any]) -> Severity:
    only_warns = "warn" in settings and not {"fail", "fail condition", "fail query"} & set(settings)
    return "warn" if only_warns or attributes.get("severity") == "warn" else "fail"


def _rule(check: Any, settings: Mapping[str, Any]) -> str:
    line = str(check.check_cfg.source_line)
    if line == FAILED_ROWS:
        return expected_rows(settings)
    parts = [line]
    parts += [f"{key}: {value}" for key, value in settings.items() if key not in _NOT_RULE]
    return ", ".join(parts)


def expected_rows(settings: Mapping[str, Any]) -> str:
    """What a `failed rows` check wants, said as what there should be."""
    condition = " ".join(str(settings.get("fail condition") or "").split())
    parts = [f"{NO_ROWS}where {condition}" if condition else f"{NO_ROWS}of its query"]
    parts += [f"{name}: {settings[name]}" for name in ("warn", "fail") if name in settings]
    return ", ".join(parts)


def finding(value: object, expected: str) -> str:
    """What was found instead, for people."""
    if expected.startswith(NO_ROWS):
        return f"{value} {'row' if value == 1 else 'rows'} {expected.removeprefix(NO_ROWS)}"
    return f"measured {value}, expected {expected}"
