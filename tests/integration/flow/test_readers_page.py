"""What docs/how-to/read-the-marts.md tells a notebook to type gives the published rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.house.readme import read_fences, read_named_blocks

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "read-the-marts.md"
BLOCKS = read_named_blocks(PAGE)


def test_every_python_block_of_the_page_is_run() -> None:
    assert [body for kind, body in read_fences(PAGE) if kind == "python"] == list(BLOCKS.values())


@pytest.mark.parametrize("name", BLOCKS)
def test_every_way_to_read_gives_the_published_rows(published: Any, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS[name]],
        cwd=published.root,
        env={**os.environ, "HOME": str(published.home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(published.marts), read_only=True) as marts:
        found = marts.sql("select count(*) from marts.finance.fct_payments").fetchone()
    assert found is not None
    assert found[0] > 0
    assert done.stdout.split()[-1] == str(found[0])
    if name in ("duckdb", "buck"):
        assert f"{published.snapshot()['number']:06d}" in done.stdout
