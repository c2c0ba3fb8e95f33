"""Buck's own models, all of them, promoted to the BigQuery emulator: `just soak-whole-bigquery`.

Twice: the second time after twelve more days of the company, by what its incremental models merge.
What the emulator cannot run is worked around as in `test_bigquery`, before anything is published.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import MakeProject
from tests.integration.warehouses import test_bigquery_promotion
from tests.integration.warehouses.test_bigquery import NO_COLUMN_LIST, WORKAROUNDS
from tests.integration.warehouses.test_bigquery_promotion import PROMOTE, Promoter
from tests.integration.warehouses.whole_project import (
    ADDED_TO,
    HOUR_S,
    added_to,
    promoted_twice,
    published,
)
from tests.scratch import Scratch

emulator = test_bigquery_promotion.emulator
CATALOG_CHECK = "Columns that others rely on are there"
"""Of raw tables they are not asked: a question about a dataset's columns becomes a list of all of
them in the emulator, which takes its parser a minute where there are a thousand."""


@pytest.fixture
def project(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scratch]:
    made = make_project("whole")
    for name, edits in WORKAROUNDS.items():
        for old, new in edits.items():
            made.edit(f"transform/macros/portable/{name}", old, new)
    (made.root / "transform/macros/emulator.sql").write_text(NO_COLUMN_LIST)
    leave_out_slow_checks(made)
    with published(made, tmp_path / "sandbox", monkeypatch):
        yield made


def leave_out_slow_checks(project: Scratch) -> None:
    left_out = 0
    for file in (project.root / "transform" / "checks" / "raw").glob("*.yml"):
        content = yaml.safe_load(file.read_text())
        for table, checks in content.items():
            kept = [
                check
                for check in checks
                if not isinstance(check, dict)
                or check.get("schema", {}).get("name") != CATALOG_CHECK
            ]
            left_out += len(checks) - len(kept)
            content[table] = kept
        file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    assert left_out == 17


@pytest.mark.timeout(2 * HOUR_S)
def test_every_mart_is_promoted_twice(
    project: Scratch, emulator: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = Promoter(project, emulator, "")
    told = promoted_twice(lambda: there.buck(*PROMOTE, "--json"), project, tmp_path / "sandbox")
    merged = added_to(project, "bigquery", "merge into")
    told.append(f"{len(merged)} models merged: {', '.join(sorted(merged))}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert merged == ADDED_TO
