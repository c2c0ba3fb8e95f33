"""Whether the marts that a warehouse holds are the snapshot's, value by value."""

from __future__ import annotations

from contextlib import closing

from buck.engine import attach_postgres, connect, postgres_errors, target_address
from buck.flow.diff_sides import mart_models
from buck.flow.lake_access import published_sql
from buck.flow.personal import personal_columns
from buck.flow.promotion_side import PromotionSide, built_tables
from buck.names import TableRef
from buck.parity import Relation, compare, postgres_relation
from buck.records.comparison import TableComparison

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
    models = mart_models(side.project.work / "dbt" / "target")
    personal = personal_columns(side.project)
    found = []
    with closing(connect(work=side.project.work)) as con, postgres_errors(side.target):
        attach_postgres(con, _THERE, target_address(side.settings))
        for table in sorted(side.snapshot.tables, key=lambda t: (t.schema, t.name)):
            ref = TableRef(table.schema, table.name)
            found.append(
                compare(
                    con,
                    Relation(f"({published_sql(side.lake, table)})"),
                    postgres_relation(con, _THERE, tables[ref]),
                    table=str(ref),
                    key=models[str(ref)].grain if str(ref) in models else (),
                    personal=personal,
                )
            )
    return tuple(found)
