"""The failing rows of one check, the raw versions behind them, and the amounts they carry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from buck.engine import connect, sql_errors
from buck.errors import LakeError, QueryRefused
from buck.flow.lineage import Lineage, node_of, singular
from buck.flow.reading import open_zone
from buck.names import identifier, literal
from buck.project import Project
from buck.records.quality import CheckResult

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake import RawPin
    from buck.records.build import ModelFacts

ROWS = 2000
"""Failing rows looked at; what more there are is counted, not explained."""
PROBES = 50
"""Keys by which the raw table behind a table is recognised."""
TEXTS = ("VARCHAR", "TEXT")
Row = dict[str, Any]


@dataclass(slots=True)
class Found:
    """What is known about one check's failing rows."""

    rows: list[Row] = field(default_factory=list)
    key: str = ""
    """The column that names a record in the rows; empty if none does."""
    keys: list[str] = field(default_factory=list)
    group: str = ""
    """The column of which one value stands in several rows that should be one."""
    groups: list[list[str]] = field(default_factory=list)
    pin: RawPin | None = None
    raw_key: str = ""
    versions: dict[str, list[Row]] = field(default_factory=dict)
    """Raw versions per key, oldest first, those landed since among them."""
    is_complete: bool = True
    """Whether the rows come from the candidates and not from what was kept of them."""

    @property
    def culprits(self) -> list[str]:
        """Keys that are too much, or wrong."""
        if self.groups:
            return [key for _, *others in self.groups for key in others]
        return self.keys


def gather(
    project: Project,
    result: CheckResult,
    lineage: Lineage,
    pins: Sequence[RawPin],
    candidates: Connection | None,
) -> Found:
    """The failing rows of a check, in full where the run's candidates are still there."""
    found = Found(is_complete=candidates is not None)
    model = lineage.find(result.check.schema, result.check.table)
    # What a history told is not asked again: its rows are days, and all of them were kept.
    is_asked = candidates is not None and result.check.engine != "ledger"
    rows = _ask_again(candidates, result) if candidates is not None and is_asked else None
    if rows is None:
        kept = result.failing_rows
        rows = [dict(zip(kept.columns, row, strict=True)) for row in kept.rows]
        found.is_complete = not rows and not result.failures
    found.rows = rows
    found.key = _key_column(rows, model)
    found.keys = (
        list(dict.fromkeys(str(r[found.key]) for r in rows if r[found.key] is not None))
        if found.key
        else []
    )
    _find_raw(project, found, result, lineage, pins)
    if result.check.dimension == "uniqueness":
        _group(found, result)
    return found


def _ask_again(con: Connection, result: CheckResult) -> list[Row] | None:
    if not result.sql:
        return []
    try:
        with sql_errors():
            catalog = con.execute("select current_database()").fetchone()
            assert catalog is not None
            con.execute(f"use {identifier(str(catalog[0]), result.check.schema)}")
            answer = con.execute(f"select * from (\n{result.sql}\n) as failing limit {ROWS}")
            names = [d[0] for d in answer.description or ()]
            rows = answer.fetchall()
            if "order by" not in result.sql.lower():
                # The engine's threads order rows as they come; a card says the same twice.
                rows.sort(key=str)
            return [dict(zip(names, row, strict=True)) for row in rows]
    except QueryRefused:
        return None


def _key_column(rows: Sequence[Row], model: ModelFacts | None) -> str:
    if not rows:
        return ""
    columns = list(rows[0])
    for name in (str(model.meta.get("grain", "")) if model else "", "unique_field", "id"):
        if name in columns:
            return name
    ids = [n for n in columns if n.endswith("_id") and all(r[n] is not None for r in rows)]
    return ids[0] if ids else ""


def _group(found: Found, result: CheckResult) -> None:
    """Which rows are one thing told several times, the first told of each at its head."""
    if not found.key:
        return
    if found.key == "unique_field":
        found.group, found.groups = (
            found.key,
            [[str(r[found.key])] * int(r.get("n_records") or 2) for r in found.rows],
        )
        return
    declared = re.search(r"duplicate_(?:count|percent)\(([^)]+)\)", result.check.expected)
    names = [n.strip() for n in declared[1].split(",")] if declared else []
    if not names or any(n not in found.rows[0] for n in names):
        names = _repeating(found.rows)
    if not names:
        return
    groups: dict[tuple[Any, ...], list[str]] = {}
    for row in found.rows:
        groups.setdefault(tuple(row[n] for n in names), []).append(str(row[found.key]))
    first = {key: rows[0]["_buck_seq"] for key, rows in found.versions.items()}
    found.group = names[0]
    found.groups = [
        sorted(keys, key=lambda key: first.get(key, 0)) for keys in groups.values() if len(keys) > 1
    ]


