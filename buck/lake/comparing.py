"""Comparing what a source holds with the lake, through the very path that lands it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import translate_errors
from buck.engine.columns import parquet_scan
from buck.lake.landing import Landing
from buck.names import identifier, literal
from buck.records.load import TableReport
from buck.records.quarantine import HeldRecord
from buck.records.reconciliation import SAMPLES, TableComparison
from buck.records.table import TableSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from buck.lake.lake import Lake

KINDS = ("missing", "extra", "different", "newer", "unlisted")
_VERSIONS = """
    select {keys}, arg_max(_buck_row_hash, _buck_seq) as hash,
        arg_max(_buck_op, _buck_seq) = 'd' as is_deleted,
        arg_max(_buck_source_ts, _buck_seq) as told_at
    from ({rows}) group by {keys}
"""


class ComparingLanding(Landing):
    """A landing whose commit compares a table that was read whole, and repairs it if asked to.

    Args:
        lake: The lake to compare with.
        source: The source's name.
        load_id: Names the load, if something is repaired.
        facts: Go into the commit of a repair.
        tables: The tables to compare; all that the source gives if empty.
        until: When the source was last read; what it says became true later is the next load's.
        lists_all: Whether the source lists everything it has, so that rows it does not list count.
        repairs: Whether to land what is missing or different, and tombstones for what is gone.
    """

    def __init__(
        self,
        lake: Lake,
        source: str,
        load_id: str,
        *,
        facts: Mapping[str, str],
        tables: Collection[str] = (),
        until: datetime | None = None,
        lists_all: bool = True,
        repairs: bool = False,
    ) -> None:
        super().__init__(lake, source, load_id, facts=facts)
        self.found: list[TableComparison] = []
        self._tables = frozenset(tables)
        self._until = until
        self._lists_all = lists_all
        self._repairs = repairs

    def commit(
        self,
        spec: TableSpec,
        files: Sequence[Path],
        *,
        schema: pa.Schema,
        marks: Mapping[str, int],
        held: Sequence[HeldRecord] = (),
    ) -> TableReport:
        """Compare, and commit only if this landing repairs; marks stay where they are."""
        nothing = TableReport(f"{spec.source}.{spec.name}", 0, 0, 0, 0, -1, {}, {})
        if self._tables and spec.name not in self._tables:
            return nothing
        compared = self._compare(spec, files, held=len(held))
        if self._repairs and not compared.is_equal:
            nothing = super().commit(spec, files, schema=schema, marks={}, held=held)
            compared = replace(compared, repaired=nothing.rows_landed)
        self.found.append(compared)
        return nothing

    def _compare(self, spec: TableSpec, files: Sequence[Path], *, held: int) -> TableComparison:
        log, state = self._opened[spec.name]
        con, keys = self._connect(), ", ".join(identifier(k) for k in spec.key)
        empty = f"select {', '.join(f'null as {identifier(k)}' for k in spec.key)}, "
        empty += "0 as hash, true as is_deleted, null::timestamptz as told_at where false"

        def versions(rows: str | None) -> str:
            return empty if rows is None else _VERSIONS.format(keys=keys, rows=rows)

        theirs = parquet_scan(tuple(str(f) for f in files)) if files else None
        ours = log.scan_sql(state) if state.exists else None
        until = "null::timestamptz" if self._until is None else literal(self._until)
        shown = " || ',' || ".join(
            f"coalesce(cast({identifier(k)} as varchar), '')" for k in spec.key
        )
        with translate_errors():
            con.execute(
                f"""
                create or replace temp table compared as
                with theirs as ({versions(theirs and f"select * from {theirs}")}),
                ours as ({versions(ours)}),
                both_sides as (
                    select {keys},
                        not coalesce(theirs.is_deleted, true) as is_theirs,
                        not coalesce(ours.is_deleted, true) as is_ours,
                        coalesce(theirs.is_deleted, false) as is_gone,
                        coalesce(theirs.told_at > {until}, false) as is_newer,
                        theirs.hash is not distinct from ours.hash as is_same
                    from theirs full join ours using ({keys})
                )
                select {shown} as key, is_theirs, is_ours, case
                    when is_theirs and is_ours and is_same then 'same'
                    when is_theirs and is_newer then 'newer'
                    when is_theirs and is_ours then 'different'
                    when is_theirs then 'missing'
                    when is_ours and is_gone then 'extra'
                    when is_ours then 'unlisted'
                    end as kind
                from both_sides where is_theirs or is_ours
                """
            )
            counts = dict(
                con.execute("select kind, count(*) from compared group by kind").fetchall()
            )
            theirs_count, ours_count = con.execute(
                "select count(*) filter (is_theirs), count(*) filter (is_ours) from compared"
            ).fetchone() or (0, 0)
            samples = {
                kind: tuple(
                    row[0]
                    for row in con.execute(
                        f"select key from compared where kind = {literal(kind)} "
                        f"order by key limit {SAMPLES}"
                    ).fetchall()
                )
                for kind in KINDS
                if counts.get(kind) and (kind != "unlisted" or self._lists_all)
            }
        return TableComparison(
            table=f"{spec.source}.{spec.name}",
            source_rows=theirs_count,
            lake_rows=ours_count,
            missing=counts.get("missing", 0),
            extra=counts.get("extra", 0),
            different=counts.get("different", 0),
            newer=counts.get("newer", 0),
            unlisted=counts.get("unlisted", 0) if self._lists_all else 0,
            held=held,
            samples=samples,
        )
