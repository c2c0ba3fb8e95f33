"""A project with one source whose records and declaration a test changes as it likes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.flow.lake_access import open_lake
from buck.flow.land import land_one
from buck.flow.landing import land_source, new_load_id
from buck.ledger import RunRecorder, read_events
from buck.project import open_project
from buck.records.load import LoadReport
from buck.records.run import Event

PIPELINE = """
import json
from datetime import UTC, datetime
from pathlib import Path

import dlt

from buck.records.table import Column, TableSpec
from buck.sources.load import current_load

HERE = Path(__file__).parent
COLUMNS = json.loads((HERE / "columns.json").read_text())
ITEMS = TableSpec(
    "shop", "items", ("id",), tuple(Column(*c) for c in COLUMNS.items()), cursor="id"
)
OTHERS = TableSpec("shop", "others", ("id",), (Column("id", "bigint"),))
TABLES = (ITEMS, OTHERS)


@dlt.source(name="shop", section="shop")
def source():
    load = current_load()

    def items():
        table = load.table(ITEMS)
        records = json.loads((HERE / "records.json").read_text())
        missing = [n for n in table.columns if n[0] != "_" and "__" not in n and n not in COLUMNS]
        table.lose(missing)
        yield table.arrow(records, source_at=[datetime(2026, 1, 1, tzinfo=UTC)] * len(records))
        if not table.is_first and "step" not in table.position:
            seen = {r["id"] for r in records}
            gone = [i for i in table.known_keys()["id"].to_pylist() if i not in seen]
            yield table.arrow([{"id": i} for i in gone], op="d")
        table.advance(step=table.position.get("step", 0) + 1)

    def others():
        count = int((HERE / "others.txt").read_text())
        yield load.table(OTHERS).arrow([{"id": n} for n in range(count)])

    yield dlt.resource(items, name="items", write_disposition="append")
    yield dlt.resource(others, name="others", write_disposition="append")


if __name__ == "__main__":
    import buck

    buck.land(__file__)
"""
COLUMNS = {"id": "bigint", "amount": "bigint", "name": "text"}


class Shop:
    """The project as a person has it: files, and commands on them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "pipelines").mkdir(parents=True)
        (root / "pipelines" / "shop_pipeline.py").write_text(PIPELINE)
        self.declare(COLUMNS)
        self.settle()
        self.give_others(1)

    def settle(self, **source: Any) -> None:
        """Write .buck.yml; JSON is YAML."""
        settings = {"version": 1, "sources": {"shop": source}}
        (self.root / ".buck.yml").write_text(json.dumps(settings))

    def declare(self, columns: dict[str, str]) -> None:
        (self.root / "pipelines" / "columns.json").write_text(json.dumps(columns))

    def give(self, records: Sequence[Any]) -> None:
        (self.root / "pipelines" / "records.json").write_text(json.dumps(records))

    def give_others(self, count: int) -> None:
        (self.root / "pipelines" / "others.txt").write_text(str(count))

    @property
    def project(self) -> Any:
        return open_project(self.root)

    def land(self, records: Sequence[Any] | None = None) -> LoadReport:
        if records is not None:
            self.give(records)
        return land_one(self.project, "shop")

    def refresh(self) -> LoadReport:
        """A full refresh of the source, as `buck run --full-refresh` lands it."""
        lake = open_lake(self.project)
        lake.sweep()
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline="refresh")
        at = datetime(2026, 1, 5, tzinfo=UTC)
        return land_source(self.project, lake, "shop", as_of=at, recorder=recorder, is_whole=True)

    def rows(self, columns: str = "id, amount", table: str = "items") -> list[tuple[Any, ...]]:
        log = open_lake(self.project).raw("shop", table)
        con = connect(work=self.root / "work")
        try:
            sql = f"select {columns} from ({log.scan_sql(log.state())}) order by _buck_seq"
            return con.execute(sql).fetchall()
        finally:
            con.close()

    def mark(self) -> int | None:
        return open_lake(self.project).raw("shop", "items").state().position.get("step")

    def events(self, kind: str) -> list[Event]:
        return [e for e in read_events(open_lake(self.project).storage) if e.kind == kind]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "work").mkdir()
    return Shop(tmp_path / "project")
