"""How far a table has been read, as the integers that the lake keeps with its rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from buck.sources.load import TableLoad

READ_UNTIL = "modstamp_until"
"""The last upper bound of SystemModstamp."""
DELETED_UNTIL = "deleted_until"
"""How far getDeleted has told."""
RECONCILED_AT = "reconciled_at"
"""When all ids were last compared."""
REFRESHED_AT = "formulas_at"
"""When all formulas were last read; a mark of the side table."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_mark(table: TableLoad, name: str) -> datetime | None:
    """The time that the table's last commit holds under a name, if any."""
    mark = table.position.get(name)
    return None if mark is None else _EPOCH + mark * _MICROSECOND


def set_mark(table: TableLoad, name: str, at: datetime) -> None:
    """Have the load's commit hold a time under a name, never an earlier one than before."""
    mark = (at - _EPOCH) // _MICROSECOND
    table.advance(**{name: max(mark, table.position.get(name, mark))})
