"""A source that all but stops: every rule holds, and the ledger's own history tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buck import sandbox

SETTINGS = """
  anomaly:
    min_history: 2
    tables:
      finance.fct_invoices: { metrics: [] }
  freshness:
"""


@pytest.fixture(scope="module")
def weeks(make_project: Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the ledger's checks said week by week; in the last, Stripe tells of nothing new."""
    home: Path = tmp_path_factory.mktemp("weeks") / "sandbox"
    project = make_project("weeks")
    project.edit(".buck.yml", "\n  freshness:\n", SETTINGS)
    found = []
    try:
        sandbox.up(home, customers=60, days=20)
        for week in range(4):
            if week:
                sandbox.advance(home, days=7)
            project.connect(home)
            if week == 3:
                sandbox.set_faults(home, "stripe", {"late_s": 30 * 86_400})
            project.buck("run").expect(0)
            page = project.buck("quality", "report", "--format", "json").expect(0).json
            results = page["report"]["results"]
            found.append({r["id"]: r for r in results if r["engine"] == "ledger"})
    finally:
        sandbox.down(home, forget=True)
    return found


def test_too_little_history_judges_nothing_and_a_collapse_warns(
    weeks: list[dict[str, Any]],
) -> None:
    events = "ledger:raw.raw_stripe_events:As many rows as usual"
    payments = "ledger:finance.fct_payments:As many nulls as usual"
    assert [w[events]["outcome"] for w in weeks] == ["unjudged"] * 3 + ["warned"]
    assert weeks[2][events]["message"] == "1 of 2 days of history: too few to judge"
    assert [w[payments]["outcome"] for w in weeks] == ["unjudged"] * 2 + ["passed"] * 2
    collapse = weeks[3][events]
    assert (collapse["severity"], collapse["dimension"]) == ("warn", "completeness")
    assert "rows landed a day" in collapse["message"]
    assert "expected " in collapse["message"]
    assert "median " in collapse["message"]
    assert len(collapse["failing_rows"]["rows"]) == 3, "this week and the two before it"
    here, *before = [rows for _, rows in collapse["failing_rows"]["rows"]]
    assert here < min(before) / 2
    assert not any("fct_invoices" in check for check in weeks[3]), "switched off"
    warned = {r["table"] for r in weeks[3].values() if r["outcome"] == "warned"}
    assert not any("app" in table or "salesforce" in table for table in warned)
