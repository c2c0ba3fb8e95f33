"""SodaCL's metrics as SELECTs of one `value`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from buck.errors import ConfigError
from buck.quality.sodacl.dialects import Dialect
from buck.quality.sodacl.thresholds import VALUE

_AGGREGATES: Final = {
    *("min", "max", "avg", "sum", "stddev", "variance"),
    *("stddev_pop", "stddev_samp", "var_pop", "var_samp"),
}
_COUNTS: Final = {"missing", "invalid", "valid"}


def measure(
    name: str, arguments: str, settings: Mapping[str, Any], dialect: Dialect, place: str
) -> str:
    """The SELECT that measures `name(arguments)` of a table.

    Raises:
        ConfigError: the metric has no SQL form.
    """
    where = str(settings.get("filter") or "").strip()
    if name == "row_count":
        return f"select {_count(where)} as {VALUE} from {place}"
    if name in {"duplicate_count", "duplicate_percent"}:
        return _duplicates(name, arguments, where, place)
    kind, _, unit = name.rpartition("_")
    if kind in _COUNTS and unit in {"count", "percent"}:
        found = _condition(kind, arguments, settings, dialect)
        counted = _count(f"({where}) and ({found})" if where else found)
        if unit == "count":
            return f"select {counted} as {VALUE} from {place}"
        return f"select {_percent(counted, _count(where))} as {VALUE} from {place}"
    measured = _aggregate(name, arguments, where, settings, dialect)
    return f"select {measured} as {VALUE} from {place}"


def count_orphans(
    place: str, columns: str, there: str, targets: str, *, is_reverse: bool = False
) -> str:
    """How many rows name something that is not there (or, reversed, that is)."""
    pairs = list(
        zip(
            (c.strip() for c in columns.split(",")),
            (t.strip() for t in targets.split(",")),
            strict=True,
        )
    )
    joined = " and ".join(f"source.{c} = target.{t}" for c, t in pairs)
    found = "is not null" if is_reverse else "is null"
    where = " or ".join(f"(source.{c} is not null and target.{t} {found})" for c, t in pairs)
    return (
        f"select count(*) as {VALUE} from {place} as source "
        f"left join {there} as target on {joined} where {where}"
    )


def _count(condition: str) -> str:
    return f"count(case when {condition} then 1 end)" if condition else "count(*)"


def _percent(part: str, whole: str) -> str:
    return f"case when {whole} = 0 then 0 else round({part} * 100.0 / {whole}, 2) end"


def _duplicates(name: str, columns: str, where: str, place: str) -> str:
    # Rows without a value repeat nothing.
    present = " and ".join(f"{c.strip()} is not null" for c in columns.split(","))
    kept = f"({where}) and {present}" if where else present
    groups = f"select count(*) as frequency from {place} where {kept} group by {columns}"
    counted = f"select count(*) as {VALUE} from ({groups}) as groups where frequency > 1"
    if name == "duplicate_count":
        return counted
    whole = f"(select {_count(where)} from {place})"
    return f"select {_percent(f'({counted})', whole)} as {VALUE}"


def _condition(kind: str, column: str, settings: Mapping[str, Any], dialect: Dialect) -> str:
    missing = _missing(column, settings, dialect)
    if kind == "missing":
        return missing
    valid, invalid = _valid(column, settings, dialect), _invalid(column, settings, dialect)
    if kind == "valid":
        parts = [f"not ({missing})", *([valid] if valid else [])]
        return " and ".join(parts + ([f"not ({invalid})"] if invalid else []))
    wrong = [f"not ({valid})"] if valid else []
    wrong += [f"({invalid})"] if invalid else []
    if not wrong:
        raise ConfigError(f"nothing says which values of {column} are valid")
    return f"not ({missing}) and ({' or '.join(wrong)})"


def _missing(column: str, settings: Mapping[str, Any], dialect: Dialect) -> str:
    parts = [f"{column} is null"]
    if values := settings.get("missing values"):
        parts.append(f"{column} in {_list(values, dialect)}")
    if pattern := settings.get("missing regex"):
        parts.append(dialect.regexp(column, str(pattern)))
    return " or ".join(parts)


def _valid(column: str, settings: Mapping[str, Any], dialect: Dialect) -> str:
    parts = []
    if "valid format" in settings:
        raise ConfigError("`valid format` has no SQL form", hint="write `valid regex`")
    if values := settings.get("valid values"):
        parts.append(f"{column} in {_list(values, dialect)}")
    if pattern := settings.get("valid regex"):
        parts.append(dialect.regexp(column, str(pattern)))
    length = f"length({dialect.text(column)})"
    for key, expression, sign in (
        ("valid length", length, "="),
        ("valid min length", length, ">="),
        ("valid max length", length, "<="),
        ("valid min", column, ">="),
        ("valid max", column, "<="),
    ):
        if (limit := settings.get(key)) is not None:
            parts.append(f"{expression} {sign} {limit}")
    return " and ".join(parts)


def _invalid(column: str, settings: Mapping[str, Any], dialect: Dialect) -> str:
    parts = []
    if values := settings.get("invalid values"):
        parts.append(f"{column} in {_list(values, dialect)}")
    if pattern := settings.get("invalid regex"):
        parts.append(dialect.regexp(column, str(pattern)))
    return " or ".join(parts)


def _aggregate(
    name: str,
    arguments: str,
    where: str,
    settings: Mapping[str, Any],
    dialect: Dialect,
) -> str:
    column, *rest = (part.strip() for part in arguments.split(","))
    kept = [where] if where else []
    if any(key.startswith(("valid ", "missing ", "invalid ")) for key in settings):
        kept.append(_condition("valid", column, settings, dialect))
    value = f"case when {' and '.join(kept)} then {column} end" if kept else column
    if name == "percentile" and rest:
        return dialect.percentile.format(value=value, share=rest[0])
    if name in {"min_length", "max_length", "avg_length"}:
        return f"{name.partition('_')[0]}(length({dialect.text(value)}))"
    if name in _AGGREGATES and column:
        return f"{name}({value})"
    raise ConfigError(f"the metric {name!r} has no SQL form", hint="write it as failed rows")


def _list(values: Any, dialect: Dialect) -> str:
    return "(" + ", ".join(_literal(value, dialect) for value in values) + ")"


def _literal(value: Any, dialect: Dialect) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, date | datetime):
        return dialect.quote(value.isoformat())
    return dialect.quote(str(value))