def _repeating(rows: Sequence[Row]) -> list[str]:
    """The id column in which every value stands more than once, the finest if there are several."""
    best, most = "", 0
    for name in rows[0]:
        counts = Counter(row[name] for row in rows)
        if name.endswith(("_id", "_key", "email")) and min(counts.values()) > 1 < len(rows):
            best, most = (name, len(counts)) if len(counts) > most else (best, most)
    return [best] if best else []


def _find_raw(
    project: Project,
    found: Found,
    result: CheckResult,
    lineage: Lineage,
    pins: Sequence[RawPin],
) -> None:
    """The raw table whose records the keys are, and all versions of them."""
    check = result.check
    model = lineage.find(check.schema, check.table)
    above = lineage.above([model.unique_id]) if model else []
    near = [
        p
        for p in pins
        if p.table.ref.name == check.table or any(u.endswith(node_of(p)) for u in above)
    ]
    if not near or not found.keys:
        return
    near.sort(key=lambda p: found.key not in (f"{singular(p.table.name)}_id", "id"))
    is_number = found.keys[0].lstrip("-").isdigit()
    con = connect(work=project.work)
    try:
        con.execute("set TimeZone = 'UTC'")
        for pin in near:
            named = found.key in (f"{singular(pin.table.name)}_id", "id")
            if "id" not in pin.columns or (is_number and not named):
                continue
            probes = found.keys[:PROBES]
            (hits,) = _ask(con, f"select count(distinct id) as n {_having(pin, probes)}")
            if hits["n"] * 2 >= len(probes):
                found.pin, found.raw_key = pin, "id"
                for row in _ask(con, f"select * {_having(pin, found.keys)} order by _buck_seq"):
                    found.versions.setdefault(str(row["id"]), []).append(row)
                return
    finally:
        con.close()


def _having(pin: RawPin, keys: Sequence[str]) -> str:
    listed = ", ".join(literal(key) for key in keys)
    return f"from ({pin.select_sql}) as raw where cast(id as varchar) in ({listed})"


@dataclass(frozen=True, slots=True)
class Measured:
    """A mart's measure for some keys, as built and as published."""

    mart: str
    measure: str
    now: Mapping[str, tuple[str, Decimal]]
    before: Mapping[str, tuple[str, Decimal]]


def measure(
    project: Project,
    candidates: Connection,
    found: Found,
    models: Sequence[ModelFacts],
) -> Measured | None:
    """The amounts of the failing rows in the first of these marts that counts their records.

    After the table itself, marts that say what they measure go before those that just hold amounts.
    """
    names = [found.key]
    models = [*models[:1], *sorted(models[1:], key=lambda model: "measure" not in model.meta)]
    if found.pin is not None:
        names.append(f"{singular(found.pin.table.name)}_id")
    for model in models:
        columns = {
            str(r["column_name"]): str(r["data_type"])
            for r in _ask(
                candidates,
                "select column_name, data_type from duckdb_columns() where schema_name = "
                f"{literal(model.schema)} and table_name = {literal(model.name)} "
                "order by column_index",
            )
        }
        key = next((n for n in names if n in columns), None)
        column = _measure_column(model, columns)
        if model.layer != "marts" or key is None or column is None or not found.keys:
            continue
        listed = ", ".join(literal(k) for k in found.keys)
        sql = (
            f"select cast({identifier(key)} as varchar) as key, currency, "
            f"{identifier(column)} as amount from {identifier(model.schema, model.name)} "
            f"where cast({identifier(key)} as varchar) in ({listed})"
        )
        now = _amounts(candidates, sql)
        if not now:
            continue
        word = str(model.meta.get("measure_is") or column.replace("_", " "))
        return Measured(f"{model.schema}.{model.name}", word, now, _published(project, sql))
    return None


def _measure_column(model: ModelFacts, columns: Mapping[str, str]) -> str | None:
    declared = str(model.meta.get("measure", ""))
    if "currency" not in columns:
        return None
    if declared in columns:
        return declared
    return next((n for n, t in columns.items() if t.startswith("DECIMAL") and "amount" in n), None)


def _published(project: Project, sql: str) -> dict[str, tuple[str, Decimal]]:
    try:
        con = open_zone(project, "published")
    except LakeError:
        return {}
    try:
        return _amounts(con, sql)
    except QueryRefused:
        return {}  # a mart that was never published
    finally:
        con.close()


def _amounts(con: Connection, sql: str) -> dict[str, tuple[str, Decimal]]:
    return {
        str(r["key"]): (str(r["currency"]), Decimal(str(r["amount"])))
        for r in _ask(con, sql)
        if r["amount"] is not None and r["currency"] is not None
    }


def read_exponents(con: Connection) -> dict[str, int]:
    """Digits after the point per currency, as the project's seed has them."""
    try:
        rows = _ask(con, "select code, exponent from seeds.currencies")
    except QueryRefused:
        return {}
    return {str(r["code"]): int(r["exponent"]) for r in rows}


def _ask(con: Connection, sql: str) -> list[Row]:
    with sql_errors():
        answer = con.execute(sql)
        names = [d[0] for d in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
