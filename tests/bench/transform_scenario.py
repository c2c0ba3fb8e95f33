"""The transform step beside plain DuckDB, and an incremental build beside a full one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from tests.bench.measure import Once, Result
from tests.bench.scenarios import Bench

FIXED_S = 1.5
"""What starting dbt may cost, whatever the size."""


def measure_transform(bench: Bench) -> Iterator[Result]:
    """Payments and four times as many order lines, built from nothing and after a change of 1 %."""
    project = bench.project("transform")
    ways = {
        "dbt": "models built by dbt",
        "sql": "the same SQL on DuckDB",
        "full": "built from nothing, by dbt",
        "checks": "all checks on that",
        "anomalies": "of these, anomaly checks",
        "increment": "built after 1 % of all rows changed",
        "increment new": "built after 1 % more rows",
    }
    results = {way: Result(f"{bench.rows:,} payments: {name}") for way, name in ways.items()}

    def once(way: str, *arguments: str) -> None:
        named = way.removesuffix(" new")
        command = (sys.executable, "-m", "tests.bench.transform", named, *arguments)
        output = bench.once(*command, folder=project).output
        if way in results:
            found = json.loads(output.splitlines()[-1])
            results[way].runs.append(Once(output=output, **found))

    once("prepare", str(bench.rows))
    for _ in range(min(bench.runs, 3)):
        once("dbt")
        once("sql")
    once("full")
    once("checks")
    once("anomalies")
    once("change")
    once("increment")
    once("arrive")
    once("increment new")
    straight, built = results["sql"].wall_s, results["dbt"].wall_s
    results["dbt"].relative_to = f"the SQL alone, less {FIXED_S} s"
    results["dbt"].ratio = max(built - FIXED_S, 0) / straight
    results["dbt"].aim_ratio = 1.15
    for way, aim in (("increment", 0.1), ("increment new", 0.1), ("checks", 0.25)):
        results[way].relative_to = "a full build"
        results[way].ratio = results[way].wall_s / results["full"].wall_s
        results[way].aim_ratio = aim
    results["anomalies"].aim_s = 0.3
    yield from results.values()
