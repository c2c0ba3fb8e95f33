"""How far a PostgreSQL table was read, and how far the next load may rely on it.

A transaction that is still open may commit rows whose cursor lies before what was already read. A
mark therefore moves only to values that nobody can slip in before any more:

* Update times: to the start of the oldest open transaction.
* Ids, and update times where other roles' sessions are hidden: to the newest value that was there
  before the oldest transaction now running began. Until that is known, the newest value waits in
  `..._waiting`, with the transaction number from which on it is settled in `..._waiting_for`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from buck.sources.load import TableLoad
from buck.sources.postgres.catalog import Described, Horizon

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def settles_slowly(described: Described, horizon: Horizon) -> bool:
    """Whether no time is known up to which the table is complete."""
    spec = described.spec
    column = spec.column(spec.cursor) if spec.cursor else None
    return column is not None and (horizon.hides or column.type == "bigint")


def advance_mark(
    described: Described, table: TableLoad, *, newest: int | None, horizon: Horizon
) -> None:
    """Move the table's marks as far as rows are known to be complete; never backwards.

    Args:
        described: The table.
        table: Its part of the load.
        newest: The greatest cursor value; asked before `horizon` if the table settles slowly.
        horizon: What was open, asked for before the rows were read.
    """
    spec = described.spec
    column = spec.cursor and spec.column(spec.cursor)
    if not column:
        table.advance(loads=table.sequence)
        return
    is_id = column.type == "bigint"
    if newest is not None and not is_id:
        newest = min(newest, (horizon.upper - EPOCH) // timedelta(microseconds=1))
    kind = "id" if is_id else "cursor"
    if settles_slowly(described, horizon):
        _advance_settled(table, kind, newest=newest, horizon=horizon)
    else:
        _advance_to(table, f"{kind}_until", newest)


def _advance_settled(table: TableLoad, kind: str, *, newest: int | None, horizon: Horizon) -> None:
    until, waiting = f"{kind}_until", f"{kind}_waiting"
    held = table.position.get(waiting)
    held_for = table.position.get(f"{waiting}_for", 0)
    if horizon.is_quiet:
        _advance_to(table, until, newest)
        return
    if held is not None and horizon.oldest >= held_for:
        _advance_to(table, until, held)
    settled = table.marks.get(until, table.position.get(until))
    is_resolved = held is None or (settled is not None and held <= settled)
    if newest is not None and is_resolved and (settled is None or newest > settled):
        table.advance(**{waiting: newest, f"{waiting}_for": horizon.next})


def _advance_to(table: TableLoad, mark: str, value: int | None) -> None:
    before = table.position.get(mark)
    known = [v for v in (before, value) if v is not None]
    if known:
        table.advance(**{mark: max(known)})
