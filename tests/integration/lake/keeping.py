"""A project around a bench's lake, for tests of upkeep."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from buck.names import RawTable
from tests.scratch import Scratch

ITEMS = RawTable("shop", "items")
LONG_AGO = time.time() - 9 * 86400


def place_at(bench: Any, home: Path, *lines: str) -> Scratch:
    """A project whose lake is the bench's."""
    root = bench.folder / "project"
    root.mkdir(parents=True, exist_ok=True)
    (root / ".buck.yml").write_text(
        f"version: 1\nlake:\n  root: {bench.root}\n"
        + "".join(f"  {line}\n" for line in lines)
        + f"sources:\n  shop:\n    type: files\n    format: {bench.format}\n"
    )
    access = getattr(bench.bucket, "access", None)
    env = {}
    if access is not None:
        env = {
            "AWS_ENDPOINT_URL": access.endpoint,
            "AWS_ACCESS_KEY_ID": access.key_id,
            "AWS_SECRET_ACCESS_KEY": access.secret,
        }
    return Scratch(root, home, env)


EAGER = ("compaction: { min_files: 4 }", "retention: { raw: 0s }")


def land_many(bench: Any, loads: int, *, first: int = 0) -> None:
    for n in range(first, first + loads):
        bench.land([{"id": n, "name": f"item {n}"}, {"id": 0, "name": f"v{n}"}], id=n)


def folder_of(bench: Any) -> Path:
    return Path(bench.root) / "raw" / "shop" / "items"


def damages(place: Scratch, *args: str, code: int = 1) -> list[dict[str, Any]]:
    told = place.buck("lake", "verify", *args, "--json").expect(code).json
    assert told["is_whole"] == (code == 0)
    return [damage for table in told["tables"] for damage in table["damages"]]
