"""The whole project promoted to the BigQuery emulator: `just soak-bigquery-promotion`.

The emulator keeps three decimals of a NUMERIC, so nine marts differ there, and the promotion must
refuse them: exactly those, in exactly the columns that `test_bigquery` names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.warehouses import test_bigquery_promotion
from tests.integration.warehouses.test_bigquery import NO_COLUMN_LIST, ROUNDED, WORKAROUNDS
from tests.integration.warehouses.test_bigquery_promotion import PROMOTE, Promoter

emulator, first = test_bigquery_promotion.emulator, test_bigquery_promotion.first


def test_all_marts_but_the_rounded_ones_are_equal(
    published: Any, emulator: Any, tmp_path: Path
) -> None:
    project = published.copy(tmp_path / "project")
    for name, edits in WORKAROUNDS.items():
        for old, new in edits.items():
            project.edit(f"transform/macros/portable/{name}", old, new)
    # Only there: DuckDB has the list of columns.
    macro = NO_COLUMN_LIST.replace("macro get_table", "macro bigquery__get_table")
    (project.root / "transform/macros/emulator.sql").write_text(macro)
    project.buck("run").expect(0)
    there = Promoter(project, emulator, "whole_")
    refused = there.buck(*PROMOTE, "--json").expect(3)
    done = json.loads(refused.out)
    assert done["blocking"] == [], done["blocking"]
    differing = {
        table["table"]: set(table["changed_columns"])
        for table in done["receipt"]["tables"]
        if table["changed"] or table["added"] or table["removed"]
    }
    assert differing == ROUNDED
    assert done["receipt"]["proof"] == "emulated"
    assert done["promotion"] is None


def test_an_account_is_tried_and_left_as_it_was(first: Any, emulator: Any, tmp_path: Path) -> None:
    there = Promoter(first.copy(tmp_path / "shop"), emulator, "")
    told = there.buck("promote", "verify-account", "--target", "bigquery").expect(0)
    assert "emulated: 5 of 5 marts equal to the row" in told.out
    left = [there.tables(f"buck_trial_{name}") for name in ("raw", "buck", "buck_marts", "finance")]
    assert left == [0, 0, 0, 0]
