"""What is advised follows from figures, and nothing is advised that is not worth it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.flow.saving import find_savings
from buck.project.settings import Performance
from buck.records.cost import Builds, CostReport, ModelCost, StepCost
from buck.records.upkeep import Compaction, TableUsage, Usage

AT = datetime(2026, 1, 1, tzinfo=UTC)


def report(**parts: Any) -> CostReport:
    usage = Usage(AT, tuple(parts.pop("tables", ())))
    whole = {"models": (), "steps": (), "builds": Builds()} | parts
    return CostReport(usage, **whole)


def model(name: str, seconds: float, **facts: Any) -> ModelCost:
    told = {"materialized": "table", "builds": 2, "reads_bytes": 1_000} | facts
    return ModelCost(
        name, seconds=2 * seconds, longest_seconds=seconds, last_seconds=seconds, **told
    )


def advice(found: CostReport, *merges: Compaction, **settings: Any) -> dict[str, str]:
    return {s.about: s.next for s in find_savings(found, merges, Performance(**settings))}


def test_a_slow_model_that_is_built_whole_should_be_incremental() -> None:
    models = (model("fct_big", 60), model("fct_grown", 60, materialized="incremental"))
    small = (model("dim_small", 0.2),)
    found = advice(report(models=models + small))
    assert list(found) == ["fct_big"]
    assert "incremental" in found["fct_big"]
    assert advice(report(models=small)) == {}, "half a second a day is nobody's trouble"


def test_a_model_that_is_a_small_part_of_the_time_is_left_alone() -> None:
    models = (model("fct_giant", 900, materialized="incremental"), model("dim_some", 6))
    assert advice(report(models=models)) == {}


@pytest.mark.parametrize(("limit", "is_told"), [(None, True), ("2GB", True), ("8GB", False)])
def test_more_bytes_than_memory_ask_for_memory(limit: str | None, is_told: bool) -> None:
    models = (model("fct_wide", 60, materialized="incremental", reads_bytes=5_000_000_000),)
    found = advice(report(models=models), memory_limit=limit)
    assert ("memory_limit" in found.get("fct_wide", "")) is is_told


def test_small_files_and_files_nobody_reads_are_told() -> None:
    merge = Compaction("shop.items", 40, 1, 4_000, None, 40, 40)
    tables = [
        TableUsage("shop.items", "raw", 40, 4_000, 90_000_000, pinned_bytes=10_000_000),
        TableUsage("shop.kept", "raw", 40, 4_000, 90_000_000, pinned_bytes=80_000_000),
    ]
    told = [s.next for s in find_savings(report(tables=tables), [merge], Performance())]
    assert told == ["buck lake compact shop.items", "buck lake vacuum"]


def test_builds_from_nothing_are_only_a_habit_if_most_are() -> None:
    steps = (StepCost("build candidates", 4, 120.0, 40.0),)
    assert "lake/.buck" in advice(report(steps=steps, builds=Builds(4, 3)))["build candidates"]
    assert advice(report(steps=steps, builds=Builds(4, 2))) == {}
    assert advice(report(steps=steps, builds=Builds(2, 2))) == {}


def test_sources_that_wait_for_each_other_could_land_at_once() -> None:
    steps = (StepCost("land a", 2, 60.0, 40.0), StepCost("land b", 2, 60.0, 40.0))
    alone = advice(report(steps=steps), max_parallel_sources=1)
    assert "max_parallel_sources" in alone["landing"]
    assert advice(report(steps=steps)) == {}
    building = (*steps, StepCost("build candidates", 2, 300.0, 200.0))
    assert advice(report(steps=building), max_parallel_sources=1) == {}
