"""Merging a raw table's small files, in one commit that changes no row.

Merged files are written, and compared with what they replace, before anything is committed. The
commit is on top of exactly the state that was read: delta-rs would let two of them through, each
with a copy of the rows. A landing that comes in between is no obstacle; the commit is tried again
above it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import connect_frugal, translate_errors
from buck.engine.columns import parquet_scan, typed_select
from buck.errors import LakeDamaged, LoadFenced
from buck.lake.content import ROW_SUMS
from buck.lake.delta_actions import CHECKSUMS, OPERATION, add_action, delta_errors
from buck.lake.delta_log import DeltaLog
from buck.lake.objects import hash_of_file
from buck.records.upkeep import Compaction

if TYPE_CHECKING:
    import pyarrow as pa

    from buck.engine.types import Connection
    from buck.lake.lake import Lake
    from buck.lake.raw_log import FileEntry, RawState
    from buck.names import RawTable

SMALL = 4
"""A file is small if so many of its size make no more than one of the wanted size."""
TRIES = 5
BATCH_ROWS = 50_000
OLDER = "_buck_seq"


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of one table that become fewer, in groups of which each becomes one."""

    table: RawTable
    log: DeltaLog
    state: RawState
    entries: tuple[FileEntry, ...]
    groups: tuple[tuple[FileEntry, ...], ...]

    @property
    def replaced(self) -> frozenset[str]:
        """Names of the files that go."""
        return frozenset(entry.name for group in self.groups for entry in group)

    def told(self, *, version: int, added: Sequence[int] = ()) -> Compaction:
        """What is done, or what would be if no sizes of new files are given."""
        before = sum(entry.size_bytes or 0 for entry in self.entries)
        gone = sum(e.size_bytes or 0 for group in self.groups for e in group)
        return Compaction(
            str(self.table),
            len(self.entries),
            len(self.entries) - len(self.replaced) + len(self.groups),
            before,
            before - gone + sum(added) if added else None,
            sum(e.rows or 0 for group in self.groups for e in group),
            version,
        )


def plan_merge(lake: Lake, table: RawTable, *, min_files: int, target_bytes: int) -> Merge | None:
    """What merging would do for a table; None if it is not worthwhile, or not possible.

    Only Delta tables can be merged: in the other formats each object is a commit.

    Args:
        lake: The lake.
        table: The table.
        min_files: From how many small files on it is worthwhile.
        target_bytes: How big merged files get.
    """
    log = lake.raw(table.source, table.name)
    if not isinstance(log, DeltaLog):
        return None
    state = log.state()
    entries = log.entries(state)
    small = [e for e in entries if (e.size_bytes or 0) * SMALL <= target_bytes]
    groups: list[list[FileEntry]] = [[]]
    for entry in small:
        if sum(e.size_bytes or 0 for e in groups[-1]) + (entry.size_bytes or 0) > target_bytes:
            groups.append([])
        groups[-1].append(entry)
    merged = tuple(tuple(group) for group in groups if len(group) > 1)
    if len(small) < max(min_files, 2) or not merged:
        return None
    return Merge(table, log, state, tuple(entries), merged)


def merge_files(lake: Lake, merge: Merge, *, load_id: str, facts: Mapping[str, str]) -> Compaction:
    """Do it.

    Raises:
        LakeDamaged: a file cannot be read, or merged rows are not the rows there were; the table
            is unchanged.
        LoadFenced: somebody else took these files away meanwhile; the table is as they left it.
        LakeError: the lake cannot be written.
    """
    import pyarrow as pa

    scratch = lake.work / "compact" / load_id
    scratch.mkdir(parents=True, exist_ok=True)
    schema = pa.schema(merge.state.handle.schema().to_arrow())
    con = connect_frugal(work=lake.work)
    written: list[Path] = []
    try:
        for number, group in enumerate(merge.groups):
            written.append(scratch / f"{load_id}-m{number:03d}.parquet")
            _merge_group(lake, con, merge, group=group, schema=schema, out=written[-1])
        return _commit(lake, merge, written, load_id=load_id, facts=facts)
    finally:
        con.close()
        for file in written:
            file.unlink(missing_ok=True)
        scratch.rmdir()


def _merge_group(
    lake: Lake,
    con: Connection,
    merge: Merge,
    *,
    group: Sequence[FileEntry],
    schema: pa.Schema,
    out: Path,
) -> None:
    import pyarrow.parquet as pq

    old = tuple(str(lake.storage.fetch(entry.name)) for entry in group)
    with translate_errors():
        before = _select(con, merge, old)
        order = f" order by {OLDER}" if OLDER in schema.names else ""
        reader = con.execute(f"{before}{order}").to_arrow_reader(BATCH_ROWS)
        with pq.ParquetWriter(out, schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_table(_cast(batch, schema))
        after = _select(con, merge, (str(out),))
        sums = [
            con.execute(f"select {ROW_SUMS} from ({select}) t").fetchone()
            for select in (before, after)
        ]
    if sums[0] != sums[1]:
        raise LakeDamaged(
            f"{merge.table}: merged files do not hold the rows of those they replace",
            hint="nothing was changed; buck lake verify",
        )


def _select(con: Connection, merge: Merge, files: tuple[str, ...]) -> str:
    """The rows of some files with all the table's columns, also those that came later."""
    scan = parquet_scan(files)
    present = {str(name) for name, *_ in con.execute(f"describe select * from {scan}").fetchall()}
    return typed_select(merge.state.columns, scan, present=present)


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_batches([batch]).cast(schema)


def _commit(
    lake: Lake,
    merge: Merge,
    written: Sequence[Path],
    *,
    load_id: str,
    facts: Mapping[str, str],
) -> Compaction:
    from deltalake import CommitProperties

    actions = [add_action(file.name, file, is_new=False) for file in written]
    sizes = [file.stat().st_size for file in written]
    metadata = {
        OPERATION: "compact",
        "buck.load_id": load_id,
        CHECKSUMS: json.dumps({file.name: hash_of_file(file) for file in written}),
        **facts,
    }
    log = merge.log
    for file in written:
        lake.storage.upload(file, f"{log.folder}/{file.name}", move=True)
    for _ in range(TRIES):
        state = log.state()
        if not merge.replaced <= set(state.files):
            break
        try:
            with delta_errors(log.url):
                state.handle.create_write_transaction(
                    [*_removals(merge), *actions],
                    "append",
                    state.handle.schema(),
                    commit_properties=CommitProperties(
                        custom_metadata=metadata, max_commit_retries=0
                    ),
                )
        except LoadFenced:
            # Somebody was faster; or our own commit's answer was lost, and it is in our way.
            if not _is_committed(log, written):
                continue
        return merge.told(version=log.state().version, added=sizes)
    if _is_committed(log, written):
        return merge.told(version=log.state().version, added=sizes)
    for file in written:
        lake.storage.remove(f"{log.folder}/{file.name}")
    raise LoadFenced(
        f"the files of {merge.table} were changed by somebody else meanwhile",
        hint="nothing was changed by this command; run it again",
    )


def _removals(merge: Merge) -> list[Any]:
    from deltalake.transaction import RemoveAction

    now_ms = int(time.time() * 1000)
    return [
        RemoveAction(Path(entry.name).name, False, now_ms, entry.size_bytes, {})
        for group in merge.groups
        for entry in group
    ]


def _is_committed(log: DeltaLog, written: Sequence[Path]) -> bool:
    names = {f"{log.folder}/{file.name}" for file in written}
    return names <= set(log.state().files)
