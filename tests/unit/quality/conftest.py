"""A quality report with everything in it, and texts that try to break out of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.records.check_card import Cause, Changes, CheckCard, Impact, Origin
from buck.records.freshness import FreshnessReport, FreshnessResult
from buck.records.quality import Check, CheckResult, QualityReport
from buck.records.quality_page import Past, QualityPage
from buck.records.rows import FailingRows

AT = datetime(2026, 2, 27, 2, 9, tzinfo=UTC)
EVIL = "<script>alert('x')</script> | \"&\x0b]]>"


def result(name: str, outcome: Any, table: str = "fct_payments", **own: Any) -> CheckResult:
    check = Check(
        name, table, "finance", "soda", "uniqueness", owner="finance", expected="row_count > 0"
    )
    return CheckResult(check, outcome, **own)


@pytest.fixture
def page() -> QualityPage:
    rows = FailingRows.of(["charge_id", "note"], [["ch_1", EVIL], ["ch_2", None]])
    results = (
        result(f"twice {EVIL}", "failed", failures=2, sql=f"select '{EVIL}'", failing_rows=rows),
        result("cannot run", "errored", message="no such column"),
        result("few", "warned", value=3),
        *(result(f"good {n}", "passed", value=0) for n in range(8)),
        result("all is well", "passed", table="dim_date"),
    )
    card = CheckCard(
        check=results[0].check.id,
        name=results[0].check.name,
        table="finance.fct_payments",
        owner="finance",
        dimension="uniqueness",
        severity="fail",
        expected="",
        run_id="20260227T020900-aa",
        pipeline="all",
        as_of=AT.isoformat(),
        outcome="failed",
        issue="2 rows break the rule",
        failures=2,
        truth="wrong",
        impact=(
            Impact("revenue", "usd", "12450.00", 1),
            Impact("revenue", "jpy", "-5000", 1),
            Impact("revenue", "eur", "0.50", 1),
        ),
        first_seen="20260227T020900-aa (2026-02-27 02:09 UTC)",
        last_seen="20260227T020900-aa (2026-02-27 02:09 UTC)",
        runs_failing=1,
        origins=(Origin("stripe.charges", "l1", "r1", "2026-02-27", 2, "0-1", ("raw/x.parquet",)),),
        sample=rows,
        upstream=("stripe.charges",),
        downstream=("finance.agg_monthly_revenue",),
        exposures=("Board dashboard",),
        changes=Changes("r0", "000002", AT.isoformat(), ("finance.fct_payments: 1 → 3 rows",)),
        cause=Cause("repeated_webhook", f"a repeated webhook {EVIL}", ("only id differs",)),
        state="held",
        state_text="held back; the next run at 2026-02-27 03:00 UTC judges again",
        readers="see snapshot 000002",
        next_run="2026-02-27T03:00:00+00:00",
        next_steps=("have stripe correct the 2 records, then: buck run", "buck trace x y"),
        notes=("2 of 3 rows were looked at",),
    )
    ages = (
        FreshnessResult("stripe", "source", "load", AT, 0, 7200, 14400, "fresh", "charges"),
        FreshnessResult("app", "source", "load", AT, 9000, 7200, 14400, "stale"),
        FreshnessResult("crm", "source", "load", None, None, 7200, 14400, "critical", "never"),
        FreshnessResult("core.dim_date", "mart", "event", None, None, 7200, 14400, "unknown"),
    )
    return QualityPage(
        project="shop",
        environment="dev",
        run_id="20260227T020900-aa",
        pipeline="all",
        status="gate_closed",
        started_at=AT,
        git="0123456789ab",
        snapshot="000002",
        snapshot_as_of=AT,
        report=QualityReport(AT, results, ("core.lonely",), "20260227T020900-aa"),
        layers={"finance.fct_payments": "marts", "finance.dim_date": "marts"},
        descriptions={"finance.fct_payments": f"One row per charge. {EVIL}"},
        cards=(card,),
        history={results[0].check.id: (Past("r1", "passed", 0), Past("r2", "failed", 2))},
        rows={"finance.fct_payments": (700, 711, 723)},
        freshness=FreshnessReport(AT, ages),
    )
