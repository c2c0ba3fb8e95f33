"""Raw tables that another tool lands: read where they are, in the shape of Buck's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from buck.engine import connect, translate_errors
from buck.engine.columns import parquet_scan, schema_types
from buck.errors import LakeDamaged
from buck.lake.delta_log import DeltaLog
from buck.lake.lake import RawPin
from buck.lake.storage import Storage
from buck.names import RawTable, identifier
from buck.records.table import TableSpec
from buck.sources.arrow import spec_schema

Tool = Literal["fivetran", "airbyte"]


@dataclass(frozen=True, slots=True)
class Marks:
    """The columns by which a tool says when it wrote a row, and that the record is gone."""

    synced: str
    deleted: str


TOOLS: Final[Mapping[Tool, Marks]] = {
    "fivetran": Marks("_fivetran_synced", "_fivetran_deleted"),
    "airbyte": Marks("_airbyte_extracted_at", "_ab_cdc_deleted_at"),
}


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """One table as the other tool has it, and how it becomes ours."""

    name: str
    """Ours, after `raw_<source>_`."""
    folder: str
    """Theirs, below the source's address."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column to a SQL expression over theirs, where the name or the type differs."""


class ForeignSource:
    """The tables that another tool lands for one source, in a folder or a bucket.

    Args:
        source: The source's name.
        tool: Who lands it.
        storage: Where.
        work: The project's private folder.
    """

    def __init__(self, source: str, tool: Tool, storage: Storage, work: Path) -> None:
        self._source = source
        self._tool: Tool = tool
        self._storage = storage
        self._work = work

    def folders(self) -> list[str]:
        """The tables that are there, sorted."""
        return self._storage.folders("")

    def pin(self, table: ForeignTable, *, spec: TableSpec | None, prefix: str) -> RawPin | None:
        """The table as it is now, with Buck's system columns; None if it holds nothing yet.

        Each declared column is the given expression, else their column of that name, else null;
        their other columns follow. `_buck_seq` grows with the time the tool wrote a row, so the
        newest row of a key wins, whether the tool keeps one row of a record or all of them.

        Raises:
            LakeDamaged: the table is partitioned, or lacks the tool's own columns.
        """
        found = self._scan(table)
        if found is None:
            return None
        version, scan = found
        con = connect(work=self._work)
        try:
            with translate_errors():
                theirs = {r[0]: r[1] for r in con.execute(f"describe {scan}").fetchall()}
                sql = self._select(table, spec, theirs, scan)
                columns = {r[0]: r[1] for r in con.execute(f"describe {sql}").fetchall()}
        finally:
            con.close()
        return RawPin(RawTable(self._source, table.name, prefix), version, sql, columns)

    def _scan(self, table: ForeignTable) -> tuple[int, str] | None:
        names = self._storage.names(table.folder)
        if any(name.startswith(f"{table.folder}/_delta_log/") for name in names):
            return self._scan_delta(table)
        files = [name for name in names if name.endswith(".parquet")]
        if not files:
            return None
        digest = hashlib.blake2b("\n".join(files).encode(), digest_size=8).digest()
        scan = parquet_scan(tuple(str(self._storage.fetch(name)) for name in files))
        return int.from_bytes(digest, "big") >> 1, f"select * from {scan}"

    def _scan_delta(self, table: ForeignTable) -> tuple[int, str]:
        log = DeltaLog(self._storage, table.folder)
        state = log.state()
        if state.handle.metadata().partition_columns:
            raise LakeDamaged(
                f"{log.url} is partitioned, which Buck does not read",
                hint=f"let {self._tool} write it unpartitioned",
            )
        return state.version, log.scan_sql(state)

    def _select(
        self, table: ForeignTable, spec: TableSpec | None, theirs: Mapping[str, str], scan: str
    ) -> str:
        marks = TOOLS[self._tool]
        if marks.synced not in theirs:
            raise LakeDamaged(
                f"{self._storage.url(table.folder)} has no column {marks.synced}",
                hint=f"is it {self._tool} that lands sources.{self._source}?",
            )
        own = {n: identifier(n) for n in theirs if not _is_tool_s(n)} | dict(table.columns)
        declared = {} if spec is None else schema_types(spec_schema(spec))
        declared = {n: t for n, t in declared.items() if not n.startswith("_buck_")}
        others = {n: sql for n, sql in own.items() if n not in declared}
        items = [
            f"cast({own.get(n, 'null')} as {type_}) as {identifier(n)}"
            for n, type_ in declared.items()
        ]
        items += [f"{sql} as {identifier(n)}" for n, sql in others.items()]
        hashed = ", ".join(identifier(n) for n in (*declared, *others))
        at = _time(marks.synced, theirs[marks.synced])
        gone = _flag(marks.deleted, theirs.get(marks.deleted))
        return f"""
            select *, cast(hash({hashed}) >> 1 as bigint) as _buck_row_hash from (
                select {", ".join(items)},
                    '{self._tool}' as _buck_load_id,
                    {at} as _buck_observed_at,
                    case when {gone} then 'd' else 'r' end as _buck_op,
                    {at} as _buck_source_ts,
                    epoch_us({at}) as _buck_seq
                from ({scan})
            )
        """


def _is_tool_s(name: str) -> bool:
    return name.startswith(("_fivetran_", "_airbyte_", "_ab_"))


def _time(column: str, type_: str) -> str:
    """When a row was written; Airbyte's files give milliseconds as a number."""
    if type_ in ("BIGINT", "HUGEINT", "UBIGINT"):
        return f"make_timestamptz({identifier(column)} * 1000)"
    return f"cast({identifier(column)} as timestamptz)"


def _flag(column: str, type_: str | None) -> str:
    if type_ is None:
        return "false"
    name = identifier(column)
    return f"coalesce({name}, false)" if type_ == "BOOLEAN" else f"{name} is not null"
