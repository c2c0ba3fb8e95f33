"""`just bench`: measures and prints a table; the figures also go to build/bench.json.

Nothing here fails because something was slow: a busy machine is not a bug.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench.diff_scenario import measure_diff
from tests.bench.measure import Result, as_table
from tests.bench.postgres_scenario import measure_postgres
from tests.bench.promotion_scenario import measure_promotion
from tests.bench.publishing_scenario import measure_publishing
from tests.bench.scenarios import ROOT, SCENARIOS, Bench
from tests.bench.stripe_scenario import measure_stripe
from tests.bench.transform_scenario import measure_transform

ALL = {
    **SCENARIOS,
    "postgres": measure_postgres,
    "stripe": measure_stripe,
    "transform": measure_transform,
    "publishing": measure_publishing,
    "diff": measure_diff,
    "promotion": measure_promotion,
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("--only", choices=ALL, action="append", help="measure only these")
    parser.add_argument("--runs", type=int, default=5, help="how often [default: 5]")
    parser.add_argument(
        "--rows",
        type=int,
        default=1_000_000,
        help="payments to land; six times as many in PostgreSQL",
    )
    parser.add_argument("--quick", action="store_true", help="three runs, 200,000 payments")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    given = parser.parse_args()
    runs, rows = (3, 200_000) if given.quick else (given.runs, given.rows)
    load_before = os.getloadavg()[0]
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="buck-bench-") as folder:
        bench = Bench(Path(folder), runs, rows)
        for name in given.only or ALL:
            sys.stderr.write(f"measuring {name} …\n")
            results.extend(ALL[name](bench))
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "processors": os.cpu_count(),
        "load_before": round(load_before, 2),
        "load_after": round(os.getloadavg()[0], 2),
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": machine, "results": [r.to_dict() for r in results]}
    given.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{as_table(results)}\n\n")
    sys.stdout.write(", ".join(f"{key} {value}" for key, value in machine.items()) + "\n")
    sys.stdout.write(f"figures: {given.out}\n")


if __name__ == "__main__":
    main()
