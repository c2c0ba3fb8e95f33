"""A source file of a test's own, landed into a lake of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines import load_module, run_source
from buck.records.load import LoadRules

HEAD = """
import dlt
from buck.records.table import Column, TableSpec
from buck.sources.load import current_load

SPEC = TableSpec("shop", "items", ("id",), (Column("id", "bigint"), Column("name", "text")))
TABLES = (SPEC, "not a spec")


def reading(load, rows):
    @dlt.resource(name=SPEC.name, write_disposition="append")
    def read():
        table = load.table(SPEC)
        yield table.arrow(rows)
        table.advance(step=table.position.get("step", 0) + 1)
    return read
"""

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    lake = Lake(str(tmp_path / "lake"), tmp_path / "work")
    loads = iter(range(100))

    def land(body: str, *, rules: LoadRules | None = None, turn: Any = None, **options: Any) -> Any:
        (tmp_path / "shop_pipeline.py").write_text(HEAD + body)
        load_id = f"load{next(loads)}"
        landing = lake.landing("shop", load_id, facts={})
        try:
            return run_source(
                load_module(tmp_path, "shop"),
                landing,
                load_id=load_id,
                as_of=datetime(2026, 1, 1, tzinfo=UTC),
                options=options,
                merge_schema=full_schema,
                rules=rules,
                turn=turn,
            )
        finally:
            landing.close()
            assert not (tmp_path / "work" / "landing" / load_id).exists()

    return land
