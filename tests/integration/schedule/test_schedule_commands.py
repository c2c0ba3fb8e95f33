"""`buck schedule` and the pipelines it starts, as real processes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from buck.flow.schedule import read_schedule, run_command
from buck.project import open_project
from tests.integration.schedule.drive import LeapingClock, make_scheduler

MONEY = "  money: {sources: [stripe], retries: {count: 1, delay: 1s}, sla: 1h}\n"


@pytest.fixture
def company(published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A lake that has everything, with a pipeline `money` due every hour."""
    project = copy_of(published)
    project.connect(published.work / "sandbox")
    project.edit(".buck.yml", "pipelines:\n", f"pipelines:\n{MONEY}")
    project.edit(".buck.yml", "  schedules:\n", '  schedules:\n    money: {cron: "0 * * * *"}\n')
    return project


@pytest.fixture
def scheduler(company: Any) -> Iterator[subprocess.Popen[str]]:
    """A scheduler that goes on."""
    process = company.start("schedule", "start")
    assert "scheduling money" in process.stderr.readline()
    wait_until(lambda: status(company)["pid"] == process.pid)
    yield process
    process.kill()
    process.communicate()


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def status(project: Any) -> dict[str, Any]:
    opened = open_project(project.root)
    return read_schedule(opened, now=datetime.now(UTC)).to_dict()


def test_one_scheduler_a_project_until_it_is_stopped(company: Any, scheduler: Any) -> None:
    shown = company.buck("schedule", "status").expect(0)
    assert f"process {scheduler.pid} is scheduling since" in shown.out
    refused = company.buck("schedule", "start").expect(1)
    assert f"held by process {scheduler.pid} (buck schedule start, since" in refused.err
    assert "buck schedule stop" in refused.err
    stopped = company.buck("schedule", "stop").expect(0)
    assert f"process {scheduler.pid}, has stopped" in stopped.out
    assert scheduler.wait(10) == 0
    assert "every run that was started is over" in scheduler.stderr.read()
    assert "no scheduler is running; the last one looked at" in (
        company.buck("schedule", "status").expect(0).out
    )
    assert company.buck("schedule", "stop").expect(0).out == "no scheduler is running\n"


def test_no_second_engine_starts_pipelines(company: Any) -> None:
    company.edit(".buck.yml", "engine: builtin", "engine: dagster")
    refused = company.buck("schedule", "start").expect(2)
    company.edit(".buck.yml", "engine: dagster", "engine: builtin")
    assert "orchestration.engine is dagster: it starts the pipelines" in refused.err
    assert "engine: builtin" in refused.err


def test_a_killed_scheduler_leaves_no_lock(company: Any, scheduler: Any) -> None:
    scheduler.kill()
    scheduler.wait()
    assert status(company)["pid"] is None
    other = company.start("schedule", "start")
    try:
        wait_until(lambda: status(company)["pid"] == other.pid)
        other.send_signal(signal.SIGINT)
        assert other.wait(30) == 0
    finally:
        other.kill()
        other.communicate()


def test_a_moment_is_run_once_by_real_runs(company: Any) -> None:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    clock = LeapingClock(company.work, at)
    command = run_command(open_project(company.root))
    make_scheduler(company.root, clock, command=command).run(until=at + timedelta(hours=1))
    due = "2026-03-01T10:00:00+00:00"
    logs = company.buck("pipeline", "logs", "money", "--json").expect(0).json
    begun = [e for e in logs if e["kind"] == "run_started"]
    assert [e["facts"]["due_at"] for e in begun] == [due]
    assert logs[-1]["status"] == "unchanged"
    assert logs[-1]["facts"]["is_late"], "it was due long ago"
    again = company.buck("run", "money", "--due", due).expect(0)
    assert f"this moment had its run: {begun[0]['run_id']} unchanged" in again.out
    assert len(company.buck("pipeline", "logs", "money", "--json").json) == len(logs)
    assert not list(company.work.glob("schedule/*.spare"))


def test_a_paused_pipeline_is_not_started(company: Any) -> None:
    company.buck("pipeline", "pause", "money").expect(0)
    assert "paused: since" in company.buck("pipeline", "show", "money").expect(0).out
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    notices: list[str] = []
    clock = LeapingClock(company.work, at)
    make_scheduler(company.root, clock, on_notice=lambda n: notices.append(n.text)).run(
        until=at + timedelta(hours=3)
    )
    assert [text for text in notices if "paused" in text] == [
        f"1 run was missed (2026-03-01 {hour}:00 UTC): the pipeline was paused"
        for hour in (10, 11, 12)
    ]
    company.buck("pipeline", "resume", "money").expect(0)
    assert "paused" not in company.buck("pipeline", "show", "money").expect(0).out
    refused = company.buck("pipeline", "pause", "all").expect(2)
    assert "all has no schedule" in refused.err


