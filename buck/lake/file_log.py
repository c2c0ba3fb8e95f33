"""Raw tables as plain Parquet or JSON lines: one object a load, whose name fences the next one.

`000000000007.parquet` can be created only once, holds all rows of load 7, and carries the marks
in its own footer (JSON: in its last line). So the object *is* the commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from buck.engine import connect, translate_errors
from buck.engine.columns import empty_select, parquet_scan, schema_types, typed_select
from buck.errors import LakeDamaged, LoadFenced
from buck.lake.raw_log import Batch, FileEntry, RawState
from buck.lake.storage import Storage
from buck.names import identifier, literal
from buck.records.contents import TableCommit

if TYPE_CHECKING:
    from buck.engine.types import Connection

COMMIT_KEY = "buck_commit"
TAIL_BYTES = 65536


class FileLog:
    """See `RawLog`."""

    def __init__(
        self, storage: Storage, folder: str, *, format_: Literal["parquet", "json"], work: Path
    ) -> None:
        self.storage = storage
        self.folder = folder
        self.format = format_
        self.work = work
        self.suffix = "parquet" if format_ == "parquet" else "jsonl"

    def state(self, version: int | None = None) -> RawState:
        """See `RawLog`."""
        names = self._names()
        if version is not None:
            if len(names) <= version:
                raise LakeDamaged(f"{self.folder} has no version {version}", hint="buck doctor")
            names = names[: version + 1]
        if not names:
            return RawState(-1, 0, {}, {}, ())
        sequence = int(Path(names[-1]).stem)
        if sequence != len(names):
            raise LakeDamaged(
                f"{self.folder} holds {len(names)} loads but the last is number {sequence}",
                hint="restore the missing file, or load the source anew with --full-refresh",
            )
        commit = self._read_commit(names[-1])
        return RawState(
            version=sequence - 1,
            sequence=sequence,
            position=commit["marks"],
            columns=commit["columns"],
            files=tuple(names),
        )

    def commit(self, state: RawState, batch: Batch) -> int:
        """See `RawLog`."""
        sequence = state.sequence + 1
        columns = dict(state.columns) | {
            n: t for n, t in schema_types(batch.schema).items() if n not in state.columns
        }
        record = {
            "marks": dict(state.position) | dict(batch.marks),
            "columns": columns,
            "load_id": batch.load_id,
            "facts": dict(batch.facts),
        }
        spare = self.work / f"{batch.load_id}-{sequence}.{self.suffix}"
        spare.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._write(spare, batch, columns, record)
            if not self.storage.create(f"{self.folder}/{sequence:012d}.{self.suffix}", spare):
                raise LoadFenced(
                    f"{self.folder} was loaded by another run meanwhile",
                    hint="nothing was written by this run; run it again",
                )
        finally:
            spare.unlink(missing_ok=True)
        return sequence - 1

    def scan_sql(self, state: RawState) -> str:
        """See `RawLog`."""
        if not state.files:
            return empty_select(state.columns)
        files = tuple(str(self.storage.fetch(name)) for name in state.files)
        if self.format == "parquet":
            # A commit writes every column known so far, so the last file has them all.
            scan = parquet_scan(files)
            return typed_select(state.columns, scan, present=set(state.columns))
        types = ", ".join(
            f"{identifier(n)}: {literal(_json_type(t))}" for n, t in state.columns.items()
        )
        scan = (
            f"read_json({literal(files)}, format = 'newline_delimited', "
            f"columns = {{{types}}}) where _buck_seq is not null"
        )
        return typed_select(state.columns, scan, present=set(state.columns))

    def history(self) -> list[TableCommit]:
        """See `RawLog`; every version is one object, and all are kept."""
        return [self._told(name, number) for number, name in reversed([*enumerate(self._names())])]

    def entries(self, state: RawState) -> list[FileEntry]:
        """See `RawLog`; a load says how many rows it brought, and nothing of bytes."""
        return [FileEntry(name, None, self._rows_told(name)) for name in state.files]

    def checksums(self) -> dict[str, str]:
        """None: an object is its own log, and cannot hold its own checksum."""
        return {}

    def removals(self) -> list[tuple[int, datetime]]:
        """None: every version is one object, and all are kept."""
        return []

    def sweep(self, load_id: str) -> int:
        """Only local files can be left: an object that exists is committed."""
        left = list(self.work.glob(f"{load_id}-*")) if self.work.is_dir() else []
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _rows_told(self, name: str) -> int | None:
        try:
            facts = self._read_commit(name)["facts"]
            return int(facts["buck.rows"]) if "buck.rows" in facts else None
        except LakeDamaged:
            return None

    def _names(self) -> list[str]:
        return [n for n in self.storage.names(self.folder) if n.endswith(f".{self.suffix}")]

    def _told(self, name: str, version: int) -> TableCommit:
        commit = self._read_commit(name)
        facts = commit["facts"]
        rows = int(facts["buck.rows"]) if "buck.rows" in facts else None
        run = str(facts.get("buck.run_id", ""))
        return TableCommit(version, None, "write", str(commit["load_id"]), run, rows)

    def _write(
        self, file: Path, batch: Batch, columns: Mapping[str, str], record: dict[str, Any]
    ) -> None:
        present = set(batch.schema.names)
        if batch.files:
            scan = parquet_scan(tuple(str(f) for f in batch.files))
            select = typed_select(columns, scan, present=present)
        else:
            select = empty_select(columns)
        con: Connection = connect(work=self.work)
        try:
            with translate_errors():
                if self.format == "parquet":
                    con.execute(
                        f"copy ({select}) to {literal(str(file))} (format parquet, compression "
                        f"zstd, kv_metadata {{{COMMIT_KEY}: {literal(json.dumps(record))}}})"
                    )
                else:
                    stored = {n: _json_type(t) for n, t in columns.items()}
                    select = typed_select(stored, f"({select})", present=set(stored))
                    con.execute(f"copy ({select}) to {literal(str(file))} (format json)")
                    with file.open("a") as out:
                        out.write(json.dumps({COMMIT_KEY: record}) + "\n")
        finally:
            con.close()

    def _read_commit(self, name: str) -> dict[str, Any]:
        import pyarrow as pa

        try:
            payload = self._footer(name) if self.format == "parquet" else self._last_line(name)
            record = json.loads(payload)
            held = record[COMMIT_KEY] if self.format == "json" else record
            told = {"load_id": held.get("load_id", ""), "facts": dict(held.get("facts") or {})}
            return told | {"marks": dict(held["marks"]), "columns": dict(held["columns"])}
        except (pa.ArrowInvalid, ValueError, KeyError, TypeError) as exc:
            raise LakeDamaged(
                f"{self.storage.url(name)} carries no commit record: {str(exc).splitlines()[0]}",
                hint="restore the file, or move the table's folder away and load it anew",
            ) from exc

    def _footer(self, name: str) -> bytes:
        import pyarrow.parquet as pq

        with self.storage.open(name) as file:
            metadata = pq.read_metadata(file).metadata or {}
        return bytes(metadata[COMMIT_KEY.encode()])

    def _last_line(self, name: str) -> bytes:
        size_bytes = TAIL_BYTES
        while True:
            tail = self.storage.tail(name, size_bytes)
            line = tail.rstrip(b"\n").rpartition(b"\n")[2]
            # A table of a thousand columns has a commit line longer than one tail.
            if len(line) < len(tail.rstrip(b"\n")) or len(tail) < size_bytes:
                return line
            size_bytes *= 8


def _json_type(type_: str) -> str:
    """How a column is held in JSON: as text where a JSON number or string would change it."""
    return "VARCHAR" if type_ == "BLOB" or type_.startswith("DECIMAL") else type_
