"""Landing: a load's rows become part of raw tables, exactly once.

Open a table (its position is read), read the source, commit rows and marks together. A load that
dies before its commit leaves nothing a reader can see; one that dies after it leaves nothing to
redo, because the next load starts from the marks in the commit itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import connect_frugal, translate_errors
from buck.engine.columns import changed_types, empty_select, parquet_scan
from buck.errors import LoadFenced
from buck.lake.fitting import Fitted, fit_files
from buck.lake.quarantine import Holding, held_table
from buck.lake.raw_log import Batch, RawLog, RawState
from buck.names import RawTable, identifier, literal
from buck.records.load import OpenedTable, TableReport
from buck.records.quarantine import HeldRecord
from buck.records.table import TableSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from buck.engine.types import Connection
    from buck.lake.lake import Lake

QUIET_US = 3_600_000_000
"""Marks of a table without new rows are committed once they moved by an hour, not on every run."""


class Landing:
    """One load of one source into the lake; tables are committed one by one as the caller says."""

    def __init__(self, lake: Lake, source: str, load_id: str, *, facts: Mapping[str, str]) -> None:
        self.lake = lake
        self.source = source
        self.load_id = load_id
        self.facts = dict(facts)
        self.scratch = lake.work / "landing" / load_id
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._opened: dict[str, tuple[RawLog, RawState]] = {}
        self._con: Connection | None = None
        self._left_behind = False

    def open(self, spec: TableSpec) -> OpenedTable:
        """Where the table stands; the later `commit` counts from exactly this state."""
        log = self.lake.raw(spec.source, spec.name)
        state = log.state()
        self._opened[spec.name] = (log, state)
        return OpenedTable(
            state.sequence, state.position, tuple(state.columns), dict(state.columns)
        )

    def known_keys(self, spec: TableSpec) -> pa.Table:
        """Keys whose newest version is not a deletion, one row each, in no order."""
        log, state = self._opened[spec.name]
        keys = ", ".join(identifier(k) for k in spec.key)
        con = self._connect()
        if not state.exists:
            nothing = ", ".join(f"null::varchar as {identifier(k)}" for k in spec.key)
            return con.execute(f"select {nothing} where false").to_arrow_table()
        with translate_errors():
            return con.execute(
                f"select {keys} from ({log.scan_sql(state)}) group by {keys} "
                "having arg_max(_buck_op, _buck_seq) <> 'd'"
            ).to_arrow_table()

    def key_history_sql(self, spec: TableSpec) -> str:
        """A SELECT over the keys, `_buck_op` and `_buck_seq` of every row of an opened table."""
        log, state = self._opened[spec.name]
        names = (*spec.key, "_buck_op", "_buck_seq")
        if not state.exists:
            return empty_select(dict.fromkeys(names, "VARCHAR"))
        return f"select {', '.join(identifier(n) for n in names)} from ({log.scan_sql(state)})"

    def known_hashes(self, spec: TableSpec, given: pa.Table) -> pa.Table:
        """The newest row hash of the given keys that are held and not deleted, in no order.

        Args:
            spec: An opened table.
            given: Its key columns.
        """
        import pyarrow as pa

        log, state = self._opened[spec.name]
        if not state.exists:
            return given.slice(0, 0).append_column("_buck_row_hash", pa.array([], pa.int64()))
        con, keys = self._connect(), ", ".join(identifier(k) for k in spec.key)
        with translate_errors():
            con.register("given", given)
            try:
                return con.execute(
                    f"select {keys}, arg_max(_buck_row_hash, _buck_seq) as _buck_row_hash "
                    f"from ({log.scan_sql(state)}) where ({keys}) in (select ({keys}) from given) "
                    f"group by {keys} having arg_max(_buck_op, _buck_seq) <> 'd'"
                ).to_arrow_table()
            finally:
                con.unregister("given")

    def newest_versions(
        self, spec: TableSpec, keys: Sequence[Sequence[Any]]
    ) -> list[dict[str, Any]]:
        """The newest version of each of these keys that the lake knows, deleted ones too.

        One mapping a key: its columns, and `seq`, `hash` and `is_deleted`.
        """
        import pyarrow as pa

        log, state = self._opened[spec.name]
        if not state.exists or not keys:
            return []
        wanted = {name: [key[n] for key in keys] for n, name in enumerate(spec.key)}
        names = ", ".join(identifier(k) for k in spec.key)
        con = self._connect()
        with translate_errors():
            con.register("wanted", pa.table(wanted))
            try:
                rows = con.execute(
                    f"select {names}, max(_buck_seq) as seq, "
                    "arg_max(_buck_row_hash, _buck_seq) as hash, "
                    "arg_max(_buck_op, _buck_seq) = 'd' as is_deleted "
                    f"from ({log.scan_sql(state)}) where ({names}) in "
                    f"(select ({names}) from wanted) group by {names}"
                ).to_arrow_table()
            finally:
                con.unregister("wanted")
        return list(rows.to_pylist())

    def commit(
        self,
        spec: TableSpec,
        files: Sequence[Path],
        *,
        schema: pa.Schema,
        marks: Mapping[str, int],
        held: Sequence[HeldRecord] = (),
    ) -> TableReport:
        """Add the rows in `files` (Parquet, all raw columns) and move the marks, in one step.

        Versions the lake already has are left out. Records in `held`, and rows that the table's
        contract holds back, go to the quarantine first: a load killed in between holds them again
        under the same ids. Afterwards the files are the lake's.

        Raises:
            LoadFenced: another load committed since `open`; nothing of this table was written.
            SourceChanged: a column has another type than in the lake, and the contract does not
                let that pass; nothing was written.
            LakeError: the lake cannot be written; readers see none of it.
        """
        log, state = self._opened[spec.name]
        received = sum(_row_count(f) for f in files) + len(held)
        fitted = Fitted(list(files))
        if changed := changed_types(state.columns, schema):
            fitted = fit_files(
                self._connect(),
                spec,
                files,
                changed=changed,
                position=state.position,
                scratch=self.scratch,
            )
            schema = _fitted_schema(schema, fitted.files, changed=changed)
            files, marks = fitted.files, {**marks, **fitted.marks}
        before = {name: state.position[name] for name in marks if name in state.position}
        holding = self._hold(spec, held, fitted.held)
        # A first load has nothing to compare with, so its files are taken as they are.
        kept = list(files) if not state.exists else self._drop_unchanged(spec, files)
        kept = [f for f in kept if _row_count(f)]
        landed = sum(_row_count(f) for f in kept)
        size = sum(f.stat().st_size for f in kept)
        added = [n for n in schema.names if state.exists and n not in state.columns]
        version = -1
        if landed or not state.exists or _moved_enough(before, marks):
            facts = {
                **self.facts,
                "buck.rows": str(landed),
                "buck.marks_from": str(before),
                "buck.marks_to": str(dict(marks)),
            }
            batch = Batch(tuple(kept), schema, marks, self.load_id, facts)
            version = self._commit(log, state, batch)
        return TableReport(
            table=f"{spec.source}.{spec.name}",
            rows_received=received,
            rows_landed=landed,
            rows_unchanged=received - landed - holding.rows_new,
            rows_quarantined=holding.rows_new,
            rows_pending=holding.rows_pending,
            size_bytes=size,
            version=version,
            marks_from=before,
            marks_to=dict(marks),
            columns_added=tuple(added) if landed else (),
            incidents=tuple(fitted.incidents),
        )

    def close(self) -> None:
        """Remove what the load wrote beside the lake; safe to call twice."""
        if self._con is not None:
            self._con.close()
            self._con = None
        self.lake.clear_scratch(self.load_id)
        if self._left_behind:
            # The empty folder tells the next sweep whose files to look for.
            with suppress(OSError):
                self.scratch.mkdir(parents=True, exist_ok=True)

    def _hold(
        self, spec: TableSpec, records: Sequence[HeldRecord], files: Sequence[Path]
    ) -> Holding:
        """Put what does not land into the quarantine."""
        import pyarrow.parquet as pq

        found = list(files)
        if records:
            found.append(self.scratch / f"{spec.name}-records.parquet")
            pq.write_table(held_table(records), found[-1])
        if not found:
            return Holding()
        self._left_behind = True
        try:
            holding = self.lake.quarantine.hold(
                RawTable(spec.source, spec.name),
                found,
                load_id=self.load_id,
                scratch=self.scratch,
                facts=self.facts,
            )
        except LoadFenced:
            self._left_behind = False
            raise
        self._left_behind = False
        return holding

    def _commit(self, log: RawLog, state: RawState, batch: Batch) -> int:
        self._left_behind = True
        try:
            version = log.commit(state, batch)
        except LoadFenced:
            self._left_behind = False
            raise
        self._left_behind = False
        return version

    def _drop_unchanged(self, spec: TableSpec, files: Sequence[Path]) -> list[Path]:
        """Rewrite the files without rows that repeat the version before them.

        A row is new if its hash or its being deleted differs from the version before it: the one
        earlier in this load, else the newest in the lake.
        """
        if not files:
            return []
        log, state = self._opened[spec.name]
        out = self.scratch / f"{spec.name}-new.parquet"
        keys = ", ".join(identifier(k) for k in spec.key)
        con = self._connect()
        incoming = parquet_scan(tuple(str(f) for f in files))
        with translate_errors():
            con.execute(f"create or replace temp view incoming as select * from {incoming}")
            # Narrow rows are compared, so that a table read whole again fits into memory.
            con.execute(
                f"""
                create or replace temp table fresh as
                with versions as (
                    select {keys}, _buck_seq as seq, _buck_row_hash as hash,
                        _buck_op = 'd' as is_deleted, true as is_incoming
                    from incoming
                    union all
                    select {keys}, _buck_seq, _buck_row_hash, _buck_op = 'd', false
                    from ({log.scan_sql(state)}) semi join incoming using ({keys})
                )
                select seq from versions window earlier as (partition by {keys} order by seq)
                qualify is_incoming and (
                    lag(hash) over earlier is distinct from hash
                    or lag(is_deleted) over earlier is distinct from is_deleted
                )
                """
            )
            con.execute(
                "copy (select incoming.* from incoming semi join fresh on _buck_seq = seq) "
                f"to {literal(str(out))} (format parquet, compression zstd)"
            )
            con.execute("drop table fresh")
        return [out]

    def _connect(self) -> Connection:
        """One connection serves the whole load; opening one costs more than most of its queries."""
        if self._con is None:
            self._con = connect_frugal(work=self.lake.work)
        return self._con


def _fitted_schema(
    schema: pa.Schema, files: Sequence[Path], *, changed: Mapping[str, object]
) -> pa.Schema:
    """The schema of rows that were brought to the lake's types."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in files:
        full = full_schema([file], schema)
        written = pq.read_schema(file)
        for name in changed:
            full = full.set(full.get_field_index(name), written.field(name))
        return full
    # Without rows there is nothing to tell the type from, and no column to write.
    kept = [f for f in schema if f.name not in changed]
    return pa.schema(kept)


def _row_count(file: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(file).num_rows)


def _moved_enough(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    return any(
        name not in before or abs(value - before[name]) >= QUIET_US for name, value in after.items()
    )


def full_schema(files: Sequence[Path], declared: pa.Schema) -> pa.Schema:
    """The declared schema, with columns that only the files have before the system columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    extra: dict[str, pa.Field] = {}
    for file in files:
        for field in pq.read_schema(file):
            if field.name not in declared.names:
                extra.setdefault(field.name, field)
    system = [f for f in declared if f.name.startswith("_buck_")]
    own = [f for f in declared if not f.name.startswith("_buck_")]
    return pa.schema([*own, *extra.values(), *system])
