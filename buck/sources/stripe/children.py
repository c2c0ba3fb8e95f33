"""Complete child lists: an invoice's lines, a subscription's items, what a payout paid out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from buck.sources.stripe.api import Record, TableRefused
from buck.sources.stripe.changes import Change
from buck.sources.stripe.endpoints import ChildEndpoint
from buck.sources.stripe.listing import list_complete
from buck.sources.stripe.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

_TOLD = ("all", "event")


def read_children(
    session: Session, child: ChildEndpoint, parents: Sequence[Change], *, known: pa.Table | None
) -> Iterator[Change]:
    """Every child of every parent, and a tombstone for each known child that its parent lost.

    The list inside a parent is used only if it says that it is complete.

    Args:
        session: Open.
        child: What to read.
        parents: As they are now.
        known: The keys of all children the lake has; None to make no tombstones.
    """
    parent_ids = [str(p.record["id"]) for p in parents]
    kept = {} if known is None else _children_of(known, child, parent_ids)
    if child.is_fixed:
        # What the lake has of such a list stays true until an event says otherwise.
        parents = [p for p in parents if p.way in _TOLD or str(p.record["id"]) not in kept]

    def read(parent: Change) -> list[Record]:
        is_gone = parent.op == "d"
        has_none = child.only_if is not None and parent.record.get(child.only_if) is not True
        return [] if is_gone or has_none else _complete(session, child, parent.record)

    for parent, records in zip(parents, session.map(read, parents), strict=True):
        parent_id = str(parent.record["id"])
        rows = [_shape(child, record, parent_id) for record in records]
        for row, record in zip(rows, records, strict=True):
            told_s = record.get("created", parent.told_s) if parent.op == "r" else parent.told_s
            yield Change(parent.op, row, told_s, parent.way)
        for id_ in sorted(kept.get(parent_id, set()) - {row[child.id_column] for row in rows}):
            gone = {child.parent_column: parent_id, child.id_column: id_}
            yield Change("d", gone, parent.told_s, parent.way)


def _shape(child: ChildEndpoint, record: Record, parent_id: str) -> Record:
    """A child as its table has it."""
    if child.columns:
        record = {column: record.get(field) for field, column in child.columns.items()}
    return {**record, child.parent_column: parent_id}


def _complete(session: Session, child: ChildEndpoint, parent: Record) -> list[Record]:
    embedded = parent.get(child.embedded)
    if isinstance(embedded, dict) and embedded.get("has_more") is False:
        return list(embedded["data"])
    parent_id = str(parent["id"])
    params: dict[str, str | int] = {k: v.format(id=parent_id) for k, v in child.params.items()}
    try:
        path = child.path.format(id=parent_id)
        return list_complete(session.api, path, params, endpoint=child.path)
    except TableRefused as exc:
        # The parent was deleted since it was read; its own tombstone follows with the event.
        if exc.missing:
            return []
        raise


def _children_of(
    known: pa.Table, child: ChildEndpoint, parent_ids: Sequence[str]
) -> dict[str, set[str]]:
    """The known children of these parents."""
    import pyarrow as pa
    import pyarrow.compute as pc

    owners = known[child.parent_column].cast(pa.string())
    mine = pc.is_in(owners, value_set=pa.array(parent_ids, pa.string()))
    found: dict[str, set[str]] = {}
    for row in known.filter(mine).to_pylist():
        found.setdefault(row[child.parent_column], set()).add(row[child.id_column])
    return found
