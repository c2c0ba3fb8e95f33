"""Following one record from its raw versions to the marts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from buck.engine import connect, translate_errors
from buck.errors import ConfigError, LakeError, TransformError
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.landing import declared_table
from buck.flow.reading import open_zone
from buck.lake import Lake, RawPin
from buck.ledger import read_events
from buck.names import identifier, literal
from buck.project import Project
from buck.records.tracing import Appearance, RawVersion, Trace

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.records.build import ModelFacts

ROWS = 20
"""Rows shown of one model."""
TEXT = ("VARCHAR", "TEXT")


def trace_record(project: Project, table: str, key: str) -> Trace:
    """One record's versions, what was held back of it, and where it went.

    Args:
        project: The project.
        table: `stripe.charges`, or the raw table's full name `raw_stripe_charges`.
        key: The record's key; several key columns are joined by a comma.

    Raises:
        ConfigError: there is no such raw table, or no record with that key.
    """
    lake = open_lake(project)
    pins = pin_tables(project, lake)
    pin = _find_pin(pins, table)
    columns = _key_columns(project, pin)
    values = key.split(",") if len(columns) > 1 else [key]
    if len(values) != len(columns):
        raise ConfigError(
            f"the key of {pin.table} has {len(columns)} columns: {', '.join(columns)}",
            hint=f"buck trace {pin.table} {','.join(c.upper() for c in columns)}",
        )
    wanted = dict(zip(columns, values, strict=True))
    versions = _versions(project, lake, pin, wanted)
    held = [
        record.to_dict()
        for record in lake.quarantine.read(source=pin.table.source, table=pin.table.name)
        if record.key and _same_key(json.loads(record.key), wanted)
    ]
    if not versions and not held:
        raise ConfigError(
            f"{pin.table} has no record {key!r}",
            hint=f'buck query --raw "select {columns[0]} from {pin.table.ref} limit 10"',
        )
    found, feeds = _follow(project, pin, values)
    return Trace(str(pin.table), key, tuple(versions), tuple(held), tuple(found), tuple(feeds))


def _find_pin(pins: Sequence[RawPin], table: str) -> RawPin:
    for pin in pins:
        if table in (str(pin.table), pin.table.ref.name, str(pin.table.ref)):
            return pin
    known = ", ".join(sorted(str(pin.table) for pin in pins)) or "none yet"
    raise ConfigError(f"there is no raw table {table!r}", hint=f"there are: {known}")


def _key_columns(project: Project, pin: RawPin) -> tuple[str, ...]:
    """The declared key; a database's tables leave it to the server, where it is usually `id`."""
    spec = declared_table(project, pin.table.source, pin.table.name)
    if spec is not None and spec.key:
        return spec.key
    return ("id",) if "id" in pin.columns else (next(iter(pin.columns)),)


def _same_key(held: Any, wanted: dict[str, str]) -> bool:
    return isinstance(held, dict) and {n: str(v) for n, v in held.items()} == wanted


def _versions(
    project: Project, lake: Lake, pin: RawPin, wanted: dict[str, str]
) -> list[RawVersion]:
    runs = {
        str(event.facts["load_id"]): event.run_id
        for event in read_events(lake.storage)
        if event.kind == "step_finished" and "load_id" in event.facts
    }
    con = connect(work=project.work)
    try:
        where = " and ".join(
            f"cast({identifier(n)} as varchar) = {literal(v)}" for n, v in wanted.items()
        )
        names, rows = _ask(
            con, f"select * from ({pin.select_sql}) where {where} order by _buck_seq"
        )
    finally:
        con.close()
    found: list[RawVersion] = []
    before: dict[str, Any] = {}
    for row in rows:
        now = dict(zip(names, row, strict=True))
        own = {n: v for n, v in now.items() if not n.startswith("_buck_")}
        found.append(
            RawVersion(
                seq=now["_buck_seq"],
                op=now["_buck_op"],
                load_id=now["_buck_load_id"],
                run_id=runs.get(now["_buck_load_id"], ""),
                observed_at=str(now["_buck_observed_at"]),
                source_ts=str(now["_buck_source_ts"] or ""),
                changes={n: v for n, v in own.items() if before.get(n) != v},
            )
        )
        before = own
    return found


