"""Whether the marts that a warehouse holds are the snapshot's, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buck.engine import PostgresAddress, attach_postgres, postgres_errors
from buck.engine.columns import parquet_scan, typed_select
from buck.flow.personal import personal_columns
from buck.flow.promotion_side import PromotionSide, built_tables, scratch_connection
from buck.names import TableRef
from buck.parity import Relation, compare, postgres_relation
from buck.records.comparison import TableComparison
from buck.records.snapshot import SnapshotTable

if TYPE_CHECKING:
    from buck.engine.types import Connection

_THERE = "there"


def prove_marts(
    side: PromotionSide, *, where: dict[TableRef, TableRef] | None = None
) -> tuple[TableComparison, ...]:
    """Every mart of the snapshot, left, beside what the warehouse holds, right, by name.

    Values are read back from the warehouse, and one engine compares both sides.

    Args:
        side: Both sides.
        where: Each mart and its table there; the private build's tables if not given.

    Raises:
        WarehouseError: the warehouse does not answer.
    """
    tables = where or built_tables(side)
    keys, personal = _keys(side), personal_columns(side.project)
    found = []
    with scratch_connection(side.project) as con, postgres_errors(side.target):
        _attach(con, side)
        for table in sorted(side.snapshot.tables, key=lambda t: (t.schema, t.name)):
            ref = TableRef(table.schema, table.name)
            found.append(
                compare(
                    con,
                    Relation(f"({_published(side, table)})"),
                    postgres_relation(con, _THERE, tables[ref]),
                    table=str(ref),
                    key=keys.get(ref, ()),
                    personal=personal,
                )
            )
    return tuple(found)


def _attach(con: Connection, side: PromotionSide) -> None:
    given = side.settings
    address = PostgresAddress(
        host=str(given.get("host")),
        port=int(str(given.get("port", 5432))),
        user=str(given.get("user")),
        password=str(given.get("password") or given.get("pass") or ""),
        database=str(given.get("dbname") or given.get("database")),
        options={"sslmode": str(given.get("sslmode") or "prefer")},
    )
    attach_postgres(con, _THERE, address)


def _published(side: PromotionSide, table: SnapshotTable) -> str:
    files = tuple(str(side.lake.storage.fetch(name)) for name in table.files)
    return typed_select(table.columns, parquet_scan(files), present=set(table.columns))


def _keys(side: PromotionSide) -> dict[TableRef, tuple[str, ...]]:
    """The grain that each mart declares."""
    from buck.transform import models

    grains = {
        TableRef(m.schema, m.name): str(m.meta.get("grain") or "")
        for m in models(side.project.work / "dbt" / "target")
    }
    return {
        ref: tuple(part.strip() for part in grain.split(","))
        for ref, grain in grains.items()
        if grain
    }
