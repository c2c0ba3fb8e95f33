"""One object's part of a load: first all of it, later what changed, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from buck.records.table import TableSpec
from buck.sources.load import Load
from buck.sources.salesforce.budget import BudgetSpent
from buck.sources.salesforce.deletions import (
    Difference,
    Seen,
    Sweep,
    ask_deleted,
    choose_sweep,
    compare_ids,
)
from buck.sources.salesforce.extraction import Selection, Settings, read_rows, soql_time
from buck.sources.salesforce.fields import ObjectShape, read_shape
from buck.sources.salesforce.marks import (
    DELETED_UNTIL,
    READ_UNTIL,
    RECONCILED_AT,
    REFRESHED_AT,
    read_mark,
    set_mark,
)
from buck.sources.salesforce.session import ObjectDenied, OrgSession, read_json
from buck.sources.salesforce.shapes import ShapeChange, ShapeLog
from buck.sources.salesforce.tables import SOURCE, find_table
from buck.sources.salesforce.values import Row
from buck.sources.salesforce.versions import Batch, ObjectTables

if TYPE_CHECKING:
    from buck.records.load import TimeRange

_IDS_AT_ONCE = 200
_REREAD_WHOLE_FROM = 5_000


def read_object(
    session: OrgSession, load: Load, name: str, *, settings: Settings, shapes: ShapeLog
) -> Iterator[Batch]:
    """An object's new rows, as Arrow tables of its raw tables; none where nothing is new.

    The first load gives everything up to now minus the lag, later ones what changed since the
    last mark minus the lookback, old rows of fields that are new, formulas once a day, and
    tombstones of records that are gone. The mark advances to the upper bound, so rows of one stamp
    are never split between loads.

    An object that the user may not see, or for which no requests are left, is skipped, which makes
    the load degraded.
    """
    with session:
        try:
            if not load.wants(name.lower()) and not load.wants(f"{name.lower()}__formula"):
                return
            shape = describe(session, name, settings=settings)
            reader = _Reader(session, load, shape, settings=settings)
            if load.span is not None:
                # The shape is not reported: old rows' new fields are still to be read.
                yield from reader.read_span(load.span)
            else:
                change = shapes.compare(shape, base=reader.base, side=reader.side)
                yield from reader.read(change)
                if not reader.base.refusal:
                    # Of a refused table nothing lands, so its new fields are not read yet either.
                    shapes.report(shape, change)
        except (ObjectDenied, BudgetSpent) as exc:
            for spec in _specs(load, name):
                load.skip(spec, exc.what)
        for rows in shapes.leave():
            yield "describe_snapshot", rows


def describe(session: OrgSession, name: str, *, settings: Settings) -> ObjectShape:
    """An object's shape as the org describes it now.

    Raises:
        ObjectDenied: there is no such object for this user, or it cannot be queried.
    """
    path = f"{session.root}/sobjects/{quote(name, safe='')}/describe"
    described = read_json(session.get(path, about=name, check=read_json))
    if not described.get("queryable", True):
        raise ObjectDenied(
            f"salesforce's {name} cannot be queried", hint=f"leave {name} out of `objects`"
        )
    return read_shape(described, extra_formulas=settings.extra_formulas)


class _Reader:
    """The reading of one object, once its shape and the lake's position are known."""

    def __init__(
        self, session: OrgSession, load: Load, shape: ObjectShape, *, settings: Settings
    ) -> None:
        self.session = session
        self.load = load
        self.shape = shape
        self.settings = settings
        self.tables = ObjectTables(load, shape)
        self.base, self.side = self.tables.base, self.tables.side
        self.now = session.server_now()
        self.until = self.now - settings.lag
        self.since = self.tables.since
        self.seen = Seen()
        self.sweep = choose_sweep(
            self.base,
            now=self.now,
            until=self.until,
            has_cursor=shape.cursor is not None,
            tells_deleted=shape.tells_deleted,
        )

    def read(self, change: ShapeChange) -> Iterator[Batch]:
        """Everything that is due, and the marks that go with it."""
        if not self.tables.lose(change):
            return
        has_moved = self.since is None or self.until > self.since
        if self.shape.cursor is None or has_moved:
            yield from self._rows(self._window())
        new = change.new.intersection(self.shape.fields)
        if new and self.since is not None:
            yield from self._backfill(new)
        yield from self._formulas(is_new=bool(change.new.intersection(self.shape.formulas)))
        yield from self._deletions()
        if has_moved:
            set_mark(self.base, READ_UNTIL, self.until)

    def read_span(self, span: TimeRange) -> Iterator[Batch]:
        """Only the records whose stamps lie in a range; no marks, no deletions but flagged ones."""
        cursor = self.shape.cursor
        if cursor is None:
            for table in (self.side, self.base):
                if table is not None:
                    self.load.pass_over(table.spec, "has no time that can be filtered by")
            return
        start, end = soql_time(span.start_at), soql_time(span.end_at)
        yield from self._rows((f"{cursor} >= {start}", f"{cursor} < {end}"))

    # -- what changed --------------------------------------------------------------------------

    def _window(self) -> tuple[str, ...]:
        """The conditions for what is new; an object without a usable cursor is read whole."""
        if self.shape.cursor is None:
            return ()
        upper = self._upper()
        if self.since is None:
            return upper
        lower = soql_time(self.since - self.settings.lookback)
        return (f"{self.shape.cursor} > {lower}", *upper)

    def _upper(self) -> tuple[str, ...]:
        cursor = self.shape.cursor
        return () if cursor is None else (f"{cursor} <= {soql_time(self.until)}",)

    def _rows(
        self,
        conditions: Sequence[str],
        *,
        with_formulas: bool = True,
        source_at: datetime | None = None,
    ) -> Iterator[Batch]:
        """Whole records, for the object's table and, with formulas, for the side table.

        `source_at` is when their versions became true, if that is not what their stamps say.
        """
        fields = self.shape.selected if with_formulas else self.shape.fields
        for rows in self._select(conditions, fields):
            if self.sweep is not Sweep.NONE:
                self.seen.add(rows)
            yield from self.tables.rows(rows, with_formulas=with_formulas, source_at=source_at)

    def _select(self, conditions: Sequence[str], fields: tuple[str, ...]) -> Iterator[list[Row]]:
        spec = self.shape.reading_spec
        selection = Selection(self.shape.name, fields, spec, tuple(conditions))
        return read_rows(self.session, selection, settings=self.settings, scratch=self.load.scratch)

    def _backfill(self, new: frozenset[str]) -> Iterator[Batch]:
        """New fields of records that did not change: their stamps do not tell.

        Whole records are read, since a row of a raw table is a whole version; those whose new
        fields are all empty are left out, because the column is null for them already.
        """
        assert self.since is not None
        conditions = list(self._upper())
        if self.shape.filterable.issuperset(new):
            told = [f"{name} != null" for name in sorted(new)]
            conditions.append(told[0] if len(told) == 1 else f"({' OR '.join(told)})")
        yield from self._rows(conditions, with_formulas=False)
        self.base.measure("fields_backfilled", len(new))

    # -- formulas ------------------------------------------------------------------------------

    def _formulas(self, *, is_new: bool) -> Iterator[Batch]:
        """All living records' formulas, once a day; the lake keeps those that differ."""
        side = self.side
        if side is None:
            return
        refreshed_at = read_mark(side, REFRESHED_AT)
        if self.since is None:
            set_mark(side, REFRESHED_AT, self.now)
            return
        if not is_new and refreshed_at is not None and refreshed_at.date() >= self.now.date():
            return
        living = ("IsDeleted = false",) if self.shape.has_recycle_bin else ()
        for rows in self._select((*self._upper(), *living), ("Id", *self.shape.formulas)):
            yield self.tables.formulas(rows, ["u"] * len(rows))
        set_mark(side, REFRESHED_AT, self.now)

    # -- deletions -----------------------------------------------------------------------------

    def _deletions(self) -> Iterator[Batch]:
        """Tombstones for what is gone, if a sweep is due."""
        if self.base.is_first:
            set_mark(self.base, DELETED_UNTIL, self.until)
            set_mark(self.base, RECONCILED_AT, self.now)
        try:
            if self.sweep is Sweep.ASK:
                yield from self._asked()
            if self.sweep is Sweep.COMPARE:
                yield from self._compared()
        except BudgetSpent as exc:
            # What was read is complete by itself; only the sweep is left for the next load.
            self._hold_deletions(exc.what)

    def _asked(self) -> Iterator[Batch]:
        told = ask_deleted(
            self.session,
            self.shape.name,
            since=read_mark(self.base, DELETED_UNTIL),
            until=self.until,
            now=self.now,
        )
        if not told.is_complete:
            self.sweep = Sweep.COMPARE
            return
        seen = set(self.seen.all_ids().to_pylist())
        candidates = {i: at for i, at in told.deleted_at.items() if i not in seen}
        if candidates:
            known = set(self.base.known_keys()["id"].to_pylist())
            gone = sorted(candidates.keys() & known)
            times = [candidates[i] for i in gone]
            yield from self.tables.tombstones(gone, times, reason="get_deleted")
        set_mark(self.base, DELETED_UNTIL, told.until)

    def _compared(self) -> Iterator[Batch]:
        if self.shape.cursor is None:
            # The whole object was just read; its ids are the list.
            ids = self.seen.all_ids().to_pylist()
            listed: Iterator[list[Row]] = iter([[{"id": each} for each in ids]])
        else:
            flag = ("IsDeleted",) if self.shape.has_recycle_bin else ()
            listed = self._select((), ("Id", *flag))
        found = compare_ids(self.base, listed, self.seen)
        self.base.measure("ids_missing", len(found.missing))
        self.base.measure("ids_unread", len(found.unread))
        is_meant = self.base.spec.name in self.load.confirmed
        if not is_meant and found.is_suspicious(self.settings.max_deleted_share):
            self._hold_deletions(
                f"{len(found.missing)} of {found.held} records of {self.shape.name} are gone from "
                f"the org at once, which lists {found.listed}; none was marked as deleted. If that "
                f"is meant: buck run --confirm-deletions {self._name}"
            )
            return
        yield from self._unread(found)
        # Later than every version that was read, earlier than every one that comes.
        at = self.until if self.shape.cursor is not None else None
        times = [at] * len(found.missing)
        yield from self.tables.tombstones(found.missing, times, reason="reconciled")
        set_mark(self.base, RECONCILED_AT, self.now)
        set_mark(self.base, DELETED_UNTIL, self.until)

    def _unread(self, found: Difference) -> Iterator[Batch]:
        """Records that the lake has missed; they are as they are now, whatever it held before."""
        if len(found.unread) > _REREAD_WHOLE_FROM:
            yield from self._rows(self._upper(), source_at=self.until)
            return
        rest = iter(found.unread)
        while ids := list(islice(rest, _IDS_AT_ONCE)):
            listed = ", ".join(f"'{each}'" for each in ids)
            conditions = (*self._upper(), f"Id IN ({listed})")
            yield from self._rows(conditions, source_at=self.until)

    @property
    def _name(self) -> str:
        return f"{self.base.spec.source}.{self.base.spec.name}"

    def _hold_deletions(self, reason: str) -> None:
        """Leave the records alive, and the load degraded: somebody has to look."""
        name = self.base.spec.name
        self.base.incident("deletions_held", detail=reason)
        self.load.skip(replace(self.base.spec, name=f"{name} (deletions)"), reason)


def _specs(load: Load, name: str) -> list[TableSpec]:
    """The tables of an object that have to be given up."""
    table = name.lower()
    opened = [load.tables[n].spec for n in (table, f"{table}__formula") if n in load.tables]
    return opened or [find_table(table) or TableSpec(SOURCE, table, ("id",), ())]
