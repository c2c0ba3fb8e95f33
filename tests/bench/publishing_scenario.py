"""Publishing payments and reading them, beside a plain copy of the build database."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator

from tests.bench.measure import Once, Result
from tests.bench.scenarios import Bench


def measure_publishing(bench: Bench) -> Iterator[Result]:
    """What a publish costs, what a reader pays afterwards, and what one waits meanwhile."""
    folder = bench.folder / "publishing"
    folder.mkdir()
    command = (sys.executable, "-m", "tests.bench.publishing", str(bench.rows), str(bench.runs))
    told = json.loads(bench.once(*command, folder=folder).output.splitlines()[-1])
    results = {
        name: _result(f"{bench.rows:,} payments: {name}", s) for name, s in told["seconds"].items()
    }
    changed = results["publish 1 %"]
    changed.aim_s = 2.0
    changed.relative_to = "plain copy of the build database"
    changed.ratio = _ratio(told["seconds"], "publish 1 %", "plain copy")
    reading = results["read marts"]
    reading.relative_to = "the build database"
    reading.ratio = _ratio(told["seconds"], "read marts", "read build")
    reading.aim_ratio = 1.1
    yield from results.values()
    waiting = _result("a reader's wait while marts are published and rolled back", told["waits"])
    waiting.aim_s = 0.1
    yield waiting


def _result(name: str, seconds: list[float]) -> Result:
    return Result(name, [Once(s, 0.0, 0.0, "") for s in seconds])


def _ratio(seconds: dict[str, list[float]], name: str, beside: str) -> float:
    """Per round, so that a busy minute cancels out."""
    pairs = zip(seconds[name], seconds[beside], strict=True)
    return statistics.median(one / other for one, other in pairs)
