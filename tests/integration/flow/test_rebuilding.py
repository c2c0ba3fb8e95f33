"""The lake alone is enough: an old snapshot is built again, a red run is brought back elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import duckdb
import pytest

from buck.engine import connect
from buck.errors import ConfigError, LakeError, TransformError
from buck.flow.rebuilding import rebuild_snapshot
from buck.flow.reproducing import reproduce_run
from buck.lake import read_content
from buck.project import open_project

MODEL = "transform/models/marts/core/dim_date.sql"
CHECK = "transform/checks/core/dim_date.yml"


@pytest.fixture
def elsewhere(published: Any, tmp_path: Any) -> Any:
    """The project and its lake on a machine that has never run anything."""
    project = published.copy(tmp_path / "elsewhere")
    shutil.rmtree(project.work)
    project.connect(published.work / "sandbox")
    return project


def commit(project: Any) -> str:
    """Put the project under version control; the commit."""
    git = ["git", "-C", str(project.root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (
        ["init", "-q"],
        ["add", ".buck.yml", "pipelines", "transform"],
        ["commit", "-qm", "1"],
    ):
        subprocess.run([*git, *words], check=True, capture_output=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


def test_an_old_snapshot_is_built_again_from_its_commit(elsewhere: Any) -> None:
    file = elsewhere.lake / "snapshots" / "000001.json"
    manifest = json.loads(file.read_text())
    manifest["git"] = commit(elsewhere)
    (wrong,) = [t for t in manifest["tables"] if t["name"] == "dim_customers"]
    wrong["content_hash"] = "0" * 32
    file.write_text(json.dumps(manifest))
    elsewhere.edit(MODEL, "from days", "from days where date_day > date '2026-01-01'")
    before = elsewhere.published_bytes()
    project = open_project(elsewhere.root)
    with pytest.raises(TransformError, match="1 models are not those of snapshot 000001: dim_date"):
        rebuild_snapshot(project, 1)
    assert elsewhere.leftovers() == []
    rebuilt = rebuild_snapshot(project, 1, from_git=True)
    assert rebuilt.changed_models == rebuilt.changed_packages == ()
    assert {t.table for t in rebuilt.tables} == set(elsewhere.content())
    assert [t.table for t in rebuilt.tables if not t.is_equal] == ["core.dim_customers"]
    assert [t.rows for t in rebuilt.tables] == [t["rows"] for t in manifest["tables"]]
    with duckdb.connect(rebuilt.database, read_only=True) as con:
        (kept,) = con.execute("select count(*) from core.dim_customers").fetchall()
    assert kept[0] == wrong["rows"], "what was built stays to be compared with"
    assert elsewhere.published_bytes() == before
    with pytest.raises(ConfigError, match="000009 is not kept"):
        rebuild_snapshot(project, 9)


def test_a_red_runs_candidates_come_back_on_another_machine(elsewhere: Any) -> None:
    """The first run's, although the lake has gone on since."""
    first = json.loads((elsewhere.lake / "snapshots" / "000001.json").read_text())
    elsewhere.edit(CHECK, "duplicate_count(date_key) = 0", "duplicate_count(date_key) = 1")
    project = open_project(elsewhere.root)
    found = reproduce_run(project, first["run_id"][:-2])
    assert found.run_id == first["run_id"]
    assert found.as_of.isoformat() == first["as_of"]
    assert [r.check.table for r in found.report.blocking] == ["dim_date"]
    con = connect(project.build_database, work=project.work, read_only=True)
    for table in first["tables"]:
        content = read_content(con, f"{table['schema']}.{table['name']}")
        assert (content.rows, content.hash) == (table["rows"], table["content_hash"])
    con.close()
    newest = elsewhere.runs()[0]
    assert (newest["pipeline"], newest["status"]) == ("reproduce", "gate_closed")
    answer = elsewhere.buck(
        "query", "--candidate", "select count(*) as n from finance.fct_payments", "--json"
    )
    rows = {t["name"]: t["rows"] for t in first["tables"]}
    assert answer.expect(0).json == [{"n": rows["fct_payments"]}]
    refused = elsewhere.buck("publish").expect(1)
    assert "built from newer raw tables" in refused.err
    with pytest.raises(ConfigError, match="no run's id begins with 'x'"):
        reproduce_run(project, "x")
    with pytest.raises(LakeError, match="stopped before it had pinned"):
        reproduce_run(project, loaded_only(elsewhere))


def loaded_only(project: Any) -> str:
    """A recorded run without candidates."""
    newest = project.buck("snapshots", "--json").expect(0).json[0]["id"]
    project.buck("rollback", "--reason", "x").expect(0)
    assert f"buck rollback --to {newest}" in project.buck("snapshots").expect(0).err
    return str(project.runs()[0]["run_id"])
