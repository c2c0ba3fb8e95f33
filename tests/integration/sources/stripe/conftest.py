"""The sandbox's Stripe behind its real protocol, and a real lake that the user's file lands in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines.module import SourceModule, load_module
from buck.pipelines.run import run_source
from buck.records.load import LoadReport, LoadRules
from buck.records.table import TableSpec
from buck.sandbox.company import Company
from buck.sandbox.company.calendar import day_start
from buck.sandbox.http import Clock
from buck.sandbox.stripe import StripeServer, StripeStore
from buck.sources.stripe.endpoints import CHILD_ENDPOINTS
from buck.sources.stripe.tables import ALL_TABLES
from tests.integration.sources.stripe.shop import FILE, Shop

KEY = "rk_live_sandbox00"
PIPELINES = Path(__file__).parents[4] / "pipelines"

Row = dict[str, Any]


class World:
    """A small company's Stripe at a day, and the lake beside it."""

    def __init__(self, folder: Path, *, customers: int = 25) -> None:
        self.folder = folder
        folder.mkdir()
        self.company = Company(seed=11, customers=customers)
        self.store = StripeStore()
        self.clock = Clock(day_start(0))
        self.server = StripeServer(self.store, clock=self.clock, control_token="control")
        self.url = self.server.start()
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self.applied = self.loads = 0

    def advance(self, until_day: int) -> None:
        changes = self.company.changes(until_day)
        self.store.apply(changes[self.applied :])
        self.applied = len(changes)
        self.clock.set(day_start(until_day))

    def land(self, *tables: str, key: str = KEY, rules: LoadRules | None = None) -> LoadReport:
        """What the user's file lands, or these tables."""
        self.loads += 1
        load_id = f"load{self.loads}"
        landing = self.lake.landing("stripe", load_id, facts={})
        try:
            return run_source(
                self._module(tables),
                landing,
                load_id=load_id,
                as_of=self.clock.now(),
                options={"api_key": key, "api_base": self.url},
                merge_schema=full_schema,
                rules=rules,
            )
        finally:
            landing.close()

    def _module(self, tables: tuple[str, ...]) -> SourceModule:
        if not tables:
            return load_module(PIPELINES, "stripe")
        file = self.folder / "stripe_pipeline.py"
        file.write_text(FILE.format(tables=tables, key=KEY, base=self.url, options={}))
        return load_module(self.folder, "stripe")

    def raw(self, name: str) -> list[Row]:
        """Every version of a table, in order of arrival."""
        state = (log := self.lake.raw("stripe", name)).state()
        con = connect(work=self.lake.work)
        try:
            rows = con.execute(f"select * from ({log.scan_sql(state)}) order by _buck_seq")
            return rows.to_arrow_table().to_pylist()
        finally:
            con.close()

    def landed(self, name: str) -> dict[tuple[str, ...], Row]:
        """The newest version of each key that is not deleted, own columns only."""
        spec = spec_of(name)
        newest = {tuple(row[k] for k in spec.key): row for row in self.raw(name)}
        own = {c.name: c.type for c in spec.columns}
        return {
            key: {
                column: orjson.loads(row[column]) if kind == "json" and row[column] else row[column]
                for column, kind in own.items()
            }
            for key, row in newest.items()
            if row["_buck_op"] != "d"
        }

    def stored(self, name: str) -> dict[tuple[str, ...], Row]:
        """What Stripe itself has now, in the table's columns."""
        spec = spec_of(name)
        columns = [c.name for c in spec.columns]
        return {key: {c: record.get(c) for c in columns} for key, record in self._stored(name)}

    def _stored(self, name: str) -> Iterator[tuple[tuple[str, ...], Row]]:
        child = CHILD_ENDPOINTS.get(name)
        for entry in self.store.shelf(child.parent.spec.name if child else name, live=True).entries:
            if entry.deleted:
                continue
            if child is None:
                yield (entry.id,), entry.record
                continue
            for record in self.store.full_list(entry.id):
                yield (entry.id, record["id"]), {**record, child.parent_column: entry.id}


def spec_of(name: str) -> TableSpec:
    return next(t for t in ALL_TABLES if t.name == name)


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:
        made.append(World(tmp_path / str(len(made)), **options))
        return made[-1]

    yield make
    for world in made:
        world.server.stop()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.server.stop()
    assert shop.server.http.failures == []
