"""The quarantine: records that were held back, in the lake itself, beside the raw tables.

One log per raw table at `quarantine/<source>/<table>`, append-only and fenced like a raw table's.
Records are held *before* the load's rows and marks are committed, under ids that follow from their
content. A load killed in between reads the same records again, finds them held and adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import connect, translate_errors
from buck.engine.columns import parquet_scan, schema_types, typed_select
from buck.errors import ConfigError
from buck.lake.raw_log import Batch, RawLog, RawState
from buck.names import RawTable, identifier, literal
from buck.records.quarantine import HELD_COLUMNS, HeldRecord, HeldStatus
from buck.sources.arrow import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

    from buck.engine.types import Connection
    from buck.lake.lake import Lake

SEQUENCE_SHIFT = 32


@dataclass(frozen=True, slots=True)
class Holding:
    """What holding a load's records did. `rows_known` were held by an earlier load already."""

    rows_new: int = 0
    rows_known: int = 0
    rows_pending: int = 0
    """Distinct records of this load that nobody has decided about yet, new or known."""


class Quarantine:
    """All held records of a lake."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def tables(self) -> list[RawTable]:
        """Raw tables of which records were ever held, sorted."""
        storage = self.lake.storage
        return [
            RawTable(source, name)
            for source in storage.folders("quarantine")
            for name in storage.folders(f"quarantine/{source}")
        ]

    def log(self, table: RawTable) -> RawLog:
        """The log of one table's held records, which need not exist yet."""
        return self.lake.log(table.source, f"quarantine/{table.source}/{table.name}")

    def hold(
        self,
        table: RawTable,
        files: Sequence[Path],
        *,
        load_id: str,
        scratch: Path,
        facts: Mapping[str, str],
    ) -> Holding:
        """Put records that are not held yet into the quarantine, in one commit.

        Args:
            table: Whose records.
            files: Parquet files of `held_schema()`.
            load_id: The load that holds them.
            scratch: A folder for the file that is committed.
            facts: For people reading the table's history.

        Raises:
            LoadFenced: somebody else wrote to this quarantine meanwhile; nothing was written.
        """
        log = self.log(table)
        state = log.state()
        out = scratch / f"{table.name}-held.parquet"
        con = connect(work=self.lake.work)
        try:
            incoming = parquet_scan(tuple(str(f) for f in files))
            with translate_errors():
                con.execute(f"create temp table incoming as select * from {incoming}")
                con.execute(
                    "create temp table known as "
                    f"select id, arg_max(status, _buck_seq) as status from ({_scan(log, state)}) "
                    "where id in (select id from incoming) group by id"
                )
                row = con.execute(
                    """
                    select count(*), count(distinct id),
                        count(distinct id) filter (id not in (select id from known)),
                        count(distinct id) filter (id not in (
                            select id from known where status <> 'pending'))
                    from incoming
                    """
                ).fetchone()
                received, _, new, pending = row or (0, 0, 0, 0)
                if new:
                    _write_new(con, state, out)
        finally:
            con.close()
        if new:
            batch = Batch((out,), held_schema(), {}, load_id, {**facts, "buck.held": str(new)})
            log.commit(state, batch)
        return Holding(int(new), int(received - new), int(pending))

    def read(
        self,
        *,
        source: str | None = None,
        table: str | None = None,
        status: HeldStatus | None = None,
        id_: str | None = None,
        limit: int | None = None,
    ) -> list[HeldRecord]:
        """Held records in their present state, oldest first.

        Args:
            source: Only this source's.
            table: Only this table's.
            status: Only those in this state.
            id_: Only the one whose id begins so.
            limit: At most so many.
        """
        found: list[HeldRecord] = []
        for one in self.tables():
            if source not in (None, one.source) or table not in (None, one.name):
                continue
            found += self._read(one, status=status, id_=id_, limit=limit)
        found.sort(key=lambda record: (record.observed_at, record.source, record.table, record.id))
        return found[:limit]

    def find(self, id_: str) -> HeldRecord:
        """The one held record whose id begins so.

        Raises:
            ConfigError: there is none, or more than one.
        """
        found = self.read(id_=id_, limit=2) if id_ else []
        if len(found) != 1:
            several = "more than one held record begins" if found else "no held record's id begins"
            raise ConfigError(f"{several} with {id_!r}", hint="buck quarantine list")
        return found[0]

    def read_at(self, table: RawTable, version: int) -> list[HeldRecord]:
        """One table's held records as they stood at a version of its log."""
        return self._read(table, status=None, id_=None, limit=None, version=version)

    def decide(
        self,
        records: Sequence[HeldRecord],
        *,
        status: HeldStatus,
        decision: str,
        at: datetime,
        load_id: str,
        scratch: Path,
    ) -> None:
        """Record what became of held records of one table: one commit, append-only.

        Raises:
            LoadFenced: somebody else wrote to this quarantine meanwhile; nothing was written.
        """
        import pyarrow.parquet as pq

        if not records:
            return
        log = self.log(RawTable(records[0].source, records[0].table))
        state = log.state()
        decided = [
            replace(record, status=status, decision=decision, decided_at=at) for record in records
        ]
        scratch.mkdir(parents=True, exist_ok=True)
        file = scratch / f"{records[0].table}-decided-{status}.parquet"
        pq.write_table(held_table(decided, first_seq=_first_seq(state)), file)
        log.commit(state, Batch((file,), held_schema(), {}, load_id, {"buck.decision": status}))

    def _read(
        self,
        table: RawTable,
        *,
        status: HeldStatus | None,
        id_: str | None,
        limit: int | None,
        version: int | None = None,
    ) -> list[HeldRecord]:
        log = self.log(table)
        state = log.state(version)
        if not state.exists:
            return []
        wanted = "true" if id_ is None else f"starts_with(id, {literal(id_)})"
        wanted += f" and status = {literal(str(status))}" if status else ""
        names = ", ".join(identifier(c.name) for c in HELD_COLUMNS if c.name != "_buck_seq")
        con = connect(work=self.lake.work)
        try:
            with translate_errors():
                rows = con.execute(
                    f"with newest as (select * from ({log.scan_sql(state)}) "
                    "qualify row_number() over (partition by id order by _buck_seq desc) = 1) "
                    f"select {names} from newest where {wanted} order by observed_at, id"
                    + (f" limit {limit}" if limit else "")
                ).to_arrow_table()
        finally:
            con.close()
        return [_record(row) for row in rows.to_pylist()]


