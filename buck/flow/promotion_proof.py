"""Whether the marts that a warehouse holds are the snapshot's, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from buck.engine import attach_postgres, connect, postgres_errors, target_address
from buck.flow.diff_sides import mart_models
from buck.flow.downloaded import Downloaded
from buck.flow.lake_access import published_sql
from buck.flow.personal import personal_columns
from buck.flow.promotion_side import PromotionSide, built_tables
from buck.names import TableRef
from buck.parity import Relation, compare, postgres_relation
from buck.records.comparison import TableComparison

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
    models = mart_models(side.project.work / "dbt" / "target")
    personal = personal_columns(side.project)
    found = []
    with (
        closing(connect(work=side.project.work)) as con,
        _reading(side, con, {str(ref): there for ref, there in tables.items()}) as relations,
    ):
        for table in sorted(side.snapshot.tables, key=lambda t: (t.schema, t.name)):
            name = f"{table.schema}.{table.name}"
            found.append(
                compare(
                    con,
                    Relation(f"({published_sql(side.lake, table)})"),
                    relations[name],
                    table=name,
                    key=models[name].grain if name in models else (),
                    personal=personal,
                )
            )
    return tuple(found)


@contextmanager
def _reading(
    side: PromotionSide, con: Connection, tables: Mapping[str, TableRef]
) -> Iterator[Mapping[str, Relation]]:
    """How tables there are read: where they lie, or one after the other as a file."""
    from buck.warehouses import downloads

    files = downloads(side.warehouse)
    if files is None:
        with postgres_errors(side.target):
            attach_postgres(con, _THERE, target_address(side.settings))
            yield {name: postgres_relation(con, _THERE, table) for name, table in tables.items()}
        return
    with TemporaryDirectory(prefix="proof-", dir=side.project.work) as folder:
        yield Downloaded(files, tables, Path(folder))
