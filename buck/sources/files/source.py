"""Files as dlt resources: those that changed since the last load, record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from buck.records.table import Column, ColumnType, TableSpec
from buck.sources.batches import Record, yield_batches
from buck.sources.deletions import find_deleted
from buck.sources.field_names import Renamer
from buck.sources.files.listing import Folder, FoundFile
from buck.sources.files.reading import read_fields, read_records
from buck.sources.files.tables import FILE, LINE, FileTable
from buck.sources.load import Load, current_load

if TYPE_CHECKING:
    import pyarrow as pa
    from dlt.extract import DltResource

MARK = "files_until"


def resources(
    address: str,
    *,
    tables: Sequence[FileTable],
    storage: Mapping[str, Any] | None = None,
    lookback_s: int = 60,
    max_deleted_share: float = 0.01,
) -> list[DltResource]:
    """Files as dlt resources, for a `@dlt.source` function to return.

    The first load reads every file, later ones those that changed since; records that the lake has
    are left out by themselves. Write files elsewhere and move them in, so that none is read half
    written.

    Args:
        address: A folder, or `s3://bucket/prefix`.
        tables: What `table(...)` declared.
        storage: For a bucket, what s3fs takes: `key`, `secret`, `endpoint_url` …
        lookback_s: How far before the mark to look for changed files again.
        max_deleted_share: The share of a complete table's rows that may vanish between two loads.

    Raises (while they are read):
        SourceUnreachable, SourceDenied: the folder is not there, or may not be read.
        SourceChanged: a file is not what it was declared to be, or too many rows vanished at once.
    """
    load = current_load()
    folder = Folder(address, storage=storage or {}, source=load.source)
    return [
        _resource(load, folder, one, back_us=lookback_s * 1_000_000, max_share=max_deleted_share)
        for one in tables
    ]


def _resource(
    load: Load, folder: Folder, one: FileTable, *, back_us: int, max_share: float
) -> DltResource:
    import dlt

    def read() -> Iterator[Any]:
        if load.span is not None:
            load.pass_over(one.spec, "files have no time of their records")
            return
        files = folder.files(one.path)
        table = load.table(_typed(one, folder, files))
        seen: set[tuple[Any, ...]] | None = set() if one.is_complete else None
        since = table.position.get(MARK, 0) - back_us
        changed = [f for f in files if seen is not None or f.changed_us >= since]
        yield from yield_batches(table, _records(one, folder, changed), seen=seen)
        if files:
            table.advance(**{MARK: max(files[-1].changed_us, table.position.get(MARK, 0))})
        if seen is not None:
            gone = find_deleted(table, seen, max_share=max_share)
            if gone:
                yield table.arrow(gone, op="d", source_at=[load.as_of] * len(gone))

    return dlt.resource(read, name=one.spec.name, write_disposition="append")


def _records(one: FileTable, folder: Folder, files: Sequence[FoundFile]) -> Iterator[Record]:
    rename = Renamer(f"{one.spec.source}.{one.spec.name}")
    for file in files:
        with folder.open(file) as stream:
            for number, record in enumerate(read_records(one, file.name, stream), start=1):
                yield {**rename(record), FILE: file.name, LINE: number}


def _typed(one: FileTable, folder: Folder, files: Sequence[FoundFile]) -> TableSpec:
    """The table with the types that the newest Parquet file has, where none are declared."""
    if one.format != "parquet" or not files:
        return one.spec
    rename = Renamer(f"{one.spec.source}.{one.spec.name}")
    with folder.open(files[-1]) as stream:
        schema = read_fields(files[-1].name, stream)
    declared = {column.name: column for column in one.spec.columns}
    found = [_column(rename({field.name: None}), field.type) for field in schema]
    own = [declared.pop(column.name, column) for column in found]
    return replace(one.spec, columns=(*own, *declared.values()))


def _column(renamed: Mapping[str, None], type_: pa.DataType) -> Column:
    import pyarrow.types as pt

    name = next(iter(renamed))
    if pt.is_decimal(type_) and type_.precision <= 38:
        return Column(name, "decimal", precision=(type_.precision, type_.scale))
    kinds: list[tuple[Any, ColumnType]] = [
        (pt.is_boolean, "boolean"),
        (pt.is_uint64, "decimal"),
        (pt.is_integer, "bigint"),
        (pt.is_floating, "double"),
        (pt.is_date, "date"),
        (pt.is_timestamp, "timestamptz"),
        (pt.is_nested, "json"),
        (pt.is_binary, "bytes"),
        (pt.is_large_binary, "bytes"),
    ]
    return Column(name, next((kind for is_kind, kind in kinds if is_kind(type_)), "text"))