def _follow(
    project: Project, pin: RawPin, values: Sequence[str]
) -> tuple[list[Appearance], list[str]]:
    """Where the record appears in the models below the raw table, in the order of their making."""
    from buck.transform import models

    try:
        known = models(project.work / "dbt" / "target")
    except TransformError:
        return [], []
    found: list[Appearance] = []
    feeds: list[str] = []
    zones = {zone: con for zone in ("candidate", "published") if (con := _open(project, zone))}
    try:
        # The columns in which each node names the record; the raw table itself to begin with.
        named: dict[str, tuple[str, ...]] = {}
        root = f".{pin.table.source}.{pin.table.name}"
        for model in _downstream(known, root):
            parents = [named[p] for p in model.depends_on if p in named]
            is_first = any(p.startswith("source.") and p.endswith(root) for p in model.depends_on)
            names = tuple(dict.fromkeys(n for parent in parents for n in parent))
            here: tuple[str, ...] = ()
            for zone, con in zones.items():
                hit = _look(con, model, zone, names, values, is_first=is_first)
                if hit is not None:
                    found.append(hit)
                    here = (*here, *hit.column.split(", "))
            named[model.unique_id] = tuple(dict.fromkeys((*names, *here)))
            if not here:
                feeds.append(f"{model.schema}.{model.name}")
    finally:
        for con in zones.values():
            con.close()
    return found, feeds


def _open(project: Project, zone: Any) -> Connection | None:
    try:
        return open_zone(project, zone)
    except LakeError:
        return None


def _downstream(known: Sequence[ModelFacts], root: str) -> list[ModelFacts]:
    """Models below a dbt source, parents before children."""
    waiting = [m for m in known if m.depends_on]
    reached: dict[str, ModelFacts] = {}
    ordered: list[ModelFacts] = []
    every = {m.unique_id for m in known}
    done: set[str] = every - {m.unique_id for m in waiting}
    while waiting:
        ready = [m for m in waiting if not (set(m.depends_on) & every) - done]
        if not ready:
            break
        for model in ready:
            done.add(model.unique_id)
            is_below = any(p.endswith(root) for p in model.depends_on if p.startswith("source."))
            if is_below or any(p in reached for p in model.depends_on):
                reached[model.unique_id] = model
                ordered.append(model)
        waiting = [m for m in waiting if m.unique_id not in done]
    return ordered


def _look(
    con: Connection,
    model: ModelFacts,
    zone: str,
    names: Sequence[str],
    values: Sequence[str],
    *,
    is_first: bool,
) -> Appearance | None:
    """The rows of a model that name the record.

    A text key is looked for in every text column. A number means nothing by itself: it counts in
    a column that tells the rows of the staging model apart, and in columns of that name below it.
    """
    schema = model.schema if zone == "candidate" else model.domain
    if zone == "published" and model.layer != "marts":
        return None
    _, columns = _ask(
        con,
        "select column_name, data_type from duckdb_columns() where schema_name = "
        f"{literal(schema)} and table_name = {literal(model.name)} order by column_index",
    )
    relation = identifier(schema, model.name)
    hits: list[str] = []
    for value in values:
        is_number = value.lstrip("-").isdigit()
        asked = [n for n, t in columns if n in names or (t in TEXT and not is_number)]
        if is_first and is_number:
            asked = [n for n, t in columns if t not in TEXT and _tells_apart(con, relation, n)]
        for name in asked:
            column = f"cast({identifier(name)} as varchar)"
            _, rows = _ask(
                con, f"select 1 from {relation} where {column} = {literal(value)} limit 1"
            )
            if rows:
                hits.append(name)
    if not hits:
        return None
    where = " or ".join(
        f"cast({identifier(h)} as varchar) in ({', '.join(literal(v) for v in values)})"
        for h in dict.fromkeys(hits)
    )
    shown, rows = _ask(con, f"select * from {relation} where {where} limit {ROWS}")
    return Appearance(
        relation=f"{schema}.{model.name}",
        zone=zone,
        column=", ".join(dict.fromkeys(hits)),
        rows=tuple(dict(zip(shown, row, strict=True)) for row in rows),
    )


def _tells_apart(con: Connection, relation: str, name: str) -> bool:
    column = identifier(name)
    _, rows = _ask(con, f"select count(distinct {column}) = count(*) from {relation}")
    return bool(rows[0][0])


def _ask(con: Connection, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with translate_errors():
        answer = con.execute(sql)
        return [d[0] for d in answer.description or ()], answer.fetchall()
