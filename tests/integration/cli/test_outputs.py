"""What commands print: JSON with its keys, results apart from talk, plain where nobody looks."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.terminal import on_terminal

ESCAPE = "\x1b"
ASK = "select currency, count(*) as n from finance.fct_payments group by 1 order by 1"


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        (("pipeline", "status"), {"snapshot", "as_of", "published_at", "runs"}),
        (
            ("run",),
            {
                "run_id",
                "pipeline",
                "status",
                "as_of",
                "rows_landed",
                "loads",
                "models_built",
                "checks",
                "blocking",
                "snapshot",
                "published",
                "hold",
            },
        ),
    ],
)
def test_json_answers_have_their_documented_keys(
    published: Any, args: tuple[str, ...], keys: set[str]
) -> None:
    done = published.buck(*args, "--json").expect(0)
    assert set(done.json) == keys
    assert done.err == ""


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        (("pipeline", "list"), {"name", "sources", "select", "cron", "owner"}),
        (
            ("pipeline", "logs", "all"),
            {"run_id", "number", "at", "pipeline", "kind", "step", "status", "facts"},
        ),
        (("doctor",), {"subject", "status", "what", "hint"}),
        (("doctor", "--config"), {"key", "value", "from"}),
        (("query", ASK), {"currency", "n"}),
    ],
)
def test_json_lists_have_their_documented_keys(
    published: Any, args: tuple[str, ...], keys: set[str]
) -> None:
    done = published.buck(*args, "--json").expect(0)
    assert done.json
    assert {frozenset(entry) for entry in done.json} == {frozenset(keys)}


def test_results_and_talk_go_their_own_ways(published: Any) -> None:
    done = published.buck("run").expect(0)
    assert "nothing new since snapshot" in done.out
    assert len(done.out.splitlines()) == 1
    assert "land stripe" in done.err
    assert "next: " in done.err


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("run",),
        ("query", ASK),
        ("query", "--nonsense"),
        ("doctor",),
        ("pipeline", "status"),
        ("pipeline", "list"),
        ("pipeline", "logs", "all"),
    ],
)
def test_without_a_terminal_everything_is_plain(published: Any, args: tuple[str, ...]) -> None:
    for env in ({}, {"NO_COLOR": "1", "TERM": "xterm-256color"}):
        done = published.buck(*args, env=env)
        assert ESCAPE not in done.out + done.err


def test_a_terminal_that_wants_no_colour_gets_none(published: Any) -> None:
    plain = on_a_terminal(published, {"NO_COLOR": "1"})
    assert "published: snapshot" in plain
    assert "\x1b[3" not in plain
    assert "\x1b[1m" not in plain
    assert "\x1b[32m" in on_a_terminal(published, {})


def test_a_closed_pipe_is_no_error(published: Any) -> None:
    for command in ("pipeline logs all", "query 'from range(9)'", "query 'from range(9)' --json"):
        script = f'buck {command} | true; echo "${{PIPESTATUS[0]}}"'
        done = published.buck("-c", script, program=("bash",)).expect(0)
        assert done.out == "141\n", "as the shell says it of any program; 1 is a failure"
    assert "Traceback" not in done.err
    assert "Error" not in done.err


def test_help_names_every_command_and_every_option_has_a_text(published: Any) -> None:
    top = published.buck("--help").expect(0).out
    for command in ("demo", "run", "pipeline", "dbt", "quality", "query", "shell", "doctor"):
        assert command in top
        help_ = published.buck(command, "--help").expect(0)
        assert "Usage" in help_.out


def test_help_is_a_word_too(published: Any) -> None:
    assert published.buck("help").expect(0).out == published.buck("--help").out
    for words in (("query",), ("lake", "du")):
        assert published.buck("help", *words).expect(0).out == published.buck(*words, "-h").out
    assert "no command nonsense" in published.buck("help", "nonsense").expect(2).err


def test_the_version_is_the_installed_one(published: Any) -> None:
    from importlib.metadata import version

    assert published.buck("--version").expect(0).out == f"buck {version('buck-lakehouse')}\n"


def test_a_day_without_runs_is_said(published: Any) -> None:
    done = published.buck("pipeline", "logs", "all", "--date", "2001-01-01").expect(0)
    assert done.out == ""
    assert "nothing of all is recorded on 2001-01-01" in done.err
    later = published.buck("pipeline", "logs", "all", "--since", "2099-01-01").expect(0)
    assert "nothing of all is recorded since 2099-01-01" in later.err
    assert published.buck("pipeline", "logs", "all", "--date", "2001-01-01", "--json").json == []


def test_logs_tell_people_what_fits_a_line(published: Any) -> None:
    told = published.buck("pipeline", "logs", "all").expect(0)
    lines = told.out.splitlines()
    assert any("table=stripe.charges rows_received=" in line for line in lines)
    assert max(map(len, lines)) < 500
    assert len(lines) < 1000
    assert "marks_to" not in told.out
    assert not any("check_judged   ✓" in line for line in lines), "the step says how many"
    assert re.search(r"check candidates +step_finished +✓ .*checks=\d+ passed", told.out)
    runs = [line for line in lines if line.startswith("run ")]
    assert runs
    assert len(runs) == len(set(runs)), "a run is named once, above what it did"
    assert "approval=gate" in told.out
    assert "marks" in told.err


def test_tables_of_costs_and_runs_keep_names_in_one_piece(published: Any) -> None:
    for command, name in (
        ("buck lake cost", "finance.fct_balance_transactions"),
        ("buck pipeline status", published.snapshot()["run_id"]),
    ):
        seen = on_a_terminal(published, {"COLUMNS": "100", "NO_COLOR": "1"}, command)
        assert name in seen


def test_times_of_the_status_are_iso_8601_for_programs(published: Any) -> None:
    status = published.buck("pipeline", "status", "--json").json
    told = published.snapshot()
    for name in ("published_at", "as_of"):
        at = datetime.fromisoformat(status[name])
        assert at.utcoffset() == timedelta(0)
        assert at == datetime.fromisoformat(told[name])
    line, *_ = published.buck("pipeline", "status").out.splitlines()
    assert f"published {status['published_at'][:16].replace('T', ' ')}" in line


def test_a_terminal_is_told_which_checks_did_not_pass_and_how_many_did(published: Any) -> None:
    seen = on_a_terminal(published, {"COLUMNS": "80", "NO_COLOR": "1"}, "buck quality check")
    assert re.search(r"· \d+ checks passed, which are not listed here; --json has all", seen)
    assert "✓ gate open" in seen
    assert len(seen.splitlines()) < 40


def test_logs_of_a_day_are_those_of_the_day(published: Any) -> None:
    day = published.runs()[0]["started_at"][:10]
    events = published.buck("pipeline", "logs", "all", "--date", day, "--json").json
    assert {e["at"][:10] for e in events} <= {day}
    assert {e["kind"] for e in events} >= {"run_started", "table_landed", "published"}


def test_a_new_project_says_what_to_do_first(project: Any) -> None:
    status = project.buck("pipeline", "status").expect(0)
    assert "nothing yet" in status.out
    assert "next: buck run" in status.err
    assert project.buck("pipeline", "status", "--json").json["runs"] == []
    for args in (("query", "select 1"), ("query", "select 1", "--candidate"), ("quality", "check")):
        done = project.buck(*args).expect(1)
        assert "hint: buck run" in done.err
    assert not (project.lake / "lake.json").exists(), "looking creates nothing"
    assert "nothing is published yet" in project.buck("rollback").expect(1).err


def on_a_terminal(project: Any, env: dict[str, str], command: str = "buck pipeline status") -> str:
    """What a command writes to a terminal."""
    said, code = on_terminal(command.split(), env=project.environment(env), cwd=project.root)
    assert code == 0
    return said


def test_json_numbers_keep_their_exactness(published: Any) -> None:
    done = published.buck("query", "select 12345678901234567890.123::decimal(38,3) as a", "--json")
    assert json.loads(done.out)[0]["a"] == "12345678901234567890.123"
