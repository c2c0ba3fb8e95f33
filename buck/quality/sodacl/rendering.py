"""One SodaCL rule as one SELECT that gives its value and its verdict."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from buck.errors import ConfigError
from buck.names import TableRef
from buck.quality.sodacl import measures
from buck.quality.sodacl.dialects import Dialect
from buck.quality.sodacl.reading import SodaRule
from buck.quality.sodacl.schemas import schema_verdict
from buck.quality.sodacl.tables import find_tables, qualify_tables
from buck.quality.sodacl.thresholds import VALUE, age_limit, read_comparison

Qualify = Callable[[TableRef], str | None]
"""Where a table lies in the database that is asked, quoted; None if it is no table at all."""

_METRIC: Final = re.compile(r"(\w+)(?:\s*\((.*?)\))?(?:\s+(?:for\s+)?([=<>!nb].*))?")
_REFERENCE: Final = re.compile(
    r"values in \((.+?)\) must( not)? exist in (\S+) \((.+?)\)", re.IGNORECASE
)
_SAME_COUNT: Final = re.compile(r"row_count same as (\S+)")
_FRESHNESS: Final = re.compile(r"freshness\s*\((.+?)\)\s*(<.*)?")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rule as SQL: one row with `value` and `outcome` (passed, warned, failed, errored)."""

    rule: SodaRule
    sql: str
    tables: tuple[TableRef, ...]
    """Every table it reads, as SodaCL names them."""


def render(rule: SodaRule, dialect: Dialect, *, as_of: datetime, qualify: Qualify) -> Rendered:
    """The rule's SELECT, whose verdict is soda-core's.

    Where soda-core would give no verdict (nothing to measure), the outcome is `errored`.

    Raises:
        ConfigError: the rule is of a kind that has no SQL form, or is none at all.
    """
    sql, tables = _render(rule, dialect, as_of, qualify)
    if rule.severity == "warn":
        softened = "replace(outcome, 'failed', 'warned') as outcome"
        sql = f"select {VALUE}, {softened} from (\n{sql}\n) as judged"
    return Rendered(rule, sql, tuple(dict.fromkeys((rule.table, *tables))))


def _render(
    rule: SodaRule, dialect: Dialect, as_of: datetime, qualify: Qualify
) -> tuple[str, tuple[TableRef, ...]]:
    place = qualify(rule.table) or rule.table.sql
    settings = {k: _fill(v, as_of) for k, v in rule.settings.items()}
    if rule.line == "failed rows":
        return _failed_rows(rule, settings, place, qualify)
    if rule.line == "schema":
        return schema_verdict(rule, dialect, qualify), ()
    if found := _FRESHNESS.fullmatch(rule.line):
        return _freshness(rule, found, dialect, as_of, place), ()
    if found := _REFERENCE.fullmatch(rule.line):
        there = _other(found[3], rule)
        sql = measures.count_orphans(
            place, found[1], qualify(there) or there.sql, found[4], is_reverse=bool(found[2])
        )
        return _judge(sql, f"{VALUE} <> 0", None), (there,)
    if found := _SAME_COUNT.fullmatch(rule.line):
        there = _other(found[1], rule)
        sql = (
            f"select (select count(*) from {place}) - "
            f"(select count(*) from {qualify(there) or there.sql}) as {VALUE}"
        )
        return _judge(sql, f"{VALUE} <> 0", None), (there,)
    return _metric(rule, settings, dialect, place, qualify)


def _failed_rows(
    rule: SodaRule, settings: dict[str, Any], place: str, qualify: Qualify
) -> tuple[str, tuple[TableRef, ...]]:
    fail, warn = _thresholds(settings)
    if fail is None and warn is None:
        fail = f"{VALUE} > 0"
    if "fail condition" in settings:
        counted = f"count(case when ({settings['fail condition']}) then 1 end)"
        return _judge(f"select {counted} as {VALUE} from {place}", fail, warn), ()
    query = str(settings.get("fail query", "")).strip().rstrip(";")
    if not query:
        raise ConfigError(f"{rule.name!r} has neither fail condition nor fail query")
    there = find_tables(query, rule.table.schema)
    query = qualify_tables(query, rule.table.schema, qualify)
    sql = f"select count(*) as {VALUE} from (\n{query}\n) as failing"
    return _judge(sql, fail, warn), there


