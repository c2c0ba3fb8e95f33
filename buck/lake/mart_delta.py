"""The marts as Delta tables, for readers that are not DuckDB.

Each mart's log lists the very Parquet files of its snapshot; nothing is written twice. One table's
log moves in one step; for all marts together read through `buck.open()` or `marts.duckdb`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from buck.errors import LakeDamaged, LakeError
from buck.lake.storage import Storage
from buck.records.snapshot import SnapshotPart, SnapshotTable

if TYPE_CHECKING:
    import pyarrow as pa

PUBLISHED = "buck/snapshot"


def refuse_unreadable(file: Path, mart: str) -> None:
    """Stop a mart that Delta has no type for, before anything of it is published.

    Raises:
        LakeError: with the first such column and its type.
    """
    import pyarrow.parquet as pq

    for field in pq.read_schema(file).remove_metadata():
        if not _is_delta_type(field.type):
            raise LakeError(
                f"{mart}.{field.name} is {field.type}, which readers of Delta cannot read",
                hint=f"cast {field.name} to text, a number or a timestamp in the model",
            )


def _is_delta_type(type_: pa.DataType) -> bool:
    """Whether Delta holds values of the type as they are.

    deltalake 1.6 raises a bare Exception for times, and takes UUIDs and intervals for bytes and
    unsigned 64-bit numbers for signed ones without a word.
    """
    import pyarrow as pa

    if pa.types.is_nested(type_):
        return all(_is_delta_type(type_.field(n).type) for n in range(type_.num_fields))
    return not (
        pa.types.is_time(type_)
        or pa.types.is_fixed_size_binary(type_)
        or pa.types.is_interval(type_)
        or pa.types.is_duration(type_)
        or pa.types.is_uint64(type_)
        or pa.types.is_null(type_)
        or isinstance(type_, pa.BaseExtensionType)
    )


def commit_mart(storage: Storage, table: SnapshotTable, *, snapshot: int) -> None:
    """Make a mart's Delta log list the table's files; a log that already does is left alone."""
    import pyarrow.parquet as pq
    from deltalake import CommitProperties, DeltaTable, Schema, Transaction
    from deltalake.exceptions import DeltaError, TableNotFoundError
    from deltalake.transaction import AddAction, create_table_with_add_actions

    folder = f"marts/{table.schema}/{table.name}"
    url, options = storage.url(folder), storage.delta_options() or None
    names = {str(PurePosixPath(name).relative_to(folder)) for name in table.files}
    try:
        log: Any = DeltaTable(url, storage_options=options)
    except TableNotFoundError:
        log = None
    if log is not None and {_below(folder, uri) for uri in log.file_uris()} == names:
        return
    with storage.open(table.files[0]) as file:
        schema = Schema.from_arrow(pq.read_schema(file).remove_metadata())
    actions = [
        AddAction(
            path=str(PurePosixPath(part.file).relative_to(folder)),
            size=part.size_bytes,
            partition_values={},
            modification_time=int(time.time() * 1000),
            data_change=True,
            stats=_stats(part, table.time_column),
        )
        for part in table.all_parts
    ]
    properties = CommitProperties(
        custom_metadata={"buck.snapshot": f"{snapshot:06d}"},
        app_transactions=[Transaction(PUBLISHED, snapshot)],
    )
    try:
        if log is None:
            create_table_with_add_actions(
                url, schema, actions, storage_options=options, commit_properties=properties
            )
        else:
            log.create_write_transaction(actions, "overwrite", schema, commit_properties=properties)
    except DeltaError as exc:
        raise LakeDamaged(f"{url}: {str(exc).splitlines()[0]}", hint="buck doctor") from exc


def _below(folder: str, uri: str) -> str:
    """A file's name below the mart's folder, from where Delta says it is."""
    return unquote(uri).rpartition(f"{folder}/")[2]


def _stats(part: SnapshotPart, column: str) -> str:
    """What lets readers skip the file: no time outside its part is in it."""
    stats: dict[str, Any] = {"numRecords": part.rows}
    if part.first is not None:
        stats |= {"minValues": {column: part.first}, "maxValues": {column: part.last}}
    return json.dumps(stats)
