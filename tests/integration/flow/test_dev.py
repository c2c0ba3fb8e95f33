"""`buck dev`: what is saved is rebuilt and compared, in nobody's way."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.errors import LakeError, LakeLocked
from buck.flow.dev import DevSession
from buck.flow.dev.database import DevDatabase
from buck.flow.git import current_branch
from buck.flow.lock import hold_lock
from buck.flow.reading import run_query
from buck.project import open_project

MODEL = "models/marts/finance/agg_monthly_revenue.sql"
NET = "cast(gross_amount - refunds as {{ money_type() }}) as net_amount"
ONE_MORE = NET.replace("refunds", "refunds + 1")


@pytest.fixture(scope="module")
def worked(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A copy of the published project with a session open on it, after its first turn."""
    project = published.copy(tmp_path_factory.mktemp("dev") / "project")
    opened = open_project(Path(project.root))
    with DevSession(opened, "feature/net", select=["agg_monthly_revenue"]) as session:
        yield project, opened, session, session.start()


def save(project: Any, name: str, old: str, new: str) -> Path:
    project.edit(f"transform/{name}", old, new)
    return Path(name)


def the_first_turn_builds_the_selection_as_published(worked: Any) -> None:
    _, _, _, first = worked
    assert first.passed, first
    assert [o.name for o in first.built] == ["agg_monthly_revenue"]
    assert first.notes == ("a fresh copy of the build database, for the branch feature/net",)
    (difference,) = first.differences
    assert difference.is_same
    assert difference.rows > 0


def a_save_shows_which_rows_and_columns_differ(worked: Any) -> None:
    project, opened, session, _ = worked
    before = project.published_bytes()
    saved = save(project, MODEL, NET, ONE_MORE)
    turn = session.rebuild([saved])
    assert turn.saved == (MODEL,)
    (difference,) = turn.differences
    assert difference.key == ("revenue_month", "currency")
    assert (difference.added, difference.removed) == (0, 0)
    assert difference.changed_rows == difference.rows == difference.published_rows
    (column,) = difference.changed
    assert column.name == "net_amount"
    key, was, now = column.samples[0]
    assert key.endswith(", cad")
    assert float(now) - float(was) == 1
    # Its tests ran on the new rows, and the ties to the payments do not hold any more.
    assert not turn.passed
    assert "assert_metrics_tie_to_marts" in {o.name for o in turn.tested if not o.is_good}
    # Nobody else sees any of it.
    assert project.published_bytes() == before
    _, ((wrong,),) = run_query(
        opened,
        "select count(*) from finance.agg_monthly_revenue"
        " where net_amount <> gross_amount - refunds",
        "candidate",
    )
    assert wrong == 0
    saved = save(project, MODEL, ONE_MORE, NET)
    turn = session.rebuild([saved])
    assert turn.passed
    assert turn.differences[0].is_same


def a_mistake_is_told_and_the_next_save_heals(worked: Any) -> None:
    project, _, session, _ = worked
    turn = session.rebuild([save(project, MODEL, "from combined", "from combine")])
    assert not turn.passed
    assert "combine" in next(o for o in turn.built if not o.is_good).message
    assert turn.differences == ()
    turn = session.rebuild([save(project, MODEL, "from combine", "from combined")])
    assert turn.passed
    turn = session.rebuild([save(project, MODEL, "select * from final", "{{ nothing( }}")])
    assert not turn.passed
    assert "agg_monthly_revenue" in turn.error
    turn = session.rebuild([save(project, MODEL, "{{ nothing( }}", "select * from final")])
    assert turn is None or turn.passed


def other_files_run_only_what_they_say(worked: Any) -> None:
    project, _, session, _ = worked
    test = save(project, "tests/assert_positive_revenue.sql", "select", "select  ")
    turn = session.rebuild([test])
    assert [o.name for o in turn.tested] == ["assert_positive_revenue"]
    assert turn.built == ()
    turn = session.rebuild([Path("checks/finance/agg_monthly_revenue.yml")])
    assert turn.passed
    assert turn.built == ()
    assert {o.kind for o in turn.tested} == {"check"}
    assert session.rebuild([Path("checks/finance/nothing.yml")]) is None


