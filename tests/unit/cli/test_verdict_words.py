"""What is said of checks: in the singular, and the failed ones first and whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.cli.quality import show_report
from buck.cli.run import show_blocking
from buck.records.quality import Check, CheckResult, QualityReport

NAME = "primary_key_agg_monthly_acquisition_acquisition_month__channel"


def report(*outcomes: Any) -> QualityReport:
    results = [
        CheckResult(
            Check(f"{NAME}_{number}", "fct", "finance", "dbt", "validity"),
            outcome,
            value=number,
            message="too few to judge" if outcome == "unjudged" else "",
        )
        for number, outcome in enumerate(outcomes)
    ]
    return QualityReport(datetime(2026, 1, 1, tzinfo=UTC), tuple(results))


@pytest.mark.parametrize(
    ("failed", "said"),
    [(1, "1 check keeps the gate closed:"), (2, "2 checks keep the gate closed:")],
)
def test_what_keeps_the_gate_closed_is_counted(capsys: Any, failed: int, said: str) -> None:
    show_blocking(report(*["failed"] * failed, "passed"))
    told = capsys.readouterr().err
    assert told.splitlines()[0] == said
    assert told.count(NAME) == failed


@pytest.mark.parametrize(
    ("waiting", "said"), [(1, "· 1 check is not judged yet"), (2, "· 2 checks are not judged yet")]
)
def test_what_is_not_judged_is_counted(capsys: Any, waiting: int, said: str) -> None:
    show_report(report("passed", *["unjudged"] * waiting))
    assert f"{said}: too few to judge" in capsys.readouterr().err


def test_much_that_passed_is_counted_on_a_terminal_and_listed_elsewhere(
    capsys: Any, monkeypatch: Any
) -> None:
    found = report(*["passed"] * 50, "warned", "failed")
    show_report(found)
    assert capsys.readouterr().out.count(NAME) == 52
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    show_report(found)
    told = capsys.readouterr()
    assert told.out.count(NAME) == 2
    assert "· 50 checks passed" in told.err
