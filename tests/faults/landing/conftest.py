"""Loads in processes that die, and lakes to see what they leave."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.lake.lake import Lake
from tests.faults.landing import loader

LOADER = Path(loader.__file__)
FORMATS = ("delta", "parquet", "json")
PLACES = ("disk", "moto", "weed")
VALUES = "id, name, _buck_op, _buck_row_hash, _buck_observed_at"


def strangers_count(url: str, options: dict[str, str] | None = None) -> list[int]:
    """Rows of a Delta table that deltalake sees, and DuckDB's `delta_scan` where it is local."""
    import duckdb
    import duckdb_extension_delta
    from deltalake import DeltaTable

    seen = [DeltaTable(url, storage_options=options).to_pyarrow_table().num_rows]
    if options is None:
        folder = Path(duckdb_extension_delta.__file__).parent
        extension = next(folder.rglob("*.duckdb_extension"))
        with duckdb.connect() as con:
            con.execute(f"load '{extension}'")
            row = con.execute("select count(*) from delta_scan($1)", [url]).fetchone()
            seen.append(row[0] if row else -1)
    return seen


class Nursery:
    """Starts loads as processes; see `loader`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(LOADER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )

    def run(self, *orders: dict[str, Any]) -> list[dict[str, Any]]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(orders) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the nursery died"
        return list(json.loads(answer))

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    started = Nursery()
    yield started
    started.close()


@dataclass
class Dock:
    """A lake that loads of other processes land in."""

    nursery: Nursery
    order: loader.Order
    loads: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    opened: Lake | None = None

    @property
    def root(self) -> str:
        return self.order.root

    @property
    def work(self) -> Path:
        return Path(self.order.work)

    @property
    def is_local(self) -> bool:
        return not self.order.endpoint

    def with_(self, **changes: Any) -> Dock:
        """The same lake, seen or reached in another way."""
        return Dock(self.nursery, loader.replace(self.order, **changes), self.loads)

    def orders(self, until: int, **changes: Any) -> dict[str, Any]:
        load_id = f"load{next(self.loads):05d}"
        return loader.as_order(self.order, load_id=load_id, until=until, **changes)

    def load(self, until: int, **changes: Any) -> dict[str, Any]:
        """Run one load; `killed` says whether it was."""
        return self.nursery.run(self.orders(until, **changes))[0]

    def lake(self) -> Lake:
        """Opened once: to reach a bucket anew costs half a second."""
        if self.opened is None:
            self.opened = self.order.lake()
        return self.opened

    def rows(self, columns: str = VALUES) -> list[tuple[Any, ...]]:
        """Every raw row: the multiset, in one order."""
        lake = self.lake()
        log = lake.raw("shop", "items")
        state = log.state()
        if not state.exists:
            return []
        con = connect(work=lake.work)
        try:
            return con.execute(
                f"select {columns} from ({log.scan_sql(state)}) order by all"
            ).fetchall()
        finally:
            con.close()

    def mark(self) -> int:
        return self.lake().raw("shop", "items").state().position.get("until", 0)

    def leftovers(self) -> list[str]:
        """Objects that are neither a log's nor a committed file, and local scratch."""
        lake = self.lake()
        held = set(lake.raw("shop", "items").state().files)
        found = [
            n
            for n in lake.storage.names("")
            if n.startswith("raw/") and n not in held and "_delta_log" not in n
        ]
        spare = [str(p) for p in self.work.rglob("*") if p.is_file() and "landing" in p.parts]
        spare += [str(p) for p in (self.work / "spare").glob("load*")]
        if self.is_local:
            spare += [str(p) for p in Path(self.root).rglob(".spare-*")]
        return found + spare


def make_dock(request: pytest.FixtureRequest, folder: Path, format_: str, place: str) -> Dock:
    nursery = request.getfixturevalue("nursery")
    order = loader.Order(str(folder / "lake"), str(folder / "work"), format_, "", 0)
    if place != "disk":
        bucket = request.getfixturevalue("weed_bucket" if place == "weed" else "bucket")
        access = bucket.access
        order = loader.replace(
            order,
            root=bucket.root,
            endpoint=access.endpoint,
            key_id=access.key_id,
            secret=access.secret,
        )
    return Dock(nursery, order)


ANYWHERE = [(f, p) for f in FORMATS for p in PLACES]


@pytest.fixture(params=ANYWHERE, ids="-".join)
def dock(request: pytest.FixtureRequest, tmp_path: Path) -> Dock:
    """Every format, on disk and in two object stores."""
    return make_dock(request, tmp_path, *request.param)


@pytest.fixture(params=[a for a in ANYWHERE if a[1] != "moto"], ids="-".join)
def steady_dock(request: pytest.FixtureRequest, tmp_path: Path) -> Dock:
    """Every format, on disk and in one object store."""
    return make_dock(request, tmp_path, *request.param)


@pytest.fixture(params=FORMATS)
def disk_dock(request: pytest.FixtureRequest, tmp_path: Path) -> Dock:
    """Every format, on disk."""
    return make_dock(request, tmp_path, request.param, "disk")


@pytest.fixture
def local(request: pytest.FixtureRequest, tmp_path: Path) -> Dock:
    """A Delta lake on disk."""
    return make_dock(request, tmp_path, "delta", "disk")


@pytest.fixture(scope="session")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The rows of a lake that nothing ever happened to, after loads up to these changes."""
    known: dict[tuple[int, ...], list[tuple[Any, ...]]] = {(): []}
    docks: dict[tuple[int, ...], Dock] = {}

    def rows(*steps: int) -> list[tuple[Any, ...]]:
        if steps not in known:
            rows(*steps[:-1])
            # A lake at the steps before goes on from there; else one is brought there first.
            dock, missing = docks.pop(steps[:-1], None), steps[-1:]
            if dock is None:
                folder = tmp_path_factory.mktemp("faultless")
                order = loader.Order(str(folder / "lake"), str(folder / "work"), "delta", "", 0)
                dock, missing = Dock(None, order), steps  # type: ignore[arg-type]
            for until in missing:
                loader.land(dock.lake(), f"load{until}", until=until)
            known[steps], docks[steps] = dock.rows(), dock
        return known[steps]

    return rows
