"""What a person does with snapshots: look, go back, judge again, publish; and what runs then do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from buck.errors import ConfigError, GateClosed, TransformError
from buck.flow.publishing import Override, publish_again
from buck.flow.run import RunOptions, run_pipeline
from buck.flow.snapshots import list_snapshots, read_hold, roll_back
from buck.project import open_project

CHECK = "transform/checks/core/dim_date.yml"


@dataclass
class Tale:
    """What each step gave, and the ledger's kinds of events afterwards."""

    scratch: Any
    steps: dict[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> Any:
        return open_project(self.scratch.root)


@pytest.fixture(scope="module")
def tale(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Tale:
    """Rolled back, run, refused, forward again; then red by a wrong check, and judged again."""
    scratch = published.copy(tmp_path_factory.mktemp("tale") / "project")
    scratch.connect(published.work / "sandbox")
    tale = Tale(scratch)

    def tell(name: str, step: Any) -> None:
        try:
            tale.steps[name] = step()
        except (ConfigError, GateClosed, TransformError) as exc:
            tale.steps[name] = exc
        tale.steps[f"{name}: hold"] = read_hold(tale.project)
        tale.steps[f"{name}: list"] = [(k.snapshot.number, k.standing) for k in listed()]

    def listed() -> Any:
        return list_snapshots(tale.project)

    def run(**options: Any) -> Any:
        return run_pipeline(tale.project, None, RunOptions(**options))

    tell("back", lambda: roll_back(tale.project, reason="wrong rates"))
    tell("held run", run)
    tell("refused", lambda: publish_again(tale.project))
    tell("forward", lambda: roll_back(tale.project, 2))
    tell("too far back", lambda: roll_back(tale.project, 9))
    scratch.edit(CHECK, "duplicate_count(date_key) = 0", "duplicate_count(date_key) = 1")
    tell("red run", run)
    tell("still red", lambda: publish_again(tale.project))
    scratch.edit(CHECK, "duplicate_count(date_key) = 1", "duplicate_count(date_key) = 0")
    scratch.edit("transform/models/marts/core/dim_date.sql", "with\n", "with \n")
    tell("model edited", lambda: publish_again(tale.project))
    scratch.edit("transform/models/marts/core/dim_date.sql", "with \n", "with\n")
    tell("judged again", lambda: publish_again(tale.project))
    tell("nothing to publish", lambda: publish_again(tale.project))
    return tale


def test_snapshots_tell_what_they_were_built_from(published: Any) -> None:
    newest, first = published.buck("snapshots", "--json").expect(0).json
    assert (newest["standing"], first["standing"]) == ("current", "earlier")
    assert (newest["previous"], first["previous"]) == (1, None)
    runs = {r["run_id"]: r["snapshot"] for r in published.runs()}
    assert runs[newest["run_id"]] == newest["id"]
    assert newest["approval"]["approved_by"] == "gate"
    assert set(newest["verdicts"].values()) == {"passed", "unjudged"}
    counts = newest["approval"]["counts"]
    assert len(newest["verdicts"]) == counts["passed"] + counts["unjudged"]
    assert newest["lake_versions"]["stripe.charges"] > first["lake_versions"]["stripe.charges"]
    assert {"fct_payments", "stg_stripe__charges"} <= set(newest["model_hashes"])
    assert {"duckdb", "dbt-core", "buck-lakehouse"} <= set(newest["packages"])
    assert newest["rows"] == {f"{t['schema']}.{t['name']}": t["rows"] for t in tables(published)}
    done = published.buck("snapshots").expect(0)
    shown = done.out
    assert [line.split()[1] for line in shown.splitlines() if "→" in line] == [newest["id"]]
    assert f"next: buck rollback --to {first['id']}" in done.err


def tables(project: Any) -> Any:
    return project.snapshot()["tables"]


def test_a_run_after_a_rollback_waits_for_a_person(tale: Tale) -> None:
    assert tale.steps["back"].number == 1
    assert tale.steps["back: hold"].withdrawn == (2,)
    assert tale.steps["back: list"] == [(2, "withdrawn"), (1, "current")]
    held = tale.steps["held run"]
    assert (held.exit_code, held.published, held.snapshot.number) == (3, False, 1)
    assert held.hold.reason == "wrong rates"
    assert held.models_built == 0, "the withdrawn state is not even built again"
    assert tale.steps["held run: list"] == tale.steps["back: list"]


def test_what_was_withdrawn_is_not_published_by_repeating_the_command(tale: Tale) -> None:
    assert isinstance(tale.steps["refused"], GateClosed)
    assert "buck rollback --to 000002" in tale.steps["refused"].hint
    assert tale.steps["forward"].number == 2
    assert tale.steps["forward: hold"] is None
    assert isinstance(tale.steps["too far back"], ConfigError)


def test_candidates_are_published_once_the_wrong_check_is_corrected(tale: Tale) -> None:
    red = tale.steps["red run"]
    assert (red.exit_code, red.hold) == (3, None)
    assert [r.check.table for r in red.report.blocking] == ["dim_date"]
    assert tale.steps["still red"].exit_code == 3
    assert isinstance(tale.steps["model edited"], TransformError)
    judged = tale.steps["judged again"]
    assert (judged.status, judged.snapshot.number, judged.snapshot.previous) == ("ok", 3, 2)
    assert judged.snapshot.run_id == red.run_id, "a snapshot names the run that built it"
    assert tale.steps["nothing to publish"].status == "unchanged"


def test_the_ledger_tells_who_went_back_and_why(tale: Tale) -> None:
    runs = tale.scratch.runs()
    told = [(r["pipeline"], r["status"], r["snapshot"]) for r in reversed(runs)]
    first = told.index(("rollback", "ok", "000001"))
    assert told[first : first + 6] == [
        ("rollback", "ok", "000001"),
        ("all", "gate_closed", ""),
        ("rollback", "ok", "000002"),
        ("all", "gate_closed", ""),
        ("publish", "gate_closed", ""),
        ("publish", "ok", "000003"),
    ]
    events = tale.scratch.buck("pipeline", "logs", "rollback", "--json").expect(0).json
    back = [e["facts"] for e in events if e["kind"] == "rolled_back"]
    told = [(f["before"], f["reason"]) for f in back[:2]]
    assert told == [("000002", "wrong rates"), ("000001", "")]


def test_an_override_publishes_over_a_rollback(tale: Tale) -> None:
    roll_back(tale.project, 2)
    ann = Override("Ann", "looked at every row")
    result = publish_again(tale.project, override=ann)
    assert result.status == "ok"
    assert (result.snapshot.number, result.snapshot.previous) == (4, 2)
    assert result.snapshot.approval["approved_by"] == "Ann"
    assert read_hold(tale.project) is None
    listed = [(k.snapshot.number, k.standing) for k in list_snapshots(tale.project)]
    assert listed == [(4, "current"), (3, "withdrawn"), (2, "earlier"), (1, "earlier")]
