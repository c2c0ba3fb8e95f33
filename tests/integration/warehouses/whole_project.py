"""Buck's own models, all of them, promoted twice: what the soaks on both emulators share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from buck import sandbox
from tests import scratch
from tests.scratch import Done, Scratch

HOUR_S = 3_600.0
ADDED_TO = {
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
"""The incremental models: a second promotion adds to them."""

Promote = Callable[[], Done]


@contextmanager
def published(project: Scratch, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scratch]:
    """The project is connected to a company of its own in the folder, published as of day 45."""
    monkeypatch.setattr(scratch, "TIMEOUT_S", HOUR_S)
    try:
        sandbox.up(folder, customers=25, days=45)
        project.connect(folder)
        project.buck("run").expect(0)
        yield project
    finally:
        sandbox.down(folder, forget=True)


def promoted_twice(promote: Promote, project: Scratch, company: Path) -> list[str]:
    """The second time after twelve more days of the company; gives what to tell of each."""
    first = promoted(promote, project)
    assert (first["promotion"], first["rows_loaded"] > 5_000) == ("000001", True)
    sandbox.advance(company, days=12)
    project.connect(company)
    project.buck("run").expect(0)
    second = promoted(promote, project)
    assert second["promotion"] == "000002"
    assert 0 < second["rows_loaded"] < first["rows_loaded"], "only what is new is sent"
    return [said(first), said(second)]


def promoted(promote: Promote, project: Scratch) -> Any:
    """Equal to the row in every mart, and every check asked there has passed."""
    done = promote()
    assert done.code == 0, json.dumps(done.json, indent=1)[:6_000] if done.out else done.err
    receipt = done.json["receipt"]
    assert (receipt["is_equal"], receipt["proof"]) == (True, "emulated")
    assert {table["table"] for table in receipt["tables"]} == set(project.content())
    return done.json


def said(done: Any) -> str:
    marts = len(done["receipt"]["tables"])
    return f"{done['rows_loaded']:,} raw rows, checks {done['checks']}, {marts} marts equal"


def added_to(project: Scratch, target: str, statement: str) -> set[str]:
    """The models that the last promotion added to by this statement, rather than built anew."""
    run = project.work / "dbt" / f"{target}-promotion" / "run"
    begins = re.compile(rf"^\s*{statement} ", re.IGNORECASE | re.MULTILINE)
    return {f.stem for f in run.rglob("models/**/*.sql") if begins.search(f.read_text())}
