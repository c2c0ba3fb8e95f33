"""Buck's own models, all of them, promoted to the BigQuery emulator: `just soak-whole-bigquery`.

Twice: the second time after twelve more days of the company, by what its incremental models merge.
What the emulator cannot run is worked around as in `test_bigquery`, before anything is published.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from buck import sandbox
from tests import scratch
from tests.conftest import MakeProject
from tests.integration.warehouses import test_bigquery_promotion
from tests.integration.warehouses.test_bigquery import NO_COLUMN_LIST, WORKAROUNDS
from tests.integration.warehouses.test_bigquery_promotion import PROMOTE, Promoter
from tests.scratch import Scratch

emulator = test_bigquery_promotion.emulator
HOUR_S = 3_600.0
MERGED = {
    "fct_balance_transactions",
    "fct_invoice_lines",
    "fct_invoices",
    "fct_orders",
    "fct_payments",
    "finance_payments",
    "sales_orders",
    "stg_app__order_items",
    "stg_app__orders",
    "stg_stripe__balance_transactions",
    "stg_stripe__charges",
    "stg_stripe__invoice_line_items",
    "stg_stripe__invoices",
}
CATALOG_CHECK = "Columns that others rely on are there"
"""Of raw tables they are not asked: a question about a dataset's columns becomes a list of all of
them in the emulator, which takes its parser a minute where there are a thousand."""


@pytest.fixture
def project(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scratch]:
    """Connected to a company of its own, which stands at day 45."""
    monkeypatch.setattr(scratch, "TIMEOUT_S", HOUR_S)
    made = make_project("whole")
    for name, edits in WORKAROUNDS.items():
        for old, new in edits.items():
            made.edit(f"transform/macros/portable/{name}", old, new)
    (made.root / "transform/macros/emulator.sql").write_text(NO_COLUMN_LIST)
    leave_out_slow_checks(made)
    try:
        sandbox.up(tmp_path / "sandbox", customers=25, days=45)
        made.connect(tmp_path / "sandbox")
        made.buck("run").expect(0)
        yield made
    finally:
        sandbox.down(tmp_path / "sandbox", forget=True)


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
    first = promote(there)
    assert (first["promotion"], first["rows_loaded"] > 5_000) == ("000001", True)
    told = [said(first)]

    sandbox.advance(tmp_path / "sandbox", days=12)
    project.connect(tmp_path / "sandbox")
    project.buck("run").expect(0)
    second = promote(there)
    assert second["promotion"] == "000002"
    assert 0 < second["rows_loaded"] < first["rows_loaded"], "only what is new is sent"
    told.append(said(second))

    # The incremental models were added to, not built anew.
    run = project.work / "dbt" / "bigquery-promotion" / "run"
    merges = {
        file.stem
        for file in run.rglob("models/**/*.sql")
        if re.search(r"^\s*merge into ", file.read_text(), re.IGNORECASE | re.MULTILINE)
    }
    told.append(f"{len(merges)} models merged: {', '.join(sorted(merges))}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert merges == MERGED


def promote(there: Promoter) -> Any:
    """Equal to the row in every mart, and every check asked there has passed."""
    done = there.buck(*PROMOTE, "--json")
    assert done.code == 0, json.dumps(done.json, indent=1)[:6_000] if done.out else done.err
    receipt = done.json["receipt"]
    assert (receipt["is_equal"], receipt["proof"]) == (True, "emulated")
    assert {table["table"] for table in receipt["tables"]} == set(there.project.content())
    return done.json


def said(done: Any) -> str:
    marts = len(done["receipt"]["tables"])
    return f"{done['rows_loaded']:,} raw rows, checks {done['checks']}, {marts} marts equal"
