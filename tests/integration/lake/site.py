"""A lake, candidates to publish into it, and readers of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from buck.engine import connect
from buck.lake import Origin, Publisher
from buck.names import TableRef
from buck.quality import approve
from buck.records.quality import Approval, Check, CheckResult, QualityReport

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
MARTS = [TableRef("core", "dim_b"), TableRef("finance", "t")]


PASSED = CheckResult(Check("row_count > 0", "t", "finance", "soda", "volume"), "passed")


def approval(run_id: str = "run-1") -> Approval:
    return approve(QualityReport(AS_OF, (PASSED,), run_id=run_id))


def origin(run_id: str = "run-1") -> Origin:
    return Origin(run_id, AS_OF, "fingerprint", {}, {}, {})


class Site:
    """A lake and the candidates to publish into it."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.lake = bench.lake
        self.publisher = Publisher(self.lake)
        self.candidates = bench.work / "build.duckdb"
        self.runs = 0

    def build(self, *statements: str) -> None:
        con = connect(self.candidates, work=self.lake.work)
        for statement in statements:
            con.execute(statement)
        con.close()

    def version(self, number: int, *, rows: int = 2) -> None:
        """Candidates of which every row says the version, and one mart that never changes."""
        self.build(
            "create schema if not exists finance",
            "create schema if not exists core",
            f"create or replace table finance.t as select range as id, {number} as v "
            f"from range({rows})",
            "create or replace table core.dim_b as select 1 as one, 'ž' as name",
        )

    def publish(self, tables: Any = None, **how: Any) -> Any:
        self.runs += 1
        run_id = f"run-{self.runs}"
        return self.publisher.publish(
            self.candidates,
            tables or MARTS,
            approval=approval(run_id),
            origin=origin(run_id),
            **how,
        )

    def file(self) -> Path:
        if self.lake.storage.is_local:
            return Path(self.lake.storage.url("marts.duckdb"))
        copy = self.bench.folder / "marts.duckdb"
        copy.write_bytes(self.lake.storage.read("marts.duckdb"))
        return copy

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file()), read_only=True) as con:
            return con.execute(sql).fetchall()

    def delta(self, name: str) -> list[tuple[Any, ...]]:
        options = self.lake.storage.delta_options() or None
        table = DeltaTable(self.lake.storage.url(f"marts/{name}"), storage_options=options)
        found = table.to_pyarrow_table()
        return sorted(tuple(row.values()) for row in found.to_pylist())
