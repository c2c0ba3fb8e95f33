"""Lakes of every kind, and a tiny source to land into them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import Landing, full_schema
from buck.records.load import TableReport
from buck.records.table import Column, TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import TableLoad
from tests.integration.lake.site import Site

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = TableSpec(
    "shop", "items", ("id",), (Column("id", "bigint"), Column("name", "text")), cursor="id"
)
Row = dict[str, Any]


class Bench:
    """One lake as one machine sees it. `second_machine` is another one without local state."""

    def __init__(self, folder: Path, format_: str, bucket: Any = None) -> None:
        self.folder, self.format, self.bucket = folder, format_, bucket
        self.root = bucket.root if bucket else str(folder / "lake")
        self.work = folder / "work"
        self._loads = itertools.count(1)
        self._lake: Lake | None = None

    @property
    def lake(self) -> Lake:
        # Opening a bucket costs a second of CPU, so a bench opens its lake once.
        self._lake = self._lake or self.reopen()
        return self._lake

    def reopen(self) -> Lake:
        access = self.bucket.access if self.bucket else None
        return Lake(self.root, self.work, s3=access, formats={"shop": self.format})

    @property
    def log(self) -> Any:
        return self.lake.raw("shop", "items")

    def second_machine(self) -> Bench:
        other = Bench(self.folder / "second", self.format, self.bucket)
        other.root = self.root
        return other

    def open(self, spec: TableSpec = SPEC) -> OpenLoad:
        landing = self.lake.landing("shop", f"{self.folder.name}-{next(self._loads)}", facts={})
        return OpenLoad(landing, spec)

    def land(
        self, rows: Sequence[Row], *, spec: TableSpec = SPEC, op: Any = "u", **marks: int
    ) -> TableReport:
        load = self.open(spec)
        try:
            return load.commit(rows, op=op, **marks)
        finally:
            load.close()

    def rows(self, columns: str = "id, name", table: str = "items") -> list[tuple[Any, ...]]:
        log = self.lake.raw("shop", table)
        con = connect(work=self.work)
        try:
            sql = f"select {columns} from ({log.scan_sql(log.state())}) order by _buck_seq"
            return con.execute(sql).fetchall()
        finally:
            con.close()

    def held(self, **wanted: Any) -> list[Any]:
        """Held records, oldest first."""
        return self.lake.quarantine.read(**wanted)

    def files(self) -> list[str]:
        """Every object of the table that holds rows or is on its way to."""
        found = self.lake.storage.names("raw/shop/items")
        return [name for name in found if "_delta_log" not in name]


class OpenLoad:
    """A load between its opening and its commit."""

    def __init__(self, landing: Landing, spec: TableSpec) -> None:
        self.landing, self.spec = landing, spec
        self.opened = landing.open(spec)
        self.table = TableLoad(
            spec, landing.load_id, AS_OF, self.opened.sequence + 1, self.opened.position
        )

    def commit(self, rows: Sequence[Row], *, op: Any = "u", **marks: int) -> TableReport:
        files = []
        if rows:
            files = [self.landing.scratch / "rows.parquet"]
            pq.write_table(self.table.arrow(rows, op=op), files[0])
        schema = full_schema(files, spec_schema(self.spec))
        return self.landing.commit(
            self.spec, files, schema=schema, marks=marks, held=self.table.held
        )

    def close(self) -> None:
        self.landing.close()


MakeBench = Callable[..., Bench]

FORMATS = ("delta", "parquet", "json")


def _bench(request: pytest.FixtureRequest, folder: Path) -> Bench:
    format_, place = request.param
    fixture = {"s3": "bucket", "weed": "weed_bucket"}.get(place)
    bucket = request.getfixturevalue(fixture) if fixture else None
    return Bench(folder, format_, bucket)


@pytest.fixture(params=[(f, "disk") for f in FORMATS], ids=FORMATS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """Every format, on disk."""
    return _bench(request, tmp_path)


ANYWHERE = [(f, p) for f in FORMATS for p in ("disk", "s3", "weed")]


@pytest.fixture(params=ANYWHERE, ids=[f"{f}-{p}" for f, p in ANYWHERE])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """Every format in every place."""
    return _bench(request, tmp_path)


@pytest.fixture
def make_bench(tmp_path: Path) -> MakeBench:
    def make(format_: str = "delta", bucket: Any = None, folder: str = "b") -> Bench:
        return Bench(tmp_path / folder, format_, bucket)

    return make


@pytest.fixture
def site(make_bench: Callable[..., Any]) -> Site:
    return Site(make_bench())


@pytest.fixture(params=["disk", "s3"])
def any_site(request: pytest.FixtureRequest, make_bench: Callable[..., Any]) -> Site:
    bucket = request.getfixturevalue("bucket") if request.param == "s3" else None
    return Site(make_bench("delta", bucket))
