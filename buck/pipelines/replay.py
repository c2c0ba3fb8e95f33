"""Held records parsed once more, by what their table has become since."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from buck.errors import ConfigError
from buck.records.quarantine import HeldRecord
from buck.records.table import Column, ColumnType, Contract, TableSpec
from buck.sources.load import TableLoad

if TYPE_CHECKING:
    import pyarrow as pa

TYPES: Mapping[str, ColumnType] = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DOUBLE": "double",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "DATE": "date",
    "BLOB": "bytes",
    "VARCHAR": "text",
}
DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")


@dataclass(slots=True)
class Replayed:
    """What came of parsing: rows by the id of their record, and why the others still do not fit."""

    rows: dict[str, pa.Table] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def replay_spec(
    held: HeldRecord,
    declared: TableSpec | None,
    *,
    types: Mapping[str, str],
    contract: Contract,
) -> TableSpec:
    """The declaration to parse a held record by: the table's own, with the lake's types.

    Args:
        held: One of the table's records; its key names the key columns if nothing is declared.
        declared: What the source's file declares.
        types: Column name to DuckDB type, as the lake has the table; empty if it never landed.
        contract: What becomes of values that do not fit. `freeze` has nothing to protect here and
            is read as `quarantine`.

    Raises:
        ConfigError: nobody says what the table's key is.
    """
    if contract == "freeze":
        contract = "quarantine"
    key = declared.key if declared and declared.key else tuple(json.loads(held.key or "{}"))
    if not key:
        raise ConfigError(
            f"nothing says what the key of {held.source}.{held.table} is",
            hint=f"declare the table in TABLES of pipelines/{held.source}_pipeline.py",
        )
    columns = []
    for column in declared.columns if declared else ():
        landed = _column(column.name, types[column.name]) if column.name in types else None
        # JSON is text in the lake; the declaration knows better.
        is_json = landed is not None and landed.type == "text" and column.type == "json"
        if landed is None or is_json:
            columns.append(column)
        else:
            columns.append(replace(landed, personal=column.personal))
    known = {column.name for column in columns}
    for name, type_ in types.items():
        # What was never declared and is text lands as text anyway.
        if name not in known and not name.startswith("_buck_") and type_ != "VARCHAR":
            columns.append(_column(name, type_))
    cursor = declared.cursor if declared else None
    return TableSpec(held.source, held.table, key, tuple(columns), cursor=cursor, contract=contract)


def parse_held(table: TableLoad, records: Sequence[HeldRecord]) -> Replayed:
    """Parse held records of one table, oldest first, each by itself."""
    import pyarrow as pa

    done = Replayed()
    for record in records:
        before = len(table.held)
        rows = table.arrow(
            [read_raw(record.raw, table.spec)], op=record.op, source_at=[record.source_ts]
        )
        if len(table.held) > before:
            done.reasons[record.id] = table.held.pop().reason
            continue
        if record.row_hash is not None:
            index = rows.schema.get_field_index("_buck_row_hash")
            hashes = pa.array([record.row_hash], pa.int64())
            rows = rows.set_column(index, rows.schema.field(index), hashes)
        done.rows[record.id] = rows
    return done


def read_raw(raw: bytes, spec: TableSpec) -> Any:
    """The record that the bytes hold, decimals exactly."""
    try:
        record = json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "backslashreplace")
    if not isinstance(record, dict):
        return record
    exact = json.loads(raw, parse_float=Decimal)
    for column in spec.columns:
        value = record.get(column.name)
        if column.type == "decimal" and isinstance(value, float):
            record[column.name] = exact[column.name]
        if column.type == "bytes" and isinstance(value, str):
            text = value.encode()
            record[column.name] = ESCAPED.sub(lambda m: bytes([int(m.group(1), 16)]), text)
    return record


def _column(name: str, type_: str) -> Column:
    if found := DECIMAL.fullmatch(type_):
        return Column(name, "decimal", precision=(int(found.group(1)), int(found.group(2))))
    return Column(name, TYPES.get(type_, "text"))
