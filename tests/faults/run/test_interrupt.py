"""Ctrl-C at every step of a run: one behaviour, and the next run does what is left."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buck import sandbox
from buck.ledger.objects import FOLDER

SAFE = "what was landed stays, nothing is half published"


@pytest.fixture
def behind(early: Any, published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A project with twelve days to catch up, and a pipeline of one source."""
    project = copy_of(early)
    project.connect(published.work / "sandbox")
    project.edit(".buck.yml", "pipelines:\n", "pipelines:\n  people:\n    sources: [app]\n")
    return project


@pytest.fixture
def slow_stripe(faulty_sandbox: Path) -> Path:
    """The sandbox of which Stripe answers late."""
    sandbox.set_faults(faulty_sandbox, "stripe", {"delay_s": 30})
    return faulty_sandbox


def recorded(project: Any) -> set[str]:
    """The objects of the run record."""
    return {file.name for file in (project.lake / FOLDER).rglob("*.jsonl")}


def wait_until(is_so: Callable[[], object]) -> None:
    """Look every moment, for a minute at most."""
    give_up_at = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def interrupt(
    project: Any, *args: str, after: str = "", pause_s: float = 0.3, by: int = signal.SIGINT
) -> tuple[str, subprocess.Popen[str]]:
    """Start a command and send the signal once it has said this, or lands; all that it said."""
    before = recorded(project)
    process = project.start(*args)
    said = ""
    try:
        if after:
            for line in process.stderr:
                said += line
                if after in line:
                    break
        else:
            wait_until(lambda: recorded(project) != before)
            if args[0] == "run":
                wait_until(lambda: list(project.work.glob("landing/*")))
        time.sleep(pause_s)
        assert process.poll() is None, "it was over before it was interrupted"
        began = time.monotonic()
        process.send_signal(by)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - began < 5, "it stops soon"
    finally:
        process.kill()
        process.communicate()
    return said + out + err, process


def assert_interrupted(project: Any, said: str, process: Any, *steps: str, again: str) -> None:
    assert process.returncode == 130, said
    told = re.search(r"^interrupted (.*): " + SAFE + r"\nnext: (.*)$", said, re.M)
    assert told, said
    assert any(step in told[1] for step in steps), said
    assert told[2] == again
    assert "error" not in said
    assert "CTRL-C received" not in said
    newest = project.runs()[0]
    assert newest["status"] == "interrupted"
    assert newest["error"] == f"interrupted {told[1]}"
    assert not (project.work / "crashes").exists()


def test_ctrl_c_is_the_same_at_every_step(
    behind: Any, published: Any, early: Any, slow_stripe: Path
) -> None:
    project = behind
    again = "buck run all --continue, or buck run all"
    said, process = interrupt(project, "run", "all")
    assert_interrupted(project, said, process, "land stripe", again=again)
    assert not re.search(r"^. land stripe", said, re.M), "nothing more is said of the step"
    sandbox.clear_faults(slow_stripe)

    for after, steps in (
        ("pin raw tables", ("build candidates",)),
        ("build candidates", ("check candidates", "publish")),
    ):
        said, process = interrupt(project, "run", "all", "--continue", after=after)
        assert_interrupted(project, said, process, *steps, again=again)
        assert project.facts() == early.facts()
    said, process = interrupt(project, "publish")
    assert_interrupted(
        project, said, process, "check", "publish", "start", again="the same command again goes on"
    )
    project.buck("publish").expect(0)
    assert project.facts() == published.facts()
    assert project.leftovers() == []


def test_ctrl_c_in_the_landing_of_one_source(behind: Any, slow_stripe: Path) -> None:
    """Where dlt has handlers of its own in the main thread."""
    behind.edit(".buck.yml", "sources: [app]", "sources: [stripe]")
    said, process = interrupt(behind, "run", "people")
    again = "buck run people --continue, or buck run people"
    assert_interrupted(behind, said, process, "land stripe", again=again)


def test_a_run_that_is_cancelled_says_so_itself(behind: Any, slow_stripe: Path) -> None:
    project = behind
    before = recorded(project)
    process = project.start("run", "all")
    wait_until(lambda: recorded(project) != before)
    told = project.buck("pipeline", "cancel", "all").expect(0)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    line = re.search(r"^cancelled by (\S+) at [\d-]+ [\d:]+ UTC (.*): " + SAFE + "$", said, re.M)
    assert line, said
    assert "next: buck run all --continue, or buck run all" in said
    run = project.runs()[0]
    assert run["status"] == "cancelled"
    assert run["error"].startswith(f"cancelled by {line[1]} at ")
    assert run["error"] in told.out


def test_a_command_without_a_run_says_that_it_was_interrupted(published: Any) -> None:
    process = published.start("query", "select count(*) from range(100000000000)")
    # While libraries are imported one may be lost, as in any Python program.
    for _ in range(10):
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        if process.poll() is not None:
            break
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert said.count("interrupted") == 1, said