def test_what_comes_next_is_told_in_order(company: Any) -> None:
    # Two pipelines are due every hour, so that a whole day is some fifty moments.
    found = company.buck("schedule", "next", "--limit", "60", "--json").expect(0).json
    times = [datetime.fromisoformat(one["at"]) for one in found]
    assert times == sorted(times)
    assert times[0] > datetime.now(UTC) - timedelta(minutes=1)
    assert {one["pipeline"] for one in found} >= {"money", "daily_marts"}
    shown = company.buck("pipeline", "show", "money", "--json").expect(0).json
    assert shown["steps"][0] == {"name": "land stripe", "after": []}
    assert shown["rules"]["retries"] == "1, from 1s to 10m apart"


def test_answers_about_a_schedule_agree_and_leave_no_pipeline_out(company: Any) -> None:
    from buck.flow.explain.timing import describe_schedule

    began = datetime.now(UTC)
    found = company.buck("schedule", "next", "--limit", "4", "--json").expect(0).json
    soonest = {one["pipeline"]: datetime.fromisoformat(one["at"]) for one in reversed(found)}
    assert set(soonest) == {"money", "stripe_daily", "daily_marts"}, "the daily one, too"
    assert len(found) == 4
    rules = company.buck("pipeline", "show", "money", "--json").expect(0).json["rules"]
    if soonest["money"] > datetime.now(UTC):
        assert rules["next"].startswith(f"{soonest['money']:%Y-%m-%d %H:%M} UTC")
    assert soonest["money"] > began, "the machine's clock, not the sandbox's"
    assert rules["next"].endswith(", if a scheduler runs then; none does now")
    missed = "of missed runs the newest is run"
    assert rules["schedule"] == f"0 * * * * (UTC); {missed}"
    opened = open_project(company.root)
    assert describe_schedule(opened, "money") == f"cron `0 * * * *` (UTC), {missed}"
    fewest = company.buck("schedule", "next", "--limit", "1", "--json").expect(0).json
    assert len(fewest) == 3, "each once, soonest first"


def test_a_run_that_goes_on_is_cancelled_followed_and_continued(
    company: Any, faulty_sandbox: Path
) -> None:
    from buck import sandbox

    refused = company.buck("pipeline", "cancel", "money").expect(2)
    assert "it has never run" in refused.err
    follower = company.start("pipeline", "logs", "money", "--follow", "--json")
    sandbox.set_faults(faulty_sandbox, "stripe", {"delay_s": 60})
    process = company.start("run", "money")
    try:
        wait_until(lambda: any(r["status"] == "running" for r in company.runs()))
        waiting = company.buck("run", "--wait", "0.5").expect(1)
        assert f"waiting for process {process.pid} (buck run money, since 20" in waiting.err
        told = company.buck("pipeline", "cancel", "money").expect(0)
        assert "cancelled" in told.out
        assert process.wait(30) == 128 + signal.SIGTERM
        newest = company.runs()[0]
        assert (newest["pipeline"], newest["status"]) == ("money", "cancelled")
        sandbox.clear_faults(faulty_sandbox)
        company.buck("run", "money", "--continue").expect(0)
        assert company.leftovers() == []
        seen = []
        while not seen or seen[-1]["status"] != "unchanged":
            seen.append(json.loads(follower.stdout.readline()))
    finally:
        for one in (process, follower):
            one.kill()
            one.communicate()
    ends = [e["status"] for e in seen if e["kind"] == "run_finished"]
    assert ends == ["cancelled", "unchanged"]
    since = company.buck("pipeline", "logs", "money", "--since", "1h", "--json").expect(0).json
    assert [e["number"] for e in since] == [e["number"] for e in seen]
    later = company.buck("pipeline", "logs", "money", "--since", "2090-01-01", "--json").expect(0)
    assert later.json == []


def test_ten_processes_at_once_each_have_their_turn(company: Any, published: Any) -> None:
    """Each waits for the others, says for whom and since when, and nothing is lost."""
    before = company.facts()
    names = ["all", "money"] * 5
    processes = [company.start("run", name, "--wait", "500", "--json") for name in names]
    told = [process.communicate(timeout=550) for process in processes]
    assert [p.returncode for p in processes] == [0] * 10, told
    waited = [line for _, err in told for line in err.splitlines() if "waiting for" in line]
    assert len(waited) >= 9
    assert all("(buck run " in line and ", since 20" in line for line in waited)
    runs = {json.loads(out)["run_id"] for out, _ in told}
    assert len(runs) == 10
    done = [r for r in company.runs() if r["run_id"] in runs]
    assert {r["status"] for r in done} == {"unchanged"}
    assert company.facts() == before == published.facts()
    assert company.leftovers() == []