def _freshness(
    rule: SodaRule, found: re.Match[str], dialect: Dialect, as_of: datetime, place: str
) -> str:
    column, given = found[1], found[2]
    newest, text = "max(" + column + ")", dialect.text("max(" + column + ")")
    now = as_of.astimezone(UTC)

    def older_than(threshold: str) -> str:
        limit = now - age_limit(threshold)
        # A date stands for the end of its day, as soda-core has it.
        end_of_day = limit - timedelta(days=1) + timedelta(microseconds=1)
        at = f"cast({newest} as {dialect.instant_type})"
        return (
            f"case when length({text}) = 10 then {at} < {dialect.instant(end_of_day)} "
            f"else {at} < {dialect.instant(limit)} end"
        )

    fail = older_than(given) if given else None
    if "fail" in rule.settings:
        fail = older_than(str(rule.settings["fail"]))
    warn = older_than(str(rule.settings["warn"])) if "warn" in rule.settings else None
    branches = [f"when {newest} is null then 'failed'"]
    branches += [f"when {fail} then 'failed'"] if fail else []
    branches += [f"when {warn} then 'warned'"] if warn else []
    verdict = f"case {' '.join(branches)} else 'passed' end as outcome"
    return f"select {text} as {VALUE}, {verdict} from {place}"


def _metric(
    rule: SodaRule, settings: dict[str, Any], dialect: Dialect, place: str, qualify: Qualify
) -> tuple[str, tuple[TableRef, ...]]:
    found = _METRIC.fullmatch(rule.line)
    if found is None:
        raise ConfigError(f"{rule.line!r} has no SQL form", hint="write it as failed rows")
    name, arguments, rest = found[1], found[2] or "", found[3]
    fail, warn = _thresholds(settings)
    if rest:
        fail = read_comparison(rest).opposite.sql
    if fail is None and warn is None:
        raise ConfigError(f"{rule.line!r} has no threshold", hint="write = 0, or fail: when > 0")
    if (query := settings.get(f"{name} query")) is not None:
        there = find_tables(str(query), rule.table.schema)
        inner = qualify_tables(str(query).strip().rstrip(";"), rule.table.schema, qualify)
        sql = f"select measured.* from (\n{inner}\n) as measured({VALUE})"
        return _judge(sql, fail, warn), there
    if (expression := settings.get(f"{name} expression")) is not None:
        return _judge(f"select {expression} as {VALUE} from {place}", fail, warn), ()
    sql = measures.measure(name, arguments, settings, dialect, place)
    return _judge(sql, fail, warn), ()


def _thresholds(settings: dict[str, Any]) -> tuple[str | None, str | None]:
    fail, warn = settings.get("fail"), settings.get("warn")
    return (
        read_comparison(str(fail)).sql if fail is not None else None,
        read_comparison(str(warn)).sql if warn is not None else None,
    )


def _judge(sql: str, fail: str | None, warn: str | None) -> str:
    branches = [f"when {VALUE} is null then 'errored'"]
    branches += [f"when {fail} then 'failed'"] if fail else []
    branches += [f"when {warn} then 'warned'"] if warn else []
    return (
        f"select {VALUE}, case {' '.join(branches)} else 'passed' end as outcome\n"
        f"from (\n{sql}\n) as asked"
    )


def _other(name: str, rule: SodaRule) -> TableRef:
    return TableRef.parse(name) if "." in name else TableRef(rule.table.schema, name)


def _fill(value: Any, as_of: datetime) -> Any:
    """The text with the run's time in the place of `${NOW}`."""
    if not isinstance(value, str):
        return value
    return re.sub(r"\$\{\s*NOW\s*\}", as_of.isoformat(), value)
