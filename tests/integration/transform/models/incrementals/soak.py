"""`just soak-incrementals`: the proof with many more seeds; what fails is shrunk and kept.

Exits 1 at the first seed that fails.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.integration.transform.models.conftest import RawLake
from tests.integration.transform.models.incrementals.histories import make_history
from tests.integration.transform.models.incrementals.keeping import keep_failures, kept_cases
from tests.integration.transform.models.incrementals.proof import prove


def main() -> int:
    """Prove seed after seed."""
    parser = argparse.ArgumentParser(prog="just soak-incrementals", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many [default: 20]")
    parser.add_argument("--first", type=int, default=1000, help="the first seed [default: 1000]")
    parser.add_argument("--histories", type=int, default=300, help="per seed [default: 300]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="buck-soak-") as folder:
        new_lake = _lakes(Path(folder))
        for seed in range(given.first, given.first + given.seeds):
            started = time.perf_counter()
            chance = random.Random(seed)
            histories = [*kept_cases(), *(make_history(chance) for _ in range(given.histories))]
            found = prove(new_lake(), histories, seed=seed)
            took = time.perf_counter() - started
            sys.stdout.write(f"seed {seed}: {len(found)} differences, {took:.0f} s\n")
            sys.stdout.flush()
            if found:
                for difference in found[:10]:
                    sys.stdout.write(f"  {difference}\n")
                for path in keep_failures(histories, found, new_lake):
                    sys.stdout.write(f"  kept as {path}\n")
                return 1
    return 0


def _lakes(folder: Path) -> Callable[[], RawLake]:
    (folder / "parsed").mkdir()
    numbers = iter(range(10**6))

    def new_lake() -> RawLake:
        own = folder / f"lake-{next(numbers)}"
        own.mkdir()
        return RawLake(own, folder / "parsed").start()

    return new_lake


if __name__ == "__main__":
    sys.exit(main())
