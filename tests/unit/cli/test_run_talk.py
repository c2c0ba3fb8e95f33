"""What a run says: a table of steps that moves on a terminal, plain lines anywhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from buck.cli.progress import RunTalk
from buck.records.run import Event
from tests.terminal import on_terminal

WIDTH = 80
STORY = """
import time
from datetime import UTC, datetime
from buck.cli.progress import RunTalk
from buck.records.build import Progress
from buck.records.load import Reading
from buck.records.run import Event

def event(kind, step, status="running", **facts):
    return Event("r", 0, datetime.now(UTC), "all", kind, step, status, facts)

landed = {"rows_landed": 7, "rows_received": 7, "tables": 2, "seconds": 0.5}
with RunTalk() as talk:
    for source in ("stripe", "app"):
        talk.event(event("step_started", f"land {source}"))
        talk.reading(f"land {source}", lambda: Reading(1234567, 45_600_000))
    time.sleep(0.6)
    talk.event(event("step_finished", "land stripe", "ok", **landed))
    time.sleep(0.4)
    talk.event(event("step_finished", "land app", "ok", **landed))
    talk.event(event("step_started", "build candidates"))
    for index in (1, 58):
        name = "relationships_" + "x" * 100
        talk.progress(Progress("started", "test.t", name, "test", index, 121, None, 0.0))
        time.sleep(0.4)
    BREAK
    talk.event(event("step_finished", "build candidates", "ok", models=96, seconds=1.0))
"""
INTERRUPT = "raise KeyboardInterrupt"
SHOWN, HIDDEN = "\x1b[?25h", "\x1b[?25l"


def told_on_terminal(story: str) -> str:
    """All that a terminal of 80 columns was sent."""
    # Whoever sets COLUMNS asks for another width.
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    sent, _ = on_terminal(
        [sys.executable, "-c", story], env=env, width=WIDTH, stdout=subprocess.DEVNULL
    )
    return sent


def lines_of(sent: str) -> list[str]:
    """Each line that was drawn, as often as it was."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", sent)
    return re.split(r"[\r\n]+", plain)


def test_steps_move_on_a_terminal_and_stay_as_lines_when_they_are_over() -> None:
    sent = told_on_terminal(STORY.replace("BREAK", ""))
    lines = lines_of(sent)
    assert any(re.search(r"land stripe +0:00:00 +1,234,567 rows, 45\.6 MB", one) for one in lines)
    assert any(
        re.search(r"build candidates +0:00:0\d .*57/121 relationships_x+…", one) for one in lines
    )
    assert max(map(len, lines)) <= WIDTH, "a longer one would be wrapped, and never removed"
    over = [line for line in lines if line.startswith("✓")]
    assert over == [
        "✓ land stripe        7 new rows in 2 tables (0.5 s)",
        "✓ land app           7 new rows in 2 tables (0.5 s)",
        "✓ build candidates   96 models (1.0 s)",
    ]
    assert sent.rindex(SHOWN) > sent.rindex(HIDDEN)


def test_a_run_that_is_interrupted_gives_the_cursor_back() -> None:
    sent = told_on_terminal(STORY.replace("BREAK", INTERRUPT))
    assert sent.rindex(SHOWN) > sent.rindex(HIDDEN)


def test_there_are_plain_lines_where_no_terminal_is(capsys: Any) -> None:
    with RunTalk() as talk:
        at, step = datetime(2026, 1, 1, tzinfo=UTC), "build candidates"
        talk.event(Event("r", 0, at, "all", "step_started", step, "running"))
        facts = {"models": 96, "seconds": 1.0}
        talk.event(Event("r", 1, at, "all", "step_finished", step, "ok", facts))
    assert capsys.readouterr().err == "✓ build candidates   96 models (1.0 s)\n"
