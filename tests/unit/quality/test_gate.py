"""The report, the gate and its key."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from buck.errors import ConfigError, GateClosed
from buck.names import TableRef
from buck.quality import approve, approve_as, report
from buck.records.build import BuildResult, NodeResult
from buck.records.quality import Approval, Check, CheckResult, QualityReport
from buck.records.rows import FailingRows

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def answer(outcome="passed", *, name="row_count > 0", table="fct_payments", **facts):
    check = Check(name=name, table=table, schema="finance", engine="soda", dimension="completeness")
    return CheckResult(check=check, outcome=outcome, **facts)


def node(status, *, kind="test", **facts):
    return NodeResult(
        unique_id=f"{kind}.shop.t",
        name="unique_payment_id",
        kind=kind,
        status=status,
        table="fct_payments",
        schema="finance",
        **facts,
    )


def built(*nodes):
    return BuildResult(command="build", success=True, nodes=nodes, seconds=1.0)


def test_a_green_report_gives_the_key():
    key = approve(report(None, [answer(), answer("warned", name="b")], as_of=AS_OF, run_id="r1"))
    assert (key.run_id, key.at, key.approved_by, key.is_override) == ("r1", AS_OF, "gate", False)
    assert key.counts == {"passed": 1, "warned": 1, "failed": 0, "errored": 0, "unjudged": 0}
    assert key.overridden == ()


@pytest.mark.parametrize("outcome", ["failed", "errored"])
def test_a_red_report_closes_the_gate_and_names_what_blocks(outcome):
    red = report(None, [answer(), answer(outcome, name="no orphans", failures=7)], as_of=AS_OF)
    assert not red.passed
    with pytest.raises(GateClosed, match=r"finance\.fct_payments no orphans .*7 rows") as caught:
        approve(red)
    assert caught.value.exit_code == 3
    assert caught.value.hint == "buck quality check fct_payments"


def test_a_report_without_any_check_does_not_open_the_gate():
    empty = report(None, [], as_of=AS_OF)
    assert not empty.passed
    with pytest.raises(GateClosed, match="nothing was checked"):
        approve(empty)


def test_a_named_person_with_a_reason_can_override_and_it_shows():
    red = report(None, [answer("failed", name="no orphans")], as_of=AS_OF)
    key = approve_as(red, name="Ann", reason="known late feed")
    assert (key.is_override, key.approved_by, key.reason) == (True, "Ann", "known late feed")
    assert key.overridden == ("soda:finance.fct_payments:no orphans",)
    assert json.loads(json.dumps(key.to_dict()))["overridden"] == list(key.overridden)


@pytest.mark.parametrize(("name", "reason"), [("", "x"), ("Ann", "  "), ("gate", "x")])
def test_an_override_without_a_name_or_reason_is_refused(name, reason):
    with pytest.raises(ConfigError, match="name and a reason"):
        approve_as(report(None, [answer("failed")], as_of=AS_OF), name=name, reason=reason)


def test_an_approval_cannot_be_made_copied_or_changed_outside_the_gate():
    with pytest.raises(GateClosed):
        Approval(report_id="x", run_id="r", at=AS_OF, counts={})
    key = approve(report(None, [answer()], as_of=AS_OF))
    with pytest.raises(GateClosed):
        replace(key, report_id="another")
    with pytest.raises(FrozenInstanceError):
        key.report_id = "another"


def test_dbt_tests_and_soda_checks_are_merged_with_what_blocks_first():
    build = built(
        node("passed"),
        node("failed", failures=2, column="payment_id", message="Got 2 results"),
        node("warned"),
        node("skipped"),
        node("ok", kind="model"),
    )
    merged = report(build, [answer("failed", name="a"), answer()], as_of=AS_OF)
    assert [r.outcome for r in merged.results] == [
        "failed",
        "failed",
        "errored",
        "warned",
        "passed",
        "passed",
    ]
    assert merged.counts == {"passed": 2, "warned": 1, "failed": 2, "errored": 1, "unjudged": 0}
    assert len(merged.blocking) == 3
    assert len(merged.warnings) == 1
    assert {r.check.engine for r in merged.blocking} == {"dbt", "soda"}


def test_a_skipped_test_has_given_no_answer_and_blocks():
    merged = report(built(node("skipped")), [answer()], as_of=AS_OF)
    assert not merged.passed
    assert "above it failed" in merged.blocking[0].message


def test_tables_without_any_check_are_listed():
    tables = [TableRef("finance", "fct_payments"), TableRef("core", "dim_date")]
    assert report(None, [answer()], as_of=AS_OF, tables=tables).unchecked == ("core.dim_date",)


def test_a_report_survives_json():
    rows = FailingRows.of(["a", "email"], [(1.5, "x"), (None, "y")], personal={"email"})
    original = report(
        built(node("failed", failing_rows=rows)),
        [answer("failed", value=3, failing_rows=rows, failures=3, sql="select 1")],
        as_of=AS_OF,
        tables=[TableRef("core", "dim_date")],
        run_id="r1",
    )
    again = QualityReport.from_dict(json.loads(json.dumps(original.to_dict())))
    assert again == original
    assert again.id == original.id


def test_the_report_id_changes_with_the_content():
    assert (
        report(None, [answer()], as_of=AS_OF).id
        == report(None, [answer()], as_of=AS_OF).id
        != report(None, [answer("failed")], as_of=AS_OF).id
    )
