"""Which build the part `publish` of a run goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buck.flow.parts import find_built
from buck.lake import Lake
from buck.ledger import RunRecorder
from buck.records.run import Status

AS_OF = "2026-01-31T00:00:00+00:00"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), tmp_path / "work")


def ran(lake: Lake, number: int, pipeline: str, status: Status = Status.OK, rows: int = 0) -> str:
    run_id = f"20260131T0{number}0000-aaaa"
    recorder = RunRecorder(lake.storage, run_id, pipeline=pipeline)
    recorder.start(as_of=AS_OF)
    recorder.add("table_landed", table="shop.items", rows_landed=rows)
    recorder.finish(status)
    return run_id


def found(lake: Lake) -> Any:
    built = find_built(lake, "daily", ["shop"])
    return built.run_ids if built else None


def test_a_build_is_gone_on_from_until_something_newer_counts(lake: Lake) -> None:
    assert found(lake) is None
    ran(lake, 1, "land shop", rows=5)
    built = ran(lake, 2, "build daily")
    assert found(lake) == (built,)
    ran(lake, 3, "land shop", rows=0)
    ran(lake, 4, "daily", Status.GATE_CLOSED)
    ran(lake, 5, "daily", Status.FAILED)
    assert found(lake) == (built,), "the gate may have been mended"


def test_what_has_landed_since_is_of_another_time(lake: Lake) -> None:
    ran(lake, 1, "build daily")
    ran(lake, 2, "land shop", rows=1)
    assert found(lake) is None


@pytest.mark.parametrize("status", [Status.OK, Status.UNCHANGED, Status.DEGRADED])
def test_a_build_is_published_once(lake: Lake, status: Status) -> None:
    ran(lake, 1, "build daily")
    ran(lake, 2, "daily", status)
    assert found(lake) is None


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNCHANGED, Status.GATE_CLOSED])
def test_a_build_that_made_nothing_is_none(lake: Lake, status: Status) -> None:
    ran(lake, 1, "build daily", status)
    assert found(lake) is None
