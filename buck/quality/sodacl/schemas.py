"""SodaCL's schema checks: which columns a table must have, must not have, and of which type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buck.errors import ConfigError
from buck.names import literal
from buck.quality.sodacl.dialects import Dialect
from buck.quality.sodacl.reading import SodaRule
from buck.quality.sodacl.thresholds import VALUE
from buck.quality.type_names import spellings


def schema_verdict(rule: SodaRule, dialect: Dialect, qualify: Any) -> str:
    """The SELECT that counts what is wrong with a table's columns.

    Raises:
        ConfigError: it asks for what only a history of schemas could tell.
    """
    parts = [part.strip('"`') for part in (qualify(rule.table) or rule.table.sql).split(".")]
    schema, table = parts[-2], parts[-1]
    listed = dialect.columns_of(schema)
    columns = (
        f"select lower(column_name) as name, lower(data_type) as type from {listed} "
        f"where lower(table_schema) = {literal(schema.lower())} "
        f"and lower(table_name) = {literal(table.lower())}"
    )
    wrong = {
        level: " + ".join(_wrong(rule.settings[level], columns, dialect))
        for level in ("fail", "warn")
        if level in rule.settings
    }
    fail, warn = wrong.get("fail", "0"), wrong.get("warn", "0")
    return (
        f"select failing + warning as {VALUE}, case when failing > 0 then 'failed' "
        "when warning > 0 then 'warned' else 'passed' end as outcome\n"
        f"from (select {fail} as failing, {warn} as warning) as asked"
    )


def _wrong(wanted: Mapping[str, Any], columns: str, dialect: Dialect) -> list[str]:
    counted = []
    for key, held in wanted.items():
        if key == "when required column missing":
            names = " union all ".join(f"select {literal(str(n).lower())} as name" for n in held)
            counted.append(
                f"(select count(*) from ({names}) as required "
                f"where required.name not in (select found.name from ({columns}) as found))"
            )
        elif key == "when forbidden column present":
            for pattern in held:
                regex = "^(" + str(pattern).replace("%", ".*").replace("*", ".*") + ")"
                found = dialect.regexp("found.name", regex.replace("..*", ".*"))
                counted.append(f"(select count(*) from ({columns}) as found where {found})")
        elif key == "when wrong column type":
            for name, type_ in held.items():
                right = " or ".join(_same_type(s) for s in spellings(str(type_)))
                counted.append(
                    f"(select count(*) from ({columns}) as found "
                    f"where found.name = {literal(str(name).lower())} and not ({right}))"
                )
        else:
            raise ConfigError(f"`{key}` has no SQL form")
    return counted or ["0"]


def _same_type(name: str) -> str:
    exact = f"found.type = {literal(name)}"
    return exact if "(" in name else f"{exact} or found.type like {literal(name + '(%')}"
