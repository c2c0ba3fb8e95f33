"""dbt in this process: results as values, quiet, and nothing left open."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from buck.engine import connect
from buck.errors import BuckError, LakeLocked, ModelFailed, TransformError
from buck.transform import (
    attach_failing_rows,
    build,
    count_rows,
    model_hashes,
    models,
    passthrough,
    raise_for_models,
)

ROOT = Path(__file__).parents[3]


def test_a_build_is_values_and_its_database_can_be_written_at_once(workspace, tmp_path, capfd):
    events = []
    result = build(workspace, on_event=events.append)
    assert capfd.readouterr() == ("", "")
    assert not result.success
    raise_for_models(result)

    fct = result.node("fct_payments")
    assert (fct.status, fct.schema, fct.layer, fct.domain) == ("ok", "finance", "marts", "finance")
    assert fct.materialized == "table"
    unique = next(t for t in result.tests if t.column == "payment_id" and t.status == "failed")
    assert (unique.failures, unique.table, unique.dimension) == (1, "fct_payments", "uniqueness")
    assert (unique.owner, unique.severity) == ("finance team", "fail")
    warned = next(t for t in result.tests if t.status == "warned")
    assert (warned.dimension, warned.owner, warned.severity) == ("validity", "ann", "warn")
    assert {t.status for t in result.tests if t.kind == "unit_test"} == {"passed"}
    assert result.node("nothing_negative").table == "fct_payments"

    finished = [e for e in events if e.kind == "finished"]
    assert {e.total for e in events} == {len(result.nodes)} == {len(finished)}
    assert {e.status for e in finished} == {"ok", "passed", "warned", "failed"}

    # Other settings than dbt's: DuckDB refuses them while anything still has the file open.
    con = connect(tmp_path / "build.duckdb", work=tmp_path / "work", threads=1)
    try:
        con.execute("create table main.written_after_dbt as select 1 as a")
        seen = attach_failing_rows(result, con, personal={"email"})
        seen = count_rows(seen, con)
    finally:
        con.close()
    assert seen.node("fct_payments").rows == 3
    assert seen.node("stg_payments").rows is None
    assert seen.node(unique.unique_id).failing_rows.rows == ((2, 2),)
    assert seen.node(warned.unique_id).failing_rows.rows == (("•••", 2),)


def test_all_failing_rows_are_counted_whatever_dbt_looks_at(workspace, project, tmp_path):
    (project / "tests").mkdir(exist_ok=True)
    (project / "tests" / "many.sql").write_text(
        "{{ config(limit=20) }} -- {{ ref('fct_payments') }}\nselect range as n from range(33)"
    )
    result = build(workspace)
    assert result.node("many").failures == 20
    con = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
    try:
        many = attach_failing_rows(result, con).node("many")
    finally:
        con.close()
    assert (many.failures, len(many.failing_rows.rows)) == (33, 20)


@pytest.mark.parametrize("hook", ["on-run-start", "on-run-end"])
def test_a_hook_that_fails_is_no_good_build(workspace, project, hook):
    with (project / "dbt_project.yml").open("a") as settings:
        settings.write(f"{hook}: select * from no_such_table\n")
    result = build(workspace, command="run")
    assert result.node("fct_payments").status == "ok", "dbt itself goes on"
    with pytest.raises(TransformError, match=rf"{hook}-0 failed .*: Catalog Error: .* no_such_table"):
        raise_for_models(result)


def test_a_new_as_of_reuses_the_parsed_project_and_ephemeral_models_still_work(workspace, tmp_path):
    assert build(workspace, command="run").parse == "full"
    for day in ("2026-03-02", "2026-03-03"):
        result = build(replace(workspace, vars={"as_of": day}), command="run")
        assert (result.parse, result.success) == ("reused", True)
        con = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
        found = con.execute("select distinct as_of::date::text from finance.fct_payments")
        assert found.fetchall() == [(day,)]
        con.close()


def test_anything_that_matters_to_the_parse_causes_a_new_one(workspace, project, tmp_path):
    build(workspace, command="run")
    with (project / "models/staging/stg_payments.sql").open("a") as model:
        model.write("where payment_id = 1\n")
    changed = build(workspace, command="run")
    assert changed.parse != "reused"
    con = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
    assert con.execute("select count(*) from finance.fct_payments").fetchone() == (1,)
    con.close()
    other = replace(workspace, env={"SHOP_DB": str(tmp_path / "other.duckdb")})
    assert build(other, command="run").success
    assert (tmp_path / "other.duckdb").exists()
    more = replace(other, vars={**other.vars, "limit": 5})
    assert build(more, command="run").parse != "reused"


def test_a_broken_model_is_named_with_its_line_and_what_hangs_on_it_is_skipped(workspace, project):
    (project / "models/staging/stg_payments.sql").write_text(
        "select 1 as payment_id, 'x' as email,\n    no_such_column as minor\n"
    )
    result = build(workspace)
    assert [n.name for n in result.errored_models] == ["stg_payments"]
    assert "fct_payments" in {n.name for n in result.skipped}
    with pytest.raises(ModelFailed, match=r"stg_payments\.sql:2\).*no_such_column") as caught:
        raise_for_models(result)
    assert caught.value.exit_code == 1
    assert "buck dbt build --select stg_payments+" in caught.value.hint


def test_a_project_that_cannot_be_read_names_the_file(workspace, project):
    (project / "models/staging/stg_payments.sql").write_text("select {{ ref('nowhere') }}")
    with pytest.raises(TransformError, match=r"stg_payments.*nowhere") as caught:
        build(workspace)
    assert "stg_payments.sql" in caught.value.hint
    (project / "models/staging/stg_payments.sql").write_text("select 1")
    (project / "dbt_project.yml").write_text("name: [")
    with pytest.raises(TransformError, match=r"dbt_project\.yml"):
        build(workspace)


def test_a_missing_variable_says_which(workspace):
    with pytest.raises(TransformError, match="SHOP_DB") as caught:
        build(replace(workspace, env={}))
    assert "SHOP_DB" in caught.value.hint


def test_secrets_are_not_in_errors_logs_or_repr(workspace, project):
    hidden = replace(workspace, env={**workspace.env, "DBT_ENV_SECRET_TOKEN": "hunter2hunter2"})
    assert "hunter2" not in repr(hidden)
    profile = (project / "profiles.yml").read_text()
    bad = profile + "      settings: {no_such_setting: \"{{ env_var('DBT_ENV_SECRET_TOKEN') }}\"}\n"
    (project / "profiles.yml").write_text(bad)
    try:
        texts = [n.message for n in build(hidden).nodes]
    except TransformError as exc:
        texts = [str(exc)]
    assert texts
    kept = [p.read_text(errors="replace") for p in workspace.log_path.rglob("*") if p.is_file()]
    kept += [p.read_text(errors="replace") for p in workspace.target_path.rglob("*.json")]
    assert not [text for text in [*texts, *kept] if "hunter2" in text]
    assert "DBT_ENV_SECRET_TOKEN" not in os.environ


def test_passthrough_gives_lines_and_the_verdict_and_merges_variables(workspace, tmp_path, capfd):
    lines: list[str] = []
    assert (
        passthrough(workspace, ["run", "--select", "fct_payments+"], on_line=lines.append) is False
    )
    assert any("stg_payments" in line for line in lines)
    lines.clear()
    assert passthrough(workspace, ["run"], on_line=lines.append)
    assert any("PASS=2" in line for line in lines)
    lines.clear()
    assert passthrough(workspace, ["ls", "--select", "tag:none"], on_line=lines.append)
    assert passthrough(workspace, ["docs", "generate"], on_line=lines.append)
    assert (workspace.target_path / "catalog.json").exists()
    assert not [line for line in lines if "\x1b" in line]
    given = ["run", "--vars", "{as_of: 2020-01-01}"]
    assert passthrough(workspace, given, on_line=lines.append)
    con = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
    found = con.execute("select distinct year(as_of) from finance.fct_payments").fetchall()
    con.close()
    assert found == [(2020,)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a dbt command is needed"),
        (["--version"], "a dbt command is needed"),
        (["run", "--version"], "asks the network"),
        (["frobnicate"], "no command 'frobnicate'"),
        (["run", "--no-such-option"], "no-such-option"),
    ],
)
def test_what_dbt_cannot_do_is_said_before_it_starts(workspace, arguments, words):
    with pytest.raises(BuckError, match=words):
        passthrough(workspace, arguments, on_line=lambda _: None)


def test_models_say_where_they_live_and_their_hash_follows_code_and_macros_not_time(
    workspace, project
):
    build(workspace, command="parse")
    fct = next(m for m in models(workspace.target_path) if m.name == "fct_payments")
    assert (fct.schema, fct.layer, fct.domain) == ("finance", "marts", "finance")
    assert (fct.owner, fct.columns) == ("finance team", ("payment_id", "email"))
    assert fct.depends_on == ("model.shop.int_payments",)
    first = model_hashes(workspace.target_path)
    build(replace(workspace, vars={"as_of": "2027-01-01"}), command="parse")
    assert model_hashes(workspace.target_path) == first
    macro = project / "macros/schema.sql"
    macro.write_text(macro.read_text().replace("/ 100", "/ 100.0"))
    build(workspace, command="parse")
    second = model_hashes(workspace.target_path)
    assert {name for name in first if first[name] != second[name]} == {"fct_payments"}


def test_models_before_any_parse_says_what_to_run(tmp_path):
    with pytest.raises(TransformError, match="not been parsed") as caught:
        models(tmp_path)
    assert caught.value.hint == "buck dbt parse"


def test_a_database_held_by_another_process_is_locked_and_not_broken(workspace, tmp_path):
    program = f"""
import duckdb, sys
con = duckdb.connect({str(tmp_path / "build.duckdb")!r})
print("held", flush=True)
sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LakeLocked, match=f"process {holder.pid}"):
            build(workspace, command="run")
    finally:
        holder.communicate("")
    assert build(workspace, command="run").success


def test_repeated_builds_leave_no_threads_files_or_growing_memory(workspace):
    import resource

    for _ in range(3):
        build(workspace, command="run")
    threads = threading.active_count()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    files = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc").exists() else 0
    for _ in range(6):
        build(workspace, command="run")
    if files:
        assert len(list(Path("/proc/self/fd").iterdir())) <= files
    assert threading.active_count() <= threads
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 60_000


def test_nothing_is_written_to_home(workspace, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    program = f"""
from pathlib import Path
from buck.transform import DbtWorkspace, build
root = Path({str(tmp_path)!r})
workspace = DbtWorkspace(
    project_dir=root / "project", profiles_dir=root / "project", target="dev",
    target_path=root / "target", log_path=root / "logs", vars={{"as_of": "2026-01-01"}},
    env={{"SHOP_DB": str(root / "build.duckdb")}},
)
assert build(workspace, command="run").success
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=home,
        env={**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.iterdir()) == []
