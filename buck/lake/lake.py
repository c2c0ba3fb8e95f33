"""The lake: raw tables and published marts below one root, on disk or in a bucket."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from buck.engine.columns import empty_select, schema_types
from buck.errors import ConfigError, LakeDamaged, LakeError
from buck.lake.delta_log import DeltaLog
from buck.lake.file_log import FileLog
from buck.lake.landing import Landing
from buck.lake.quarantine import Quarantine
from buck.lake.raw_log import RawLog
from buck.lake.storage import Storage, open_storage
from buck.names import RawTable
from buck.records.access import S3Access
from buck.records.table import TableSpec
from buck.sources.arrow import spec_schema

FORMAT_VERSION = 1
RawFormat = Literal["delta", "parquet", "json"]


@dataclass(frozen=True, slots=True)
class RawPin:
    """One raw table at one version: what a run's models read, whatever lands meanwhile."""

    table: RawTable
    version: int
    select_sql: str
    """A SELECT over exactly that version's rows."""
    columns: Mapping[str, str]
    """Column name to DuckDB type, in order."""


class Lake:
    """Everything below one root. Opening checks the format version; nothing is created by reading.

    Args:
        root: A folder, or `s3://bucket/prefix`.
        work: The project's private folder on this machine; all of it can be deleted.
        s3: Access to the bucket.
        formats: The raw format of a source, if not Delta.

    Raises:
        LakeDamaged: the lake was written by a newer Buck.
        LakeError: the lake does not answer.
    """

    def __init__(
        self,
        root: str,
        work: Path,
        *,
        s3: S3Access | None = None,
        formats: Mapping[str, RawFormat] | None = None,
    ) -> None:
        self.root = root
        self.work = work
        self.formats = dict(formats or {})
        self.storage: Storage = open_storage(root, s3, cache=work / "cache")
        self._identity = self._read_identity()

    @property
    def identity(self) -> str:
        """The lake's own id, written when it is first used; caches are bound to it."""
        if self._identity is None:
            self._identity = self._found()
        return self._identity

    @property
    def exists(self) -> bool:
        """Whether anything was ever written here."""
        return self._identity is not None or self._read_identity() is not None

    def raw(self, source: str, name: str) -> RawLog:
        """The log of one raw table, which need not exist yet."""
        return self.log(source, RawTable(source, name).path)

    def log(self, source: str, folder: str) -> RawLog:
        """The log at a folder, in the format of a source."""
        chosen = self.formats.get(source, "delta")
        if chosen == "delta":
            return DeltaLog(self.storage, folder)
        return FileLog(self.storage, folder, format_=chosen, work=self.work / "spare")

    def landing(self, source: str, load_id: str, *, facts: Mapping[str, str]) -> Landing:
        """Start a load of one source."""
        _ = self.identity
        return Landing(self, source, load_id, facts=facts)

    @property
    def quarantine(self) -> Quarantine:
        """Records that were held back."""
        return Quarantine(self)

    def raw_tables(self) -> list[RawTable]:
        """Every raw table that has a folder, sorted; without a version after a killed load."""
        return [
            RawTable(source, name)
            for source in self.storage.folders("raw")
            for name in self.storage.folders(f"raw/{source}")
        ]

    def pin_raw(self, table: RawTable, *, prefix: str = "", version: int | None = None) -> RawPin:
        """The table as it is now; version -1 and no columns if nothing was committed yet.

        With a version, the table as it was then.

        Raises:
            LakeDamaged: that version is no longer kept.
        """
        log, named = self.raw(table.source, table.name), RawTable(table.source, table.name, prefix)
        state = log.state(version)
        if not state.exists:
            return RawPin(named, -1, "select 1 where false", {})
        if version is None:
            self.storage.forget(table.path, keep=state.files)
        return RawPin(named, state.version, log.scan_sql(state), state.columns)

    def pin_declared(self, spec: TableSpec, *, prefix: str = "") -> RawPin:
        """A table that never landed: version -1, its declared columns, no rows."""
        table = RawTable(spec.source, spec.name, prefix)
        columns = schema_types(spec_schema(spec))
        return RawPin(table, -1, empty_select(columns), columns)

    def sweep(self) -> int:
        """Remove what killed loads of this machine left behind; how many files.

        Call it while holding the project's lock: a folder of a running load looks the same.
        """
        # What was killed may not have begun to land: it had written to the ledger before.
        removed = self.storage.sweep()
        folder = self.work / "landing"
        for load in sorted(folder.iterdir()) if folder.is_dir() else ():
            for table in self.raw_tables():
                removed += self.raw(table.source, table.name).sweep(load.name)
            for table in self.quarantine.tables():
                removed += self.quarantine.log(table).sweep(load.name)
            self.clear_scratch(load.name)
        return removed

    def clear_scratch(self, load_id: str) -> None:
        """Forget a load's local files."""
        shutil.rmtree(self.work / "landing" / load_id, ignore_errors=True)

    def _read_identity(self) -> str | None:
        payload = self.storage.read("lake.json")
        if payload is None:
            return None
        try:
            record = json.loads(payload)
            version, identity = int(record["format_version"]), str(record["lake_id"])
            unfinished = str(record.get("restoring", ""))
            # A restore brings objects of known names with other content: copies are of before.
            copies_of = f"{identity}{record.get('restored', '')}"
        except (ValueError, KeyError, TypeError) as exc:
            raise LakeDamaged(
                f"{self.storage.url('lake.json')} is not readable",
                hint="restore it, or move the lake away and load anew",
            ) from exc
        if version > FORMAT_VERSION:
            raise LakeDamaged(
                f"the lake at {self.root} has format version {version}, "
                f"this Buck reads up to {FORMAT_VERSION}",
                hint="upgrade with `pip install -U buck-lakehouse`",
            )
        if unfinished:
            raise LakeDamaged(
                f"the lake at {self.root} was not restored to its end (backup {unfinished})",
                hint="run the same `buck restore FROM` again, it continues",
            )
        self.storage.bind(copies_of)
        return identity

    def _found(self) -> str:
        record = {"format_version": FORMAT_VERSION, "lake_id": uuid.uuid4().hex}
        self.storage.create("lake.json", json.dumps(record).encode())
        if not self.storage.is_local and self.storage.create("lake.json", b"{}"):
            self.storage.remove("lake.json")
            raise LakeError(
                f"{self.root} overwrites an object that must not exist (If-None-Match is ignored)",
                hint="use a store with conditional puts; two runs on this one could lose data",
            )
        identity = self._read_identity()
        if identity is None:
            raise ConfigError(f"the lake at {self.root} cannot be written", hint="buck doctor")
        return identity
