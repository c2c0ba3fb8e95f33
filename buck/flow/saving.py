"""Rules that say what would cost less, from what is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from buck.project.settings import Performance
from buck.records.cost import CostReport, Saving
from buck.records.upkeep import Compaction

LONG_S: Final = 5.0
"""What takes no longer than this on the average is left alone."""
SHARE: Final = 0.1
"""Of the time of all models: what takes less is left alone, too."""
WASTE_BYTES: Final = 50_000_000
BUILDS: Final = 3
"""So few builds are no habit."""
UNITS: Final = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def find_savings(
    report: CostReport, merges: Sequence[Compaction], performance: Performance
) -> Iterator[Saving]:
    """What would cost less, and how; nothing where nothing is worth the trouble.

    Args:
        report: What is measured.
        merges: What compaction would do.
        performance: The project's sizes and limits.
    """
    yield from _models(report, performance.build_memory)
    yield from _habits(report, performance.max_parallel_sources)
    for merge in merges:
        yield Saving(
            merge.table,
            f"{merge.files_before} files, which could be {merge.files_after}: each is opened by "
            "every query that reads the table",
            f"buck lake compact {merge.table}",
        )
    for table in report.usage.tables:
        unread = table.stored_bytes - table.size_bytes - table.pinned_bytes
        if table.layer != "ledger" and unread > max(WASTE_BYTES, table.size_bytes):
            yield Saving(
                table.table,
                f"{unread:,} bytes are stored that neither the newest version nor a kept "
                "snapshot reads",
                "buck lake vacuum",
            )


def _models(report: CostReport, memory: str) -> Iterator[Saving]:
    total = sum(model.seconds for model in report.models)
    for model in report.models:
        is_slow = model.mean_seconds > LONG_S and model.seconds > SHARE * total
        if not is_slow:
            continue
        took = f"{model.mean_seconds:.1f} s a build, {model.seconds / total:.0%} of all models'"
        if model.materialized == "table":
            why = f"{took}: it is built whole each time"
            yield Saving(model.model, why, "make it incremental (docs/explanation/incremental.md)")
        limit = _bytes(memory)
        if limit and model.reads_bytes and model.reads_bytes > limit:
            why = f"{took}: from scratch it reads {model.reads_bytes:,} bytes, and has {memory}"
            yield Saving(model.model, why, "set performance.memory_limit in .buck.yml")


def _habits(report: CostReport, at_once: int) -> Iterator[Saving]:
    builds = report.builds
    by_step = {step.step: step for step in report.steps}
    building = by_step.get("build candidates")
    is_habit = builds.times >= BUILDS and builds.from_scratch * 2 > builds.times
    if building and is_habit and building.mean_seconds > LONG_S:
        yield Saving(
            building.step,
            f"{builds.from_scratch} of {builds.times} builds began from nothing, because a model "
            "had changed or lake/.buck was new",
            "keep lake/.buck between runs, on the machine or in the CI's cache",
        )
    landing = [step for step in report.steps if step.step.startswith("land ")]
    spent = sum(step.seconds for step in landing)
    mean = spent / max((step.times for step in landing), default=1)
    if len(landing) > 1 and at_once == 1 and mean > LONG_S:
        rest = sum(s.seconds for s in report.steps if s.step in ("build candidates", "publish"))
        if spent > rest:
            yield Saving(
                "landing",
                f"{len(landing)} sources land one after another and take longer than building",
                "set performance.max_parallel_sources in .buck.yml",
            )


def _bytes(limit: str) -> float | None:
    found = re.fullmatch(r"\s*([\d.]+)\s*([KMGT])i?B\s*", limit, re.IGNORECASE)
    return float(found[1]) * UNITS[found[2].upper()] if found else None
