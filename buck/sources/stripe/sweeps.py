"""Reconciliation sweeps: when one is due, and how much it found that no event had told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from buck.sources.load import TableLoad
from buck.sources.stripe.changes import Change
from buck.sources.stripe.endpoints import Endpoint

if TYPE_CHECKING:
    import pyarrow as pa

SWEPT_UNTIL = "swept_until"
_EARLY_S = 900
"""A schedule's next run may come a little sooner than a day after the last one."""
_MICROSECONDS = 1_000_000


def sweep_since_s(load: TableLoad, endpoint: Endpoint | None, *, now_s: int) -> int | None:
    """From when on this load sweeps the endpoint's list; None where no sweep is due.

    When the last one was is a mark of the table's own commit, so that a lake that is all there is
    left still knows it.
    """
    if endpoint is None or endpoint.sweep is None:
        return None
    last = load.position.get(SWEPT_UNTIL)
    if last is not None and now_s - last // _MICROSECONDS < endpoint.sweep.every_s - _EARLY_S:
        return None
    return 0 if endpoint.sweep.reach_s is None else max(0, now_s - endpoint.sweep.reach_s)


def mark_swept(load: TableLoad, *, now_s: int) -> None:
    """Remember that everything a sweep would read was read by this load."""
    load.advance(**{SWEPT_UNTIL: max(now_s * _MICROSECONDS, load.position.get(SWEPT_UNTIL, 0))})


class Drift:
    """Counts what sweeps read, and how much of it the lake has otherwise or not at all."""

    def __init__(self, load: TableLoad) -> None:
        self._load = load
        self._swept: list[pa.Table] = []
        self._gone = 0

    def note(self, changes: Sequence[Change], rows: pa.Table) -> None:
        """Take in one batch: the changes as read and as rows."""
        swept = [c for c in changes if c.way == "sweep"]
        if not swept:
            return
        # Only now: it takes a tenth of a second, and most loads sweep nothing.
        import pyarrow as pa
        import pyarrow.compute as pc

        self._gone += sum(c.op == "d" for c in swept)
        key = self._load.spec.key
        # Swept lists have an id of their own; tables of children are not swept.
        ids = pa.array([c.record[key[-1]] for c in swept if c.op != "d"], pa.string())
        own = rows.select([*key, "_buck_row_hash"])
        self._swept.append(own.filter(pc.is_in(own[key[-1]], value_set=ids)))

    def measure(self, told_lately: Callable[[], set[str]]) -> None:
        """Write `sweep_rows` and `drift_rows` down with the table's load.

        Args:
            told_lately: Ids that events speak of which are too young for this load; asked only if
                something differs, since that may be why.
        """
        if not self._swept and not self._gone:
            return
        import pyarrow as pa

        key, differing = list(self._load.spec.key), 0
        count = self._gone
        if self._swept:
            swept = pa.concat_tables(self._swept)
            count += swept.num_rows
            held = self._load.known_hashes(swept.select(key)).cast(swept.schema)
            fresh = swept.join(held, keys=swept.column_names, join_type="left anti")
            ids = set(fresh[key[-1]].to_pylist())
            differing = len(ids - told_lately()) if ids else 0
        self._load.measure("sweep_rows", count)
        self._load.measure("drift_rows", differing + self._gone)
