"""A raw table's files, for those who read them where they lie: all of a version, or what is new.

What is new is told by the logs: files that a load added. Compaction adds files, too, and says of
them that no row in them is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import unquote

from buck.errors import ConfigError
from buck.lake.delta_log import DeltaLog
from buck.lake.file_log import FileLog
from buck.lake.lake import Lake
from buck.lake.raw_log import RawLog, RawState
from buck.names import RawTable
from buck.records.raw_files import RawFile

SEQUENCE = "_buck_seq"


def files_of(lake: Lake, table: RawTable, state: RawState) -> list[RawFile]:
    """The files that hold a version's rows.

    Raises:
        ConfigError: the table is no Parquet.
        LakeDamaged: a file is gone.
    """
    return _described(lake, table, state.files)


def files_between(lake: Lake, table: RawTable, *, after: int, until: int) -> list[RawFile] | None:
    """The files that loads added after a version and up to another one.

    Returns:
        None if it can't be told: the log no longer tells of these versions, rows went in them, or
        a file has been merged and vacuumed since.

    Raises:
        ConfigError: the table is no Parquet.
    """
    log = lake.raw(table.source, table.name)
    if isinstance(log, DeltaLog):
        names = _added_by_delta(log, after=after, until=until)
    else:
        before = set(log.state(after).files)
        names = [name for name in log.state(until).files if name not in before]
    if names is None or not set(names) <= set(lake.storage.names(table.path)):
        return None
    return _described(lake, table, names)


def _added_by_delta(log: DeltaLog, *, after: int, until: int) -> list[str] | None:
    names: list[str] = []
    for version in range(after + 1, until + 1):
        payload = log.storage.read(f"{log.folder}/_delta_log/{version:020d}.json")
        if payload is None:
            return None
        for line in payload.splitlines():
            action: dict[str, Any] = json.loads(line)
            if action.get("remove", {}).get("dataChange"):
                return None
            if action.get("add", {}).get("dataChange"):
                names.append(f"{log.folder}/{unquote(action['add']['path'])}")
    return names


def _described(lake: Lake, table: RawTable, names: Iterable[str]) -> list[RawFile]:
    log: RawLog = lake.raw(table.source, table.name)
    if isinstance(log, FileLog) and log.format != "parquet":
        raise ConfigError(
            f"{table} lies there as JSON lines, and other engines read Parquet where it lies",
            hint=f"sources.{table.source}.format: delta in .buck.yml, and load it anew",
        )
    wanted = list(names)
    if not wanted:
        return []
    sizes, checksums = lake.storage.sizes(table.path), log.checksums()
    return [
        _read_footer(lake, name, size_bytes=sizes.get(name, 0), sha256=checksums.get(name, ""))
        for name in wanted
    ]


def _read_footer(lake: Lake, name: str, *, size_bytes: int, sha256: str) -> RawFile:
    import pyarrow.parquet as pq

    with lake.storage.open(name) as file:
        meta = pq.read_metadata(file)
    columns = tuple(meta.schema.column(i).name for i in range(meta.num_columns))
    last = 0
    if SEQUENCE in columns:
        at = columns.index(SEQUENCE)
        ranges = [meta.row_group(g).column(at).statistics for g in range(meta.num_row_groups)]
        last = max((cast("int", r.max) for r in ranges if r is not None), default=0)
    return RawFile(name, size_bytes, meta.num_rows, columns, last, sha256)