def held_schema() -> pa.Schema:
    """The Arrow schema of a quarantine table."""
    import pyarrow as pa

    return pa.schema([pa.field(c.name, arrow_type(c)) for c in HELD_COLUMNS])


def held_table(records: Iterable[HeldRecord], *, first_seq: int = 0) -> pa.Table:
    """Held records as rows of a quarantine table."""
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    for number, record in enumerate(records):
        values = {c.name: getattr(record, c.name) for c in HELD_COLUMNS if c.name != "_buck_seq"}
        rows.append({**values, "status": str(record.status), "_buck_seq": first_seq + number})
    return pa.Table.from_pylist(rows, schema=held_schema())


def _record(row: dict[str, Any]) -> HeldRecord:
    for name in ("observed_at", "source_ts", "decided_at"):
        if row[name] is not None:
            row[name] = row[name].astimezone(UTC)
    row["status"] = HeldStatus(row["status"])
    return HeldRecord(**{k: v for k, v in row.items() if k != "_buck_seq"})


def _first_seq(state: RawState) -> int:
    return (state.sequence + 1) << SEQUENCE_SHIFT


def _scan(log: RawLog, state: RawState) -> str:
    if state.exists:
        return log.scan_sql(state)
    return "select null::varchar as id, null::varchar as status, 0 as _buck_seq where false"


def _write_new(con: Connection, state: RawState, file: Path) -> None:
    """The first of each incoming record that is not held yet, numbered in order of arrival."""
    columns = schema_types(held_schema())
    number = f"{_first_seq(state)} + row_number() over (order by seq, id) - 1"
    new = (
        f"(select * replace ({number} as _buck_seq) from ("
        "select * from incoming where id not in (select id from known) "
        "qualify row_number() over (partition by id order by seq) = 1))"
    )
    select = typed_select(columns, new, present=set(columns))
    con.execute(f"copy ({select}) to {literal(str(file))} (format parquet, compression zstd)")
