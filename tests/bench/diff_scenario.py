"""Comparing two large tables of which a hundred rows differ, beside only reading them."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator

from tests.bench.measure import Result
from tests.bench.postgres_scenario import said
from tests.bench.scenarios import Bench

TIMES = 10
"""So many rows for each that `--rows` asks for: ten million by default."""


def measure_diff(bench: Bench) -> Iterator[Result]:
    """Rounds are interleaved and ratios taken within one, so that a busy minute cancels out."""
    rows = bench.rows * TIMES
    folder = bench.folder / "diff"
    folder.mkdir()
    command = (sys.executable, "-m", "tests.bench.diff")
    bench.once(*command, "make", str(rows), folder=folder)
    names = {
        "scan": "scan both once, inside of DuckDB",
        "deliver": "scan both once, rows handed over",
        "compare": "diff of 100 changed rows",
        "figures": "the same, with sums and keys",
    }
    results = {way: Result(f"2 × {rows:,} rows: {name}") for way, name in names.items()}
    for _ in range(bench.runs):
        for way, result in results.items():
            result.runs.append(said(bench.once(*command, way, str(rows), folder=folder)))
    for way in ("compare", "figures"):
        inside, handed = (_ratio(results[way], results[other]) for other in ("scan", "deliver"))
        results[way].ratio = inside
        results[way].relative_to = f"scan inside of DuckDB ({handed:.2f} × rows handed over)"
    results["compare"].aim_ratio = 3.0
    yield from results.values()


def _ratio(result: Result, other: Result) -> float:
    pairs = zip(result.runs, other.runs, strict=True)
    return statistics.median(mine.wall_s / theirs.wall_s for mine, theirs in pairs)
