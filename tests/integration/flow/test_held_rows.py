"""Rows that a check holds stay out of the mart and of everything that reads it, until released."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from buck.flow.publishing import publish_again
from buck.flow.quarantine import Wanted, list_held, replay_held
from buck.flow.rebuilding import rebuild_snapshot
from buck.flow.run import RunOptions, run_pipeline
from buck.project import open_project
from buck.records.quarantine import HeldStatus

CHECK = "transform/checks/finance/fct_payments.yml"
RULE = "Nobody is asked for nothing"


@dataclass
class Tale:
    """What each step gave, and what plain DuckDB read after it."""

    scratch: Any
    steps: dict[str, Any] = field(default_factory=dict)
    reads: dict[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> Any:
        return open_project(self.scratch.root)

    def tell(self, name: str, done: Any) -> None:
        self.steps[name] = done
        self.reads[name] = {
            "dear": self.scratch.rows(
                "select charge_id from finance.fct_payments where amount > 20000 order by all"
            ),
            "payments": self.scratch.rows("select count(*) from finance.fct_payments")[0][0],
            "wide": self.scratch.rows("select count(*) from finance.finance_payments")[0][0],
            "difference": self.scratch.rows(
                "select * from (select currency, sum(gross_amount) from finance.fct_payments "
                "where is_paid group by 1) except "
                "(select currency, sum(gross_amount) from finance.agg_monthly_revenue group by 1)"
            ),
        }


@pytest.fixture(scope="module")
def tale(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Tale:
    """Too many rows; then a higher limit, judged again; one released; built again."""
    scratch = published.copy(tmp_path_factory.mktemp("held") / "project")
    scratch.connect(published.work / "sandbox")
    tale = Tale(scratch)
    tale.tell("before", None)
    scratch.edit(
        CHECK,
        "fail condition: amount <= 0\n      attributes: { ",
        "fail condition: amount > 20000\n"
        "      attributes: { on_fail: quarantine, max_rows: 3, max_share: 0, ",
    )
    tale.tell("too many", run_pipeline(tale.project, None, RunOptions()))
    tale.steps["nothing stored"] = list_held(tale.project)
    scratch.edit(CHECK, "max_rows: 3", "max_rows: 200")
    tale.tell("held", publish_again(tale.project))
    tale.steps["stored"] = list_held(tale.project, source="marts")
    one = tale.steps["stored"][0]
    replay_held(tale.project, Wanted(ids=(one.id,)), release=True, reason="asked the customer")
    tale.tell("released", publish_again(tale.project))
    return tale


def test_more_rows_than_may_be_held_close_the_gate(tale: Tale) -> None:
    red = tale.steps["too many"]
    assert (red.exit_code, red.published) == (3, False)
    (blocking,) = red.report.blocking
    assert blocking.check.name == RULE
    assert "more than may be held" in blocking.message
    assert tale.steps["nothing stored"] == []
    assert tale.reads["too many"] == tale.reads["before"]


def test_held_rows_are_out_of_the_mart_and_of_all_that_reads_it(tale: Tale) -> None:
    before, after = tale.reads["before"], tale.reads["held"]
    stored = tale.steps["stored"]
    assert len(before["dear"]) > 3
    assert after["dear"] == []
    assert after["payments"] + len(stored) == before["payments"], "nothing is lost"
    assert after["wide"] == after["payments"]
    assert after["difference"] == before["difference"] == []
    result = tale.steps["held"]
    assert [r.check.name for r in result.report.warnings if r.check.on_fail == "quarantine"] == [
        RULE
    ]
    assert result.snapshot.held["finance.fct_payments"]["rows"] == len(stored)
    (candidates,) = tale.scratch.buck(
        "query", "--candidate", "select count(*) as n from finance.fct_payments", "--json"
    ).json
    assert candidates["n"] == before["payments"], "the candidates keep every row"


def test_a_held_row_says_which_check_holds_it_and_what_it_was(tale: Tale) -> None:
    import orjson

    charges = {orjson.loads(record.key)["charge_id"] for record in tale.steps["stored"]}
    assert charges == {charge for (charge,) in tale.reads["before"]["dear"]}
    one = tale.steps["stored"][0]
    assert (one.stage, one.table, one.status) == ("check", "finance.fct_payments", "pending")
    assert RULE in one.rule
    assert "amount > 20000" in one.reason
    assert one.load_id == tale.steps["too many"].run_id, "the run that built it"
    row = orjson.loads(one.raw)
    assert row["amount"] > 20000
    assert row["charge_id"] == orjson.loads(one.key)["charge_id"]


def test_a_released_row_comes_back_with_the_next_publish(tale: Tale) -> None:
    one, *others = tale.steps["stored"]
    assert tale.steps["released"].status == "ok"
    after, held = tale.reads["released"], tale.reads["held"]
    assert [charge for (charge,) in after["dear"]] == [one.key.split('"')[3]]
    assert after["payments"] == after["wide"] == held["payments"] + 1
    assert after["difference"] == []
    pending = list_held(tale.project, status=HeldStatus.PENDING)
    assert {r.id for r in pending} == {r.id for r in others}


def test_a_run_with_nothing_new_leaves_held_rows_where_they_are(tale: Tale) -> None:
    done = run_pipeline(tale.project, None, RunOptions())
    assert (done.status, done.snapshot.number) == (
        "unchanged",
        tale.steps["released"].snapshot.number,
    )


def test_the_snapshot_is_built_again_without_the_rows_it_left_out(tale: Tale) -> None:
    """Those of that time: one of them has been released since."""
    rebuilt = rebuild_snapshot(tale.project, tale.steps["held"].snapshot.number)
    assert [t.table for t in rebuilt.tables if not t.is_equal] == []
    rows = {t.table: t.rows_rebuilt for t in rebuilt.tables}
    assert rows["finance.fct_payments"] == tale.reads["held"]["payments"]