def other_rows_than_the_published_ones_are_told(worked: Any) -> None:
    project, _, session, _ = worked
    current = Path(project.lake) / "snapshots" / "current.json"
    number = json.loads(current.read_text())["number"]
    manifest = current.with_name(f"{number:06d}.json")
    before = manifest.read_text()
    older = json.loads(before)
    older["lake_versions"]["stripe.charges"] -= 1
    manifest.write_text(json.dumps(older))
    try:
        turn = session.rebuild([save(project, MODEL, NET, ONE_MORE)])
        assert "has other raw rows than the published snapshot" in turn.notes[0]
    finally:
        manifest.write_text(before)
    assert session.rebuild([save(project, MODEL, ONE_MORE, NET)]).notes == ()


def test_a_day_of_saves(worked: Any) -> None:
    """In this order: every turn starts from what the one before left."""
    the_first_turn_builds_the_selection_as_published(worked)
    a_save_shows_which_rows_and_columns_differ(worked)
    a_mistake_is_told_and_the_next_save_heals(worked)
    other_files_run_only_what_they_say(worked)
    other_rows_than_the_published_ones_are_told(worked)


def test_nobody_is_in_the_way_of_a_run(worked: Any) -> None:
    project, opened, _, _ = worked
    with (
        hold_lock(opened.work, "buck run"),
        connect(opened.build_database, work=opened.work) as con,
    ):
        con.execute("create schema if not exists somebody_writes")
        _, ((rows,),) = run_query(opened, "select count(*) from finance.fct_payments", "published")
    assert rows > 0
    assert project.leftovers() == []


def test_a_branch_belongs_to_one_session_and_every_branch_has_its_own(worked: Any) -> None:
    _, opened, _, _ = worked
    with pytest.raises(LakeLocked, match="buck dev"), DevSession(opened, "feature/net"):
        pass
    with DevSession(opened, "feature-net"):
        pass
    assert DevDatabase(opened, "feature/net").file != DevDatabase(opened, "feature-net").file


def test_the_copy_waits_for_a_run_and_follows_the_next_one(worked: Any) -> None:
    _, opened, _, _ = worked
    wal = opened.build_database.with_suffix(".duckdb.wal")
    database = DevDatabase(opened, "patient")
    wal.touch()
    with pytest.raises(LakeLocked, match="by a run"):
        database.refresh(patience_s=0.3)
    assert not database.file.exists()
    release = threading.Timer(0.5, wal.unlink)
    release.start()
    assert database.refresh()
    release.join()
    assert not database.refresh()
    with connect(opened.build_database, work=opened.work) as con:
        con.execute("create schema if not exists another_run")
    assert database.refresh()


def test_there_must_be_something_to_start_from(project: Any) -> None:
    opened = open_project(Path(project.root))
    with DevSession(opened, "main") as session, pytest.raises(LakeError) as caught:
        session.start()
    assert caught.value.hint == "buck run"
    assert current_branch(Path(project.root)) == "main"


def test_the_command_works_once_and_says_whether_all_is_well(worked: Any) -> None:
    project, _, _, _ = worked
    done = project.buck("dev", "dim_date", "--once").expect(0)
    assert "core.dim_date" in done.out
    assert "a fresh copy of the build database\n" in done.err, "no branch without git"
    assert "as published" in done.out
    assert "no model is selected by nope" in project.buck("dev", "nope", "--once").expect(2).err
    project.edit("transform/models/marts/core/dim_date.sql", "select * from final", "select nope")
    from typer.testing import CliRunner

    from buck.cli import commands  # noqa: F401  importing registers every command
    from buck.cli.app import app

    call = CliRunner().invoke(app, ["--project", str(project.root), "dev", "--once", "--json"])
    assert call.exit_code == 1
    assert '"passed": false' in call.output
    wrong = project.buck("dev", "dim_date", "--once").expect(1)
    assert "checks were not run: what they are about was not built" in wrong.out
    assert "0 of" not in wrong.out
    assert "watching" not in wrong.err
    project.edit("transform/models/marts/core/dim_date.sql", "select nope", "select * from final")
