"""Records of an object as rows of its raw tables: its own, and the one of its formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from buck.records.table import TableSpec
from buck.sources.load import Load, TableLoad
from buck.sources.parsing import VARIANT
from buck.sources.salesforce.fields import ObjectShape, in_lakes_order
from buck.sources.salesforce.marks import READ_UNTIL, read_mark
from buck.sources.salesforce.shapes import ShapeChange
from buck.sources.salesforce.tables import DELETE_REASON
from buck.sources.salesforce.values import Row, read_instant

if TYPE_CHECKING:
    import pyarrow as pa

Batch = tuple[str, "pa.Table"]
"""The name of a raw table, and rows for it."""


class ObjectTables:
    """An object's part of a load: `base`, and `side` where it has formulas.

    The side table is committed first: after a kill in between, its rows are read again.
    """

    def __init__(self, load: Load, shape: ObjectShape) -> None:
        self.shape = shape
        self.side = _open(load, shape.formula_spec) if shape.formula_spec else None
        self.base = _open(load, shape.spec)
        self.since = read_mark(self.base, READ_UNTIL)

    def lose(self, change: ShapeChange) -> bool:
        """Tell the contracts of fields that are not shown any more; whether they allow it."""
        allowed = [
            table.lose(self._lost(table, change))
            for table in (self.side, self.base)
            if table is not None
        ]
        return all(allowed)

    def rows(
        self, records: Sequence[Row], *, with_formulas: bool, source_at: datetime | None = None
    ) -> Iterator[Batch]:
        """Whole records as versions, for both tables.

        Args:
            records: As read, with every field of the object's own.
            with_formulas: Whether the formulas were read as well.
            source_at: When the versions became true, if that is not what their stamps say.
        """
        ops = [_op(record, self.since) for record in records]
        if with_formulas and self.side is not None:
            yield self.formulas(records, ops)
        rows = list(records)
        if with_formulas and self.side is not None:
            names = [c.name for c in self.base.spec.columns]
            rows = [{name: record.get(name) for name in names} for record in records]
        for row, op in zip(rows, ops, strict=True):
            if op == "d":
                is_merged = row.get("masterrecordid") is not None
                row[DELETE_REASON.name] = "merged" if is_merged else "recycle_bin"
        cursor = self.shape.spec.cursor
        times: list[datetime | None] | None = None
        if source_at is not None:
            times = [source_at] * len(rows)
        elif cursor is not None:
            times = [_instant(record.get(cursor)) for record in records]
        yield self.base.spec.name, self.base.arrow(rows, op=ops, source_at=times)

    def formulas(self, records: Sequence[Row], ops: Sequence[str]) -> Batch:
        """Ids and formulas as rows of the side table.

        Their values have no time of their own: the order of versions is that of arrival.
        """
        assert self.side is not None
        names = [c.name for c in self.side.spec.columns]
        rows = [{name: record.get(name) for name in names} for record in records]
        return self.side.spec.name, self.side.arrow(rows, op=ops)

    def tombstones(
        self, ids: Sequence[str], times: Sequence[datetime | None], *, reason: str
    ) -> Iterator[Batch]:
        """Deletions of records of which only the Id is known."""
        if not ids:
            return
        flag = {"isdeleted": True} if self.shape.has_recycle_bin else {}
        rows: list[Row] = [{"id": each, **flag, DELETE_REASON.name: reason} for each in ids]
        if self.side is not None:
            yield self.formulas([{"id": each} for each in ids], ["d"] * len(ids))
        yield self.base.spec.name, self.base.arrow(rows, op="d", source_at=times)

    def _lost(self, table: TableLoad, change: ShapeChange) -> set[str]:
        """Columns of fields that were shown once and are not any more, since whenever."""
        shown = {str(field["name"]).lower() for field in self.shape.described}
        lately = {name.lower() for name in change.lost}
        lost = set()
        for name in table.columns:
            if name in shown or name.startswith("_buck_") or name.endswith(VARIANT):
                continue
            # A declared column that the org never had is empty and no loss.
            is_declared = table.spec.column(name) is not None
            if not is_declared or name in lately or table.position.get(f"lost_{name}"):
                lost.add(name)
        return lost


def _open(load: Load, spec: TableSpec) -> TableLoad:
    table = load.table(spec)
    # The load's own spec knows the contract that applies.
    table.spec = in_lakes_order(table.spec, table.columns)
    return table


def _op(row: Row, since: datetime | None) -> str:
    if row.get("isdeleted"):
        return "d"
    if since is None:
        return "r"
    created_at = _instant(row.get("createddate"))
    return "c" if created_at is not None and created_at > since else "u"


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return read_instant(value)
    except ValueError:
        # The value itself is judged with its record.
        return None
