"""Promotion's first step, beside a bare COPY of the same rows."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator

from tests.bench.measure import IN_MB, Once, Result
from tests.bench.scenarios import Bench


def measure_promotion(bench: Bench) -> Iterator[Result]:
    """Rows of a raw table into PostgreSQL, in turns with COPY."""
    folder = bench.project("promotion")
    command = (sys.executable, "-m", "tests.bench.promotion", str(bench.rows), str(bench.runs))
    told = json.loads(bench.once(*command, folder=folder).output.splitlines()[-1])
    peak = told["peak"] / IN_MB
    bare, sent = (
        Result(
            f"{bench.rows:,} raw rows to PostgreSQL: {name}", [Once(s, 0.0, peak, "") for s in all_]
        )
        for name, all_ in told["seconds"].items()
    )
    pairs = zip(sent.runs, bare.runs, strict=True)
    # Per round, so that a busy minute cancels out.
    sent.ratio = statistics.median(one.wall_s / other.wall_s for one, other in pairs)
    sent.relative_to, sent.aim_ratio = "one bare COPY", 1.5
    yield from (bare, sent)
