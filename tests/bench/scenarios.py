"""What is measured: the way to a project, and the results in the order they are shown."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Once, Result, run_once

ROOT = Path(__file__).resolve().parents[2]
BUCK = str(Path(sys.executable).parent / "buck")


@dataclass(frozen=True, slots=True)
class Bench:
    """A scratch folder and how much is measured."""

    folder: Path
    runs: int
    rows: int

    @property
    def environment(self) -> dict[str, str]:
        """This process's, with bytecode: without it imports cost seconds."""
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return kept | {"PYTHONPATH": str(ROOT)}

    def once(self, *command: str, folder: Path | None = None) -> Once:
        """One process in the given folder."""
        return run_once(command, folder=folder or self.folder, environment=self.environment)

    def project(self, name: str) -> Path:
        """A copy of the project without a lake."""
        folder = self.folder / name
        folder.mkdir()
        shutil.copy2(ROOT / ".buck.yml", folder)
        skip = shutil.ignore_patterns("target", "logs", "__pycache__", ".user.yml")
        for part in ("pipelines", "transform"):
            shutil.copytree(ROOT / part, folder / part, ignore=skip)
        return folder


def measure_startup(bench: Bench) -> Iterator[Result]:
    """What a person waits for before anything happens."""
    project = bench.project("startup")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import typer": [sys.executable, "-c", "import typer"],
        "buck --help": [BUCK, "--help"],
        "buck --version": [BUCK, "--version"],
        "buck pipeline status": [BUCK, "pipeline", "status"],
    }
    aims = {"buck --help": 0.15, "buck pipeline status": 0.3}
    results = {name: Result(name, aim_s=aims.get(name)) for name in commands}
    for command in commands.values():  # bytecode and file caches
        bench.once(*command, folder=project)
    # Interleaved, so that a busy moment hits all of them.
    for _ in range(bench.runs * 4):
        for name, command in commands.items():
            results[name].runs.append(bench.once(*command, folder=project))
    for name, result in results.items():
        if name.startswith("buck"):
            result.relative_to = "import typer"
            result.ratio = result.wall_s / results["import typer"].wall_s
        yield result


def measure_runs(bench: Bench) -> Iterator[Result]:
    """The demo, its publishes, and a run with nothing new."""
    project = bench.project("demo")
    demo = Result("buck demo", aim_s=60.0)
    demo.runs.append(bench.once(BUCK, "demo", folder=project))
    yield demo
    yield from _steps(bench, project)
    try:
        bench.once(BUCK, "sandbox", "up", folder=project)
        bench.once(BUCK, "run", folder=project)
        idle = Result("run with nothing new", aim_s=4.0)
        for _ in range(bench.runs):
            idle.runs.append(bench.once(BUCK, "run", folder=project))
            assert "nothing new" in idle.runs[-1].output
        yield idle
    finally:
        bench.once(BUCK, "sandbox", "down", folder=project)


def _steps(bench: Bench, project: Path) -> Iterator[Result]:
    """Steps of the demo's runs, as the ledger timed them; memory is that of the whole demo."""
    logged = bench.once(BUCK, "pipeline", "logs", "all", "--json", folder=project).output
    found: dict[str, list[float]] = {}
    for event in _events(json.loads(logged)):
        if event.get("kind") == "step_finished":
            found.setdefault(event["step"], []).append(event["facts"]["seconds"])
    for step, seconds in found.items():
        result = Result(f"  step: {step}")
        result.runs = [Once(s, 0.0, 0.0, "") for s in seconds]
        yield result


def _events(value: object) -> Iterator[dict]:
    """Every mapping with a `kind` in a JSON document, however it is nested."""
    if isinstance(value, dict):
        if "kind" in value:
            yield value
        else:
            for below in value.values():
                yield from _events(below)
    elif isinstance(value, list):
        for below in value:
            yield from _events(below)


def measure_landing(bench: Bench) -> Iterator[Result]:
    """Bulk payments into Delta, beside writing the same batches as plain Parquet."""
    ways = ("generate", "parquet", "delta")
    results = {way: Result(f"{bench.rows:,} payments: {way}") for way in ways}
    for number in range(bench.runs):
        for way, result in results.items():
            project = bench.project(f"landing-{number}-{way}")
            command = (sys.executable, "-m", "tests.bench.landing", way, str(bench.rows))
            result.runs.append(bench.once(*command, folder=project))
            shutil.rmtree(project)
    making = results["generate"].wall_s
    # Per round, so that a busy minute cancels out.
    ratios = [
        (delta.wall_s - making) / max(plain.wall_s - making, 0.001)
        for plain, delta in zip(results["parquet"].runs, results["delta"].runs, strict=True)
    ]
    results["delta"].relative_to = "plain Parquet, less generating"
    results["delta"].ratio = statistics.median(ratios)
    results["delta"].aim_ratio = 1.5
    yield from results.values()


SCENARIOS = {"startup": measure_startup, "landing": measure_landing, "runs": measure_runs}
