"""Counting rows and empty cells of a run's tables, and comparing them with earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from buck.engine import connect, translate_errors
from buck.flow.lake_access import open_lake
from buck.ledger import read_volumes
from buck.names import TableRef, identifier, literal
from buck.project import Project
from buck.records.quality import CheckResult
from buck.records.volume import TableVolume

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.records.build import ModelFacts

RAW = "raw"
BIG_TABLE = 20_000
"""Rows from which each column is counted by a query of its own."""


def measure_tables(
    project: Project, *, as_of: datetime, tables: Collection[str] | None = None
) -> list[TableVolume]:
    """The rows of every raw table, and rows and empty cells of every mart and staging table.

    Staging views are left out: counting their rows would build them.

    Args:
        project: The project; its candidates are read.
        as_of: The run's time.
        tables: Only these, by bare name; all if None.
    """
    from buck.transform import models

    layers = {TableRef(m.schema, m.name): m.layer for m in models(project.work / "dbt" / "target")}
    con = connect(project.build_database, work=project.work, read_only=True)
    try:
        return [
            count_table(con, table, columns, as_of)
            for table, columns in _list(con, layers)
            if tables is None or table.name in tables
        ]
    finally:
        con.close()


def judge_anomalies(
    project: Project,
    volumes: Sequence[TableVolume],
    models: Sequence[ModelFacts],
    *,
    run_id: str = "",
) -> list[CheckResult]:
    """Each table's rows and empty cells compared with what earlier runs counted in it.

    Args:
        project: Says what is compared, and from when on it is unusual.
        volumes: What was counted now.
        models: The dbt project's models, for their owners.
        run_id: Only runs before it are history; all if it is no run's id.
    """
    from buck.quality import judge_nulls, judge_volume

    settings = project.settings.data_quality.anomaly
    before = run_id if run_id[:1].isdigit() else ""
    past: dict[str, list[TableVolume]] = {}
    for volume in read_volumes(open_lake(project).storage, before_run=before):
        past.setdefault(volume.table, []).append(volume)
    owners = {f"{m.schema}.{m.name}": m.owner for m in models}
    found = []
    for now in volumes:
        history, owner = past.get(now.table, []), owners.get(now.table, "")
        rule, metrics = settings.rule(now.table), settings.metrics_of(now.table)
        is_raw = now.table.startswith(f"{RAW}.")
        if "row_count" in metrics:
            found.append(judge_volume(history, now, rule, owner=owner, is_raw=is_raw))
        if "missing_percent" in metrics and now.missing:
            found.append(judge_nulls(history, now, rule, owner=owner))
    return found


def _list(con: Connection, layers: Mapping[TableRef, str]) -> Iterator[tuple[TableRef, list[str]]]:
    """Tables in their order, with the columns whose empty cells are counted."""
    with translate_errors():
        rows = con.execute(
            "select t.table_schema, t.table_name, list(c.column_name order by c.ordinal_position) "
            "from information_schema.tables t "
            "inner join information_schema.columns c "
            "using (table_catalog, table_schema, table_name) "
            "where t.table_catalog = current_database() "
            f"and (t.table_schema = {literal(RAW)} or t.table_type = 'BASE TABLE') "
            "group by all order by all"
        ).fetchall()
    for schema, name, columns in rows:
        table = TableRef(schema, name)
        if schema == RAW:
            yield table, []
        elif layers.get(table) in ("marts", "staging"):
            yield table, columns


def count_table(
    con: Connection, table: TableRef, columns: Sequence[str], as_of: datetime
) -> TableVolume:
    """The table's rows and, per column, its empty cells.

    Of a big table's columns only those are counted in which the engine has noted both empty cells
    and full ones. Asked by itself, a column is counted from its null mask; beside others its values
    are unpacked as well, which costs forty times as much. None of this pays for a small table.
    """
    rows = _numbers(con, table, ["count(*)"])[0]
    cells = [f"count({identifier(name)})" for name in columns]
    if rows < BIG_TABLE:
        filled = _numbers(con, table, cells) if cells else []
    else:
        known = [_filled(noted, rows) for noted in _noted(con, table, columns)]
        filled = [
            _numbers(con, table, [cell])[0] if count is None else count
            for cell, count in zip(cells, known, strict=True)
        ]
    missing = {name: rows - n for name, n in zip(columns, filled, strict=True)}
    return TableVolume(str(table), as_of, rows, missing)


def _numbers(con: Connection, table: TableRef, wanted: Sequence[str]) -> list[int]:
    with translate_errors():
        row = con.execute(f"select {', '.join(wanted)} from {table.sql}").fetchone()
    assert row is not None
    return [int(value) for value in row]


def _noted(con: Connection, table: TableRef, columns: Sequence[str]) -> list[str]:
    """What the engine keeps about each column, as its text; nothing if the table is empty."""
    if not columns:
        return []
    cells = [f"stats({identifier(name)})" for name in columns]
    with translate_errors():
        row = con.execute(f"select {', '.join(cells)} from {table.sql} limit 1").fetchone()
    return [str(noted) for noted in row] if row else [""] * len(columns)


def _filled(noted: str, rows: int) -> int | None:
    """How many cells of a column are full, where what is noted of it says so."""
    if "[Has Null: false, Has No Null: true]" in noted:
        return rows
    return 0 if "[Has Null: true, Has No Null: false]" in noted else None
