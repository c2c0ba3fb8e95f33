"""Raw tables as Delta: rows and marks in one commit, fenced by the handle they were read from.

The marks are Delta application transactions (`txn` actions), so they survive checkpoints,
compaction and vacuum. `buck/sequence` counts commits: two loads that started from the same state
both try to write the next number and delta-rs lets one through. deltalake 1.6 does not refuse a
number that goes backwards, so the stored number is compared on the handle that commits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from buck.engine.columns import duckdb_type, empty_select, parquet_scan, typed_select
from buck.errors import LakeDamaged, LoadFenced
from buck.lake.delta_actions import (
    CHECKSUMS,
    OPERATION,
    SEQUENCE,
    add_action,
    commit_properties,
    delta_errors,
    only_adds,
)
from buck.lake.objects import hash_of_file
from buck.lake.raw_log import Batch, FileEntry, Position, RawState
from buck.lake.storage import Storage
from buck.records.contents import TableCommit

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

UNREADABLE = frozenset({"deletionVectors", "columnMapping"})


class DeltaLog:
    """See `RawLog`."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self.storage = storage
        self.folder = folder
        self.url = storage.url(folder)

    def state(self, version: int | None = None) -> RawState:
        """See `RawLog`."""
        table = self._open(version)
        if table is None and version is not None:
            raise LakeDamaged(f"{self.url} has no version {version}", hint="buck doctor")
        if table is None:
            return RawState(-1, 0, Position(lambda _: None), {}, ())
        import pyarrow as pa

        self._refuse_unreadable(table)
        schema = pa.schema(table.schema().to_arrow())
        return RawState(
            version=table.version(),
            sequence=table.transaction_version(SEQUENCE) or 0,
            position=Position(lambda name: table.transaction_version(f"buck/{name}")),
            columns={f.name: duckdb_type(f.type) for f in schema},
            files=tuple(sorted(f"{self.folder}/{Path(u).name}" for u in table.file_uris())),
            handle=table,
        )

    def commit(self, state: RawState, batch: Batch) -> int:
        """See `RawLog`."""
        names = [f"{batch.load_id}-{n:04d}.parquet" for n in range(len(batch.files))]
        actions = [add_action(name, file) for name, file in zip(names, batch.files, strict=True)]
        checksums = {name: hash_of_file(f) for name, f in zip(names, batch.files, strict=True)}
        for name, file in zip(names, batch.files, strict=True):
            self.storage.upload(file, f"{self.folder}/{name}", move=True)
        try:
            with delta_errors(self.url):
                if state.handle is None:
                    self._create(batch, actions, checksums)
                else:
                    self._append(state, batch, actions, checksums)
        except LoadFenced:
            # A commit whose answer was lost is tried again and then finds itself in its way.
            committed = self._version_with(names)
            if committed is not None:
                return committed
            for name in names:
                self.storage.remove(f"{self.folder}/{name}")
            raise
        table = self._open()
        if table is None:
            raise LakeDamaged(f"{self.url} vanished after a commit", hint="buck doctor")
        return int(table.version())

    def _version_with(self, names: list[str]) -> int | None:
        """The table's version if it holds these files."""
        state = self.state()
        held = {Path(file).name for file in state.files}
        return state.version if names and held.issuperset(names) else None

    def scan_sql(self, state: RawState) -> str:
        """See `RawLog`."""
        if not state.files:
            return empty_select(state.columns)
        files = tuple(str(self.storage.fetch(name)) for name in state.files)
        return typed_select(state.columns, parquet_scan(files), present=set(state.columns))

    def history(self) -> list[TableCommit]:
        """See `RawLog`."""
        return [
            TableCommit(
                version=int(commit["version"]),
                at=datetime.fromtimestamp(commit["timestamp"] / 1000, UTC),
                operation=str(commit.get(OPERATION, commit["operation"])).lower(),
                load_id=str(commit.get("buck.load_id", "")),
                run_id=str(commit.get("buck.run_id", "")),
                rows=int(commit["buck.rows"]) if "buck.rows" in commit else None,
            )
            for commit in self._commits()
        ]

    def entries(self, state: RawState) -> list[FileEntry]:
        """See `RawLog`."""
        import pyarrow as pa

        if state.handle is None:
            return []
        found = [
            FileEntry(
                f"{self.folder}/{Path(unquote(add['path'])).name}",
                add["size_bytes"],
                add["num_records"],
            )
            for add in pa.table(state.handle.get_add_actions()).to_pylist()
        ]
        return sorted(found, key=lambda entry: entry.name)

    def checksums(self) -> dict[str, str]:
        """See `RawLog`."""
        return {
            f"{self.folder}/{name}": str(sha256)
            for commit in self._commits()
            for name, sha256 in json.loads(commit.get(CHECKSUMS) or "{}").items()
        }

    def removals(self) -> list[tuple[int, datetime]]:
        """See `RawLog`; whatever is not known to have only added counts."""
        return [
            (int(commit["version"]), datetime.fromtimestamp(commit["timestamp"] / 1000, UTC))
            for commit in self._commits()
            if not only_adds(commit)
        ]

    def _commits(self) -> list[dict[str, Any]]:
        table = self._open()
        if table is None:
            return []
        with delta_errors(self.url):
            return list(table.history())

    def sweep(self, load_id: str) -> int:
        """See `RawLog`."""
        state = self.state()
        committed = {Path(file).name for file in state.files}
        orphans = [
            name
            for name in self.storage.names(self.folder)
            if Path(name).name.startswith(f"{load_id}-") and Path(name).name not in committed
        ]
        for name in orphans:
            self.storage.remove(name)
        return len(orphans)

    def _create(self, batch: Batch, actions: list[Any], checksums: Mapping[str, str]) -> None:
        from deltalake import Schema
        from deltalake.transaction import create_table_with_add_actions

        if self.storage.is_local:
            Path(self.url).mkdir(parents=True, exist_ok=True)
        create_table_with_add_actions(
            self.url,
            Schema.from_arrow(batch.schema),
            actions,
            mode="error",
            storage_options=self.storage.delta_options() or None,
            commit_properties=commit_properties(
                batch, sequence=1, checksums=checksums, is_creation=True
            ),
        )

    def _append(
        self, state: RawState, batch: Batch, actions: list[Any], checksums: Mapping[str, str]
    ) -> None:
        table = state.handle
        missing = [f for f in batch.schema if f.name not in state.columns]
        if missing:
            table = self._add_columns(missing)
        if (table.transaction_version(SEQUENCE) or 0) != state.sequence:
            raise LoadFenced(
                f"{self.folder} was loaded by another run meanwhile",
                hint="nothing was written by this run; run it again",
            )
        table.create_write_transaction(
            actions,
            "append",
            table.schema(),
            commit_properties=commit_properties(
                batch, sequence=state.sequence + 1, checksums=checksums
            ),
        )

    def _add_columns(self, fields: list[pa.Field]) -> DeltaTable:
        import pyarrow as pa
        from deltalake import Schema

        table = self._open()
        assert table is not None
        known = {f.name for f in table.schema().fields}
        new = [f for f in Schema.from_arrow(pa.schema(fields)).fields if f.name not in known]
        if new:
            table.alter.add_columns(new)
            table = self._open()
            assert table is not None
        return table

    def _refuse_unreadable(self, table: DeltaTable) -> None:
        """Files are read as plain Parquet, which some features of Delta would make wrong."""
        features = set(table.protocol().reader_features or ()) & UNREADABLE
        if features:
            raise LakeDamaged(
                f"{self.url} was changed by a writer that uses {', '.join(sorted(features))}",
                hint="rewrite the table without them, or load the source anew",
            )

    def _open(self, version: int | None = None) -> DeltaTable | None:
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        options = self.storage.delta_options() or None
        try:
            with delta_errors(self.url):
                return DeltaTable(self.url, version=version, storage_options=options)
        except TableNotFoundError:
            return None
