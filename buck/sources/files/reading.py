"""The records of one file, strictly: what does not fit is said, never guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import orjson

from buck.errors import SourceChanged
from buck.sources.files.tables import FileTable

if TYPE_CHECKING:
    import pyarrow as pa

csv.field_size_limit(2**31 - 1)


def read_records(one: FileTable, name: str, stream: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """Every record in the order of the file, as the file names its fields.

    Raises:
        SourceChanged: the file is not what it was declared to be; says where.
    """
    read = {"csv": _read_csv, "json": _read_json, "parquet": _read_parquet}[one.format]
    try:
        yield from read(one, name, stream)
    except UnicodeDecodeError as exc:
        raise SourceChanged(
            f"{name} is not UTF-8: byte {exc.object[exc.start]:#04x}",
            hint="write the file as UTF-8",
        ) from exc


def _read_csv(one: FileTable, name: str, stream: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, delimiter=one.delimiter, strict=True)
        try:
            header = next(rows, None)
            for row in rows:
                if not row or header is None:
                    continue
                if len(row) != len(header):
                    raise SourceChanged(
                        f"{name} line {rows.line_num} has {len(row)} values, "
                        f"its header {len(header)}",
                        hint="quote values that hold the delimiter, or name it as delimiter=…",
                    )
                # An empty value is no value; anything else stays as it is written.
                yield {k: v or None for k, v in zip(header, row, strict=True)}
        except csv.Error as exc:
            raise SourceChanged(
                f"{name} line {rows.line_num} is no CSV: {exc}", hint="is the file complete?"
            ) from exc


def _read_json(one: FileTable, name: str, stream: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    head = stream.readline()
    while head and not head.strip():
        head = stream.readline()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        lines = [(1, head + stream.read())]
        number, parts = lines[0]
        for record in _parse(name, number, parts.lstrip(b"\xef\xbb\xbf")):
            yield _object(name, number, record)
        return
    number, line = 1, head.lstrip(b"\xef\xbb\xbf")
    while line:
        if line.strip():
            yield _object(name, number, _parse(name, number, line))
        number, line = number + 1, stream.readline()


def _parse(name: str, number: int, content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as exc:
        raise SourceChanged(
            f"{name} line {number} is no JSON: {exc}", hint="is the file complete?"
        ) from exc


def _object(name: str, number: int, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SourceChanged(
            f"{name} line {number} holds {str(value)[:60]!r}, not an object",
            hint="write one JSON object a line, or one array of objects",
        )
    return value


def _read_parquet(one: FileTable, name: str, stream: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as pq

    with _parquet_errors(name):
        for batch in pq.ParquetFile(stream).iter_batches(batch_size=5_000):
            yield from batch.to_pylist()


def read_fields(name: str, stream: IO[bytes]) -> pa.Schema:
    """The fields of a Parquet file.

    Raises:
        SourceChanged: it is none.
    """
    import pyarrow.parquet as pq

    with _parquet_errors(name):
        return pq.read_schema(stream)


@contextmanager
def _parquet_errors(name: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, OSError) as exc:
        raise SourceChanged(
            f"{name} is no Parquet file: {str(exc).splitlines()[0]}", hint="is the file complete?"
        ) from exc
