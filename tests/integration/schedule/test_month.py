"""A month on a clock that leaps: every moment at which a pipeline was due is accounted for."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

DRIVE = Path(__file__).with_name("drive.py")
ROOT = Path(__file__).parents[3]
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)
FILE = """
version: 1
pipelines:
  hourly: {}
  daily: {depends_on: [hourly]}
orchestration:
  schedules:
    hourly: {cron: "0 * * * *", timezone: Europe/Berlin, catchup: false}
    daily: {cron: "0 6 * * *", timezone: Europe/Berlin, catchup: true}
"""

Ledger = dict[tuple[str, datetime], list[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".buck.yml").write_text(FILE)
    return tmp_path


@pytest.fixture
def start(project: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts a scheduler at a moment of the month."""

    def begin(at: datetime, naps: str = "") -> subprocess.Popen[str]:
        words = [str(DRIVE), str(project), at.isoformat(), END.isoformat(), naps]
        return subprocess.Popen(
            [sys.executable, *filter(None, words)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    return begin


def hours(first: int = 1) -> list[datetime]:
    """When `hourly` is due from a day on: every hour that passes, whatever clocks show."""
    return [START + timedelta(hours=n) for n in range((first - 1) * 24 + 1, 31 * 24)]


def mornings(first: int = 1) -> list[datetime]:
    """When `daily` is due from a day on: six in the morning of Berlin."""
    return [datetime(2026, 3, day, 6, tzinfo=BERLIN).astimezone(UTC) for day in range(first, 32)]


def read_ledger(project: Path) -> tuple[Ledger, dict[str, str]]:
    """What was recorded for each moment: ends of runs, and what the scheduler says; and why."""
    found: Ledger = {}
    runs: dict[str, tuple[str, datetime]] = {}
    reasons: dict[str, str] = {}
    for file in sorted(project.glob("lake/data_pipeline_logs/*/*.jsonl")):
        for event in map(json.loads, file.read_text().splitlines()):
            facts = event["facts"]
            if event["kind"] == "run_started" and "due_at" in facts:
                key = (event["pipeline"], datetime.fromisoformat(facts["due_at"]))
                runs[event["run_id"]] = key
                found.setdefault(key, []).append("started")
            elif event["kind"] == "run_finished" and event["run_id"] in runs:
                found[runs[event["run_id"]]].append(event["status"])
            elif event["kind"] == "due":
                key = (facts["pipeline"], datetime.fromisoformat(facts["due_at"]))
                if event["status"] not in found.get(key, []):
                    found.setdefault(key, []).append(event["status"])
                reasons[f"{key[0]} {key[1]:%d %H}"] = facts["reason"]
    return found, reasons


def finish(process: subprocess.Popen[str], project: Path) -> list[list[str]]:
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return [json.loads(line) for line in (project / "notices").read_text().splitlines()]


def test_a_month_with_failures_a_nap_and_a_change_of_clocks(
    project: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """The machine sleeps from the 17th, 03:00 UTC, for eight hours; clocks change on the 29th."""
    notices = finish(start(START, naps="2026-03-17T03:00+00:00=8"), project)
    ledger, reasons = read_ledger(project)
    assert set(ledger) == {("hourly", at) for at in hours()} | {("daily", at) for at in mornings()}

    slept = [at for at in hours() if at.day == 17 and 3 <= at.hour < 11]
    for (name, at), seen in ledger.items():
        expected = ["started", "ok"]
        if at.day == 5:
            expected = ["started", "failed"]
        elif (at.day, at.hour) == (7, 6):
            expected = ["failed"]
        elif (at.day, at.hour) == (9, 6):
            expected = ["started"]
        elif name == "hourly" and at in slept:
            expected = ["missed"]
        assert seen == expected, (name, at)
    assert "has no memory left" in reasons["hourly 07 06"]
    assert "machine was asleep; the run due at 2026-03-17 11:00" in reasons["hourly 17 03"]
    told = [text for _, _, _, text in notices if "slept" in text or "were missed" in text]
    assert told == [
        "the machine slept since 2026-03-17 02:00 UTC",
        "8 runs were missed (2026-03-17 03:00 to 2026-03-17 10:00 UTC): the scheduler was not "
        "running or the machine was asleep; the run due at 2026-03-17 11:00 UTC stands for it",
    ]
    late = next(n for n in notices if n[1] == "daily" and "21600 s late" in n[3])
    assert "started for 2026-03-17 05:00 UTC" in late[3]
    assert mornings()[28] - mornings()[27] == timedelta(hours=23), "no clocks changed"


def test_a_scheduler_killed_again_and_again_is_succeeded(
    project: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """The last days of the month; each time the machine stays off for up to five hours."""
    dice = random.Random(os.environ.get("SOAK_SEED", "2026"))
    first = 22
    at, down, kills = START + timedelta(days=first - 1), [], 0
    clock = project / "clock"
    clock.write_text(at.isoformat())
    while True:
        stood, process = clock.read_text(), start(at)
        # It has begun when its clock moves; then it is killed at any moment.
        while process.poll() is None and clock.read_text() == stood:
            time.sleep(0.01)
        try:
            process.wait(dice.uniform(0.0, 1.5) if kills < 8 else 200)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        _, err = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -9, err
        before = datetime.fromisoformat(clock.read_text())
        at = before + timedelta(hours=dice.randint(0, 5), minutes=dice.randint(0, 59))
        down.append((before, at))
    assert kills >= 4
    ledger, _ = read_ledger(project)
    expected = {("hourly", due) for due in hours(first)} | {("daily", m) for m in mornings(first)}
    assert set(ledger) == expected
    for (name, due), seen in ledger.items():
        assert len([status for status in seen if status != "started"]) == 1, (name, due, seen)
        if "missed" in seen:
            assert name == "hourly"
            assert any(one - timedelta(hours=1) <= due <= other for one, other in down), due
        else:
            assert seen[-1] == "ok", (name, due, seen)
