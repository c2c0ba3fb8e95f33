"""What a warehouse's record says of raw tables that a script loads, asked through dbt's adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buck.errors import TransformError, WarehouseError
from buck.names import TableRef
from buck.records.promotion import RawLoad

if TYPE_CHECKING:
    from buck.transform import DbtWorkspace


@dataclass(frozen=True, slots=True)
class Known:
    """What a warehouse's record says."""

    loads: Mapping[str, RawLoad]
    replaced: frozenset[str] = frozenset()
    lakes: frozenset[str] = frozenset()
    columns: Mapping[str, frozenset[str]] | None = None
    """Columns of each raw table there."""


def ask_record(
    space: DbtWorkspace, kind: str, settings: Mapping[str, Any], *, prefix: str, schema: str
) -> Known:
    """What was loaded there, through dbt's adapter.

    Raises:
        ConfigError: the adapter is not installed.
        WarehouseError: the warehouse does not answer, or refuses the question.
    """
    from buck.transform import ask, require_adapter
    from buck.warehouses import databricks_sql, redshift_sql
    from buck.warehouses.script_record import LOADS, RECORD

    require_adapter(settings)
    catalog = str(settings.get("catalog") or "")
    loads = TableRef(f"{prefix}{RECORD}", LOADS)
    if kind == "databricks":
        there = databricks_sql.has_table(catalog, loads)
        columns = databricks_sql.columns_of(catalog, schema)
        record = databricks_sql.last_loads(catalog, prefix)
    else:
        there = redshift_sql.has_table(loads)
        columns, record = redshift_sql.columns_of(schema), redshift_sql.last_loads(prefix)
    hint = f"buck doctor --target {space.target}, or --offline to plan without asking"
    try:
        replies = ask(space, {"there": there, "columns": columns})
        if not replies["there"].error and int(replies["there"].rows[0][0]):
            replies |= ask(space, {"loads": record})
    except TransformError as exc:
        raise WarehouseError(exc.what, hint=hint) from exc
    for reply in replies.values():
        if reply.error:
            raise WarehouseError(
                f"{space.target} does not say what was loaded there: {reply.error}", hint=hint
            )
    held: dict[str, set[str]] = {}
    for table, column in replies["columns"].rows:
        held.setdefault(f"{schema}.{table}", set()).add(str(column))
    rows = replies["loads"].rows if "loads" in replies else ()
    return Known(
        {str(r[0]): RawLoad(str(r[0]), int(r[1]), int(r[2]), int(r[3]), int(r[4])) for r in rows},
        frozenset(str(r[0]) for r in rows if int(r[6])),
        frozenset(str(r[5]) for r in rows),
        {name: frozenset(columns) for name, columns in held.items()},
    )
