"""Failing histories, shrunk and kept as small JSON cases that every later proof replays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.integration.transform.models.conftest import RawLake
from tests.integration.transform.models.incrementals.histories import History, from_json, to_json
from tests.integration.transform.models.incrementals.proof import Difference, prove, shrink

CASES = Path(__file__).parent / "cases"


def kept_cases() -> list[History]:
    """All cases, in the order of their names."""
    cases = [json.loads(path.read_text()) for path in sorted(CASES.glob("*.json"))]
    return [from_json(case["versions"]) for case in cases]


def keep_failures(
    histories: Sequence[History],
    differences: Sequence[Difference],
    new_lake: Callable[[], RawLake],
    *,
    folder: Path = CASES,
    most: int = 3,
) -> list[Path]:
    """Shrink some of the histories that failed and write them down; gives the files.

    Args:
        histories: All that went through the lake.
        differences: What `prove` found.
        new_lake: Makes an empty lake; shrinking spends up to a dozen for each history.
        folder: Where cases are kept.
        most: How many histories to shrink.
    """

    def fails(candidates: Sequence[History]) -> list[bool]:
        owners = {d.owner for d in prove(new_lake(), candidates)}
        return [number in owners for number in range(len(candidates))]

    files = []
    for owner in sorted({d.owner for d in differences if d.owner is not None})[:most]:
        found = [d for d in differences if d.owner == owner]
        small = shrink(histories[owner], fails)
        case = {
            "mart": found[0].table,
            "finding": found[0].finding,
            "versions": to_json(small),
        }
        text = json.dumps(case, indent=1) + "\n"
        name = f"{found[0].table.split('.')[-1]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(text)
        files.append(folder / f"{name}.json")
    return files
