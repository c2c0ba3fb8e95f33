"""A pipeline whose warnings close the gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WARNS = """-- name: Nobody has ever paid
-- dimension: validity
-- severity: warn
-- owner: finance
select * from fct_payments
"""
PIPELINE = "  customer_360:\n"
STRICT = "  customer_360:\n    checks:\n      strict: [{}]\n"


def test_warnings_close_the_gate_of_a_strict_pipeline_alone(
    early: Any, copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(early)
    folder = project.root / "transform" / "checks" / "finance" / "fct_payments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nobody_pays.sql").write_text(WARNS)
    before = project.facts()

    project.edit(".buck.yml", PIPELINE, STRICT.format("finanse"))
    refused = project.buck("run", "customer_360").expect(2)
    assert "'finanse'" in refused.err
    assert "did you mean finance?" in refused.err
    assert project.facts() == before

    project.edit(".buck.yml", "finanse", "finance.fct_payments")
    closed = project.buck("run", "customer_360", "--json").expect(3).json
    [blocking] = closed["blocking"]
    assert (blocking["name"], blocking["severity"]) == ("Nobody has ever paid", "fail")
    assert blocking["failures"] > 0
    project.buck("publish").expect(3)
    told = project.buck("quality", "explain", "Nobody has ever paid").expect(0).out
    assert "no longer here" not in told, "what was judged again lies there still"
    assert project.facts() == before, "nothing of it is published"
    shown = project.buck("pipeline", "show", "customer_360").expect(0).out
    assert "finance.fct_payments" in shown

    told = project.buck("run", "--json").expect(0).json
    assert told["published"], "another pipeline only warns"
    assert project.facts() != before
