"""How a set of files is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from buck.errors import ConfigError
from buck.records.table import Column, ColumnType, TableSpec

Format = Literal["csv", "json", "parquet"]
SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
FILE, LINE = "_file", "_line"
"""Where a record stands: the file below the source's address, and its number in it from 1."""


@dataclass(frozen=True, slots=True)
class FileTable:
    """A set of files that are one raw table."""

    spec: TableSpec
    path: str
    format: Format
    delimiter: str
    is_complete: bool


def table(
    name: str,
    *,
    source: str,
    path: str,
    key: Sequence[str] = (FILE, LINE),
    columns: Mapping[str, ColumnType] | None = None,
    format: Format | None = None,
    delimiter: str | None = None,
    complete: bool = False,
    personal: Sequence[str] = (),
    subject: str | None = None,
) -> FileTable:
    """Declare files that are one table.

    Args:
        name: The raw table's name, after `raw_<source>_`.
        source: The source's name in the lake.
        path: The files, below the source's address; `*` and `**` stand for any name and folders.
        key: The columns that name a record; without one a record is named by its place, and a
            changed file gives new versions of its places.
        columns: Types of columns. Others arrive as text, in Parquet as the file has them. Names are
            snake_case here, whatever the file writes.
        format: `csv` (the first line names the columns), `json` (one object a line, or one array)
            or `parquet`; told by the ending if not given.
        delimiter: What separates the values of a CSV file; a comma, or a tab in `.tsv`.
        complete: Whether the files together hold every record, so that one that is in none of them
            any more was deleted. All files are then read on every load.
        personal: Columns holding personal data.
        subject: The column that names the person a record is about.

    Raises:
        ConfigError: the format is not given and the ending does not tell it.
    """
    plain = path.removesuffix(".gz")
    suffix = plain[plain.rfind(".") :] if "." in plain.rsplit("/", 1)[-1] else ""
    known = format or SUFFIXES.get(suffix)
    if known is None:
        raise ConfigError(
            f"what is in the files of {source}.{name} cannot be told from {path!r}",
            hint="write format='csv', 'json' or 'parquet'",
        )
    types: dict[str, ColumnType] = {**(columns or {}), FILE: "text", LINE: "bigint"}
    for column in (*key, *personal):
        types.setdefault(column, "text")
    spec = TableSpec(
        source,
        name,
        tuple(key),
        tuple(Column(n, t, personal=n in personal) for n, t in types.items()),
        subject=subject,
    )
    tab = "\t" if suffix == ".tsv" else ","
    return FileTable(spec, path, known, delimiter or tab, complete)
