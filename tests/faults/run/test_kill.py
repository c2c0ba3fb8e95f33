"""SIGKILL at random moments of a whole run: what is published stays whole, a rerun repairs all.

`SOAK_KILLS=200 pytest tests/faults/run/test_kill.py` kills more; `SOAK_SEED` changes the moments.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KILLS_A_ROUND = 3
ROUNDS = max(1, int(os.environ.get("SOAK_KILLS", "12")) // KILLS_A_ROUND)
SEED = int(os.environ.get("SOAK_SEED", "2026"))
STEPS = (
    "land stripe",
    "land salesforce",
    "land app",
    "pin raw tables",
    "build candidates",
    "check candidates",
    "publish",
)
PARTS = ("land stripe", "land salesforce", "land app", "build candidates", "publish")
"""Where kills strike: every round takes the next three of these, so that all get their share."""


@pytest.fixture(scope="module")
def seconds(published: Any) -> dict[str, float]:
    """How long each step of a run takes on this machine."""
    events = published.buck("pipeline", "logs", "all", "--json").expect(0).json
    took = {e["step"]: e["facts"]["seconds"] for e in events if e["kind"] == "step_finished"}
    assert set(STEPS) <= set(took)
    return took


def kill_within(project: Any, step: str, seconds: dict[str, float], dice: random.Random) -> bool:
    """Start a run, kill it somewhere within a step; whether it was still alive then."""
    process = project.start("run")
    seen: list[str] = []
    # Sources land side by side, from the beginning on.
    before = () if step.startswith("land ") else STEPS[: STEPS.index(step)]
    # Every finished step is one line; the next step begins with it.
    while len([s for s in before if any(s in line for line in seen)]) < len(before):
        line = process.stderr.readline()
        if not line:
            break
        seen.append(line)
    start_up_s = 0.0 if before else 1.5
    time.sleep(dice.uniform(0.0, start_up_s + 1.2 * seconds[step]))
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive and process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_killed_run_is_repaired_by_the_next(
    number: int,
    early: Any,
    published: Any,
    seconds: dict[str, float],
    copy_of: Callable[[Any], Any],
    tmp_path: Path,
    steady_truth: dict[str, Any],
    start_reader: Any,
    secrets_in: Callable[[Any], list[str]],
    all_secrets: Callable[[Any], list[str]],
    orphans_in: Callable[[Any], list[str]],
    assert_same_raw: Callable[..., None],
) -> None:
    dice = random.Random(f"{SEED}/{number}")
    project = copy_of(early)
    connect_like(project, published)
    reader = start_reader(project.marts, tmp_path)
    struck, runs_before = [], len(project.runs())
    try:
        for turn in range(KILLS_A_ROUND):
            step = PARTS[(number * KILLS_A_ROUND + turn) % len(PARTS)]
            if kill_within(project, step, seconds, dice):
                struck.append(step)
            assert project.facts() in (early.facts(), published.facts())
            assert secrets_in(project) == []
        statuses = [r["status"] for r in project.runs()][: -runs_before or None]
        assert statuses.count("running") == 0
        assert statuses.count("failed") == 0, "a rerun after a kill needs no help"
        done = project.buck("--debug", "run").expect(0)
    finally:
        reads = reader.finish()
    assert not any(secret in done.out + done.err for secret in all_secrets(project))
    context = f"killed in {struck}"
    assert project.facts() == published.facts(), context
    assert project.differences(steady_truth) == [], context
    assert_same_raw(project, published)
    assert project.leftovers() == [], context
    assert orphans_in(project) == [], context
    assert_reads_complete(reads, project)


def test_a_killed_first_load_is_repaired_by_the_next(
    project: Any,
    published: Any,
    seconds: dict[str, float],
    steady_truth: dict[str, Any],
    secrets_in: Callable[[Any], list[str]],
    orphans_in: Callable[[Any], list[str]],
    assert_same_raw: Callable[..., None],
) -> None:
    dice = random.Random(f"{SEED}/first")
    connect_like(project, published)
    struck = [
        step
        for step in ("land stripe", "land stripe", "land app", "build candidates")
        if kill_within(project, step, seconds, dice)
    ]
    assert struck, "no run was killed"
    # The last kill may come while the run publishes: what readers see then is whole.
    if project.marts.exists():
        assert project.facts() == published.facts()
    else:
        assert project.snapshot() == {}
    assert "interrupted" in [r["status"] for r in project.runs()]
    assert secrets_in(project) == []
    project.buck("run").expect(0)
    assert project.differences(steady_truth) == []
    assert_same_raw(project, published, newest=True)
    assert project.leftovers() == []
    assert orphans_in(project) == []


def test_a_run_killed_while_it_builds_is_told_as_interrupted(
    early: Any, published: Any, seconds: dict[str, float], copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(early)
    connect_like(project, published)
    process = project.start("run")
    try:
        for line in process.stderr:
            if "pin raw tables" in line:
                break
        going_on = wait_for_step(project, "build candidates")
        # It waits while others look at it, however long they take.
        process.send_signal(signal.SIGSTOP)
        events = project.buck("pipeline", "logs", "all", "--json").expect(0).json
        assert {e["step"] for e in events if e["run_id"] == going_on["run_id"]} >= set(STEPS[:4])
        assert project.buck("query", "from core.buck_snapshot", "--json").expect(0).json
    finally:
        process.kill()
        process.communicate()
    newest = project.runs()[0]
    assert newest["run_id"] == going_on["run_id"]
    assert newest["status"] == "interrupted"
    assert "interrupted" in project.buck("pipeline", "status").expect(0).out


def test_a_landing_killed_on_its_own_is_repaired_by_the_next(
    project: Any,
    published: Any,
    assert_same_raw: Callable[..., None],
    orphans_in: Callable[[Any], list[str]],
    secrets_in: Callable[[Any], list[str]],
) -> None:
    """`python pipelines/stripe_pipeline.py` gives the guarantees that `buck run` gives."""
    connect_like(project, published)
    dice = random.Random(SEED)
    for _ in range(3):
        process = project.start("pipelines/stripe_pipeline.py", program=(sys.executable,))
        while not list(project.work.glob("landing/*")) and process.poll() is None:
            time.sleep(0.02)
        time.sleep(dice.uniform(0.0, 2.0))
        process.kill()
        process.communicate()
    assert secrets_in(project) == []
    project.python("pipelines/stripe_pipeline.py").expect(0)
    assert_same_raw(project, published, sources=("stripe",), newest=True)
    rows = {name: len(held) for name, held in project.versions("stripe").items()}
    project.python("pipelines/stripe_pipeline.py").expect(0)
    assert {name: len(held) for name, held in project.versions("stripe").items()} == rows
    assert project.runs()[0]["rows_landed"] == 0
    assert project.leftovers() == []
    assert orphans_in(project) == []


def wait_for_step(project: Any, step: str) -> dict[str, Any]:
    """The newest run once it is in this step; the line of the step before is printed first."""
    newest: dict[str, Any] = {}
    deadline = time.monotonic() + 30
    while newest.get("step") != step and time.monotonic() < deadline:
        newest = project.runs()[0]
    assert (newest["status"], newest["step"]) == ("running", step)
    return newest


def connect_like(project: Any, other: Any) -> None:
    """Take the sources of another project."""
    project.connect(other.work / "sandbox")


def assert_reads_complete(reads: list[dict[str, Any]], project: Any) -> None:
    import json

    assert reads
    assert [r for r in reads if r["error"]] == []
    expected = {}
    for file in project.lake.glob("snapshots/0*.json"):
        tables = json.loads(file.read_text())["tables"]
        rows = {f"{t['schema']}.{t['name']}": t["rows"] for t in tables}
        expected[file.stem] = rows | {"core.buck_snapshot": 1}
    for read in reads:
        assert read["snapshot"] == read["again"]
        assert read["rows"] == expected[read["snapshot"]]


def test_ten_processes_at_once_take_turns_and_land_everything_once(
    early: Any, published: Any, copy_of: Callable[[Any], Any], assert_same_raw: Callable[..., None]
) -> None:
    project = copy_of(early)
    pipelines = ("all", "stripe_daily", "sales_pipeline", "customer_360", "all") * 2
    processes = [project.start("run", name, "--wait", "600", "--json") for name in pipelines]
    told = [process.communicate(timeout=600) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), told
    runs = [json.loads(out) for out, _ in told]
    assert_same_raw(project, published)
    alone = copy_of(early).buck("run", "--json").expect(0).json
    assert sum(run["rows_landed"] for run in runs) == alone["rows_landed"]
    assert project.facts() == published.facts()
    assert len({run["snapshot"] for run in runs if run["published"]}) == sum(
        run["published"] for run in runs
    )
    waiting = [line for _, err in told for line in err.splitlines() if "waiting for" in line]
    assert {line for line in waiting if re.search(r"process \d+ \(buck run .+, since ", line)}
    assert project.leftovers() == []
