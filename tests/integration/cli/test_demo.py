"""`buck demo` in a fresh folder, and again, and where it must not."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def place(make_project: Any, empty_home: Path) -> Any:
    return make_project("demo")


@pytest.fixture(scope="module")
def first(place: Any) -> Any:
    return place.buck("demo", "--customers", "30")


def processes_in(folder: Path) -> list[str]:
    """Commands of processes that work for something below a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                where = str((entry / "cwd").readlink())
            except (OSError, UnicodeDecodeError):
                continue
            if str(folder) in command or where.startswith(str(folder)):
                found.append(command)
    return found


def test_the_demo_tells_its_acts_and_what_to_try_next(first: Any) -> None:
    first.expect(0)
    assert "demo ok" in first.out
    for currency in ("EUR", "USD", "JPY", "KWD"):
        assert currency in first.out
    assert "NO" not in first.out.split()
    for act in ("a company opens", "12 days pass", "the gate must refuse", "published again"):
        assert act in first.err
    assert 'buck query "from finance.agg_monthly_revenue"' in first.out + first.err
    assert "\x1b" not in first.out + first.err


def test_what_it_says_to_try_next_works(first: Any, place: Any) -> None:
    first.expect(0)
    assert place.buck("query", "from finance.agg_monthly_revenue", "--json").expect(0).json
    statuses = [r["status"] for r in place.runs()]
    assert statuses == ["ok", "gate_closed", "ok", "ok"]
    try:
        place.buck("sandbox", "up").expect(0)
        place.buck("sandbox", "advance", "--days", "1").expect(0)
        assert place.buck("run", "--json").expect(0).json["status"] == "ok"
    finally:
        place.buck("sandbox", "down").expect(0)


def test_it_leaves_no_process_and_writes_only_into_the_lake(first: Any, place: Any) -> None:
    first.expect(0)
    assert processes_in(place.root) == []
    assert {p.name for p in place.root.iterdir()} == {".buck.yml", "pipelines", "transform", "lake"}
    written = {p.name for p in (place.root / "transform").iterdir()}
    assert written & {"target", "logs", ".user.yml", "dbt_packages"} == set()
    assert list(place.home.iterdir()) == []


def test_a_second_demo_starts_over_and_gives_the_same_figures(first: Any, place: Any) -> None:
    first.expect(0)
    done = place.buck("demo", "--customers", "30", "--json").expect(0)
    assert done.err == ""
    told = done.json
    assert set(told) == {"steps", "ties", "passed", "seconds", "peak_memory_mb"}
    assert told["passed"] is True
    assert [s["status"] for s in told["steps"]] == ["ok"] * 6
    assert {t["currency"] for t in told["ties"]} >= {"eur", "usd", "jpy", "kwd"}
    for tie in told["ties"]:
        assert tie["is_equal"] is True
        assert tie["marts"] == tie["truth"]
        assert tie["differences"] == []
    (refused,) = [s for s in told["steps"] if "gate" in s["facts"]]
    assert refused["facts"]["gate"] == "gate_closed"
    assert refused["facts"]["published_marts_unchanged"] is True
    assert refused["facts"]["blocking"]
    assert len(place.runs()) == 4, "the runs of the first demo are gone"
    assert processes_in(place.root) == []


def test_ctrl_c_stops_its_servers_too(make_project: Any) -> None:
    project = make_project("stopped")
    with project.start("demo", "--customers", "20") as process:
        for line in process.stderr:
            if "pin raw tables" in line:
                break
        assert processes_in(project.root), "a company is there"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "nothing is half published" in said
    assert "Traceback" not in said
    assert processes_in(project.root) == []


def test_a_lake_with_data_of_its_own_is_refused(published: Any, tmp_path: Path) -> None:
    project = published.copy(tmp_path / "own")
    before = project.published_bytes()
    company = project.work / "sandbox" / "of-its-own"
    company.parent.mkdir(parents=True, exist_ok=True)
    company.touch()
    done = project.buck("demo").expect(2)
    assert "data of its own" in done.err
    assert "hint: " in done.err
    assert project.published_bytes() == before
    assert company.exists(), "the company behind the lake goes on"
    assert processes_in(project.root) == []
