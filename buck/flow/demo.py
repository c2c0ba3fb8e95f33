"""The demo: the main job on the sandbox company, with bad data on the way, tied to the truth."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck import sandbox
from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.lake_access import open_lake
from buck.flow.lock import hold_lock
from buck.flow.run import RunOptions, RunResult, run_pipeline
from buck.flow.truth import tie_revenue
from buck.flow.warmup import Warmup
from buck.lake import Lake, SnapshotStore
from buck.project import Project, open_project
from buck.records.demo import DemoResult, DemoStep, RevenueTie
from buck.records.load import OnReading
from buck.records.run import Event, Status

if TYPE_CHECKING:
    from buck.records.build import Progress

MARKER = "demo.json"
FIRST_DAYS = 45
MORE_DAYS = 12
SPOILS = ("duplicates", "negative_amounts")


@dataclass(slots=True)
class DemoTalk:
    """Who is told what while the demo goes on."""

    on_step: Callable[[str], None] = field(default=lambda _: None)
    on_done: Callable[[DemoStep], None] = field(default=lambda _: None)
    on_event: Callable[[Event], None] = field(default=lambda _: None)
    on_progress: Callable[[Progress], None] = field(default=lambda _: None)
    on_reading: OnReading = field(default=lambda *_: None)


class Demo:
    """One demo in one project folder, on a lake that holds nothing else.

    Raises:
        ConfigError: the project's lake holds data that no demo put there.
    """

    def __init__(self, folder: Path, talk: DemoTalk, *, customers: int = 60) -> None:
        self.folder = folder
        self.talk = talk
        self.customers = customers
        self.steps: list[DemoStep] = []
        self.ties: tuple[RevenueTie, ...] = ()
        self.warmup: Warmup | None = None

    def run(self) -> DemoResult:
        """All acts; the sandbox is stopped afterwards, its files stay for `buck sandbox up`."""
        started = time.monotonic()
        project = open_project(self.folder)
        with hold_lock(project.work, "buck demo"):
            _clear_last_demo(project)
            # Started here, it is ready when the company is.
            self.warmup = Warmup(workspace(project, project.as_of()))
            self.warmup.start()
            try:
                self._acts(project)
            finally:
                sandbox.down(project.sandbox_folder)
        passed = all(s.status == "ok" for s in self.steps) and all(t.is_equal for t in self.ties)
        return DemoResult(
            tuple(self.steps), self.ties, passed, time.monotonic() - started, _peak_memory_mb()
        )

    def _acts(self, project: Project) -> None:
        home = project.sandbox_folder
        self._act(
            "a company opens: Stripe, Salesforce and PostgreSQL, 45 days of history",
            lambda: _company(sandbox.up(home, customers=self.customers, days=FIRST_DAYS)),
        )
        self._act("the first load, models, checks, published marts", self._publish)
        self._act(
            f"{MORE_DAYS} days pass: late refunds, updates, deletions",
            lambda: _company(sandbox.advance(home, days=MORE_DAYS)),
        )
        self._act("only what changed is loaded and rebuilt", self._publish)
        for kind in SPOILS:
            sandbox.spoil(home, kind)
        self._act("the payment source goes wrong: the gate must refuse", self._refuse)
        sandbox.heal(home)
        self._act("the source is healed: published again", self._publish)

    def _act(self, title: str, act: Callable[[], dict[str, Any]]) -> None:
        self.talk.on_step(title)
        started = time.monotonic()
        facts = act()
        status = str(facts.pop("status", "ok"))
        step = DemoStep(title, status, round(time.monotonic() - started, 2), facts)
        self.steps.append(step)
        self.talk.on_done(step)

    def _run(self) -> tuple[Project, RunResult]:
        # Opened anew each time: the sandbox's clock is one of the project's variables.
        project = open_project(self.folder, prefer_sandbox=True)
        _mark(project)
        options = RunOptions(
            on_event=self.talk.on_event,
            on_progress=self.talk.on_progress,
            on_reading=self.talk.on_reading,
            has_lock=True,
            warmup=self.warmup,
        )
        return project, run_pipeline(project, None, options)

    def _publish(self) -> dict[str, Any]:
        project, result = self._run()
        self.ties = tie_revenue(project, sandbox.truth(project.sandbox_folder))
        unequal = [d for tie in self.ties for d in tie.differences]
        good = result.status == Status.OK and not unequal
        return {
            "status": "ok" if good else "failed",
            "snapshot": result.snapshot.id if result.snapshot else None,
            "rows_landed": sum(load.rows_landed for load in result.loads),
            "checks": result.report.counts if result.report else {},
            "currencies_equal_to_truth": sum(t.is_equal for t in self.ties),
            "currencies": len(self.ties),
            "differences": unequal,
        }

    def _refuse(self) -> dict[str, Any]:
        before = _marts_state(open_project(self.folder))
        project, result = self._run()
        blocking = result.report.blocking if result.report else ()
        unchanged = _marts_state(project) == before
        good = result.status == Status.GATE_CLOSED and unchanged
        return {
            "status": "ok" if good else "failed",
            "gate": str(result.status),
            "blocking": [f"{r.check.schema}.{r.check.table}: {r.check.name}" for r in blocking],
            "published_marts_unchanged": unchanged,
            "snapshot": result.snapshot.id if result.snapshot else None,
        }


def _company(status: sandbox.SandboxStatus) -> dict[str, Any]:
    return {
        "day": status.days,
        "now": status.now_at.isoformat(),
        "records": {s.name: sum(s.records.values()) for s in status.systems},
    }


def _marts_state(project: Project) -> tuple[int, dict[str, str]]:
    current = SnapshotStore(open_lake(project).storage).current()
    if current is None:
        return 0, {}
    return current.number, {f"{t.schema}.{t.name}": t.content_hash for t in current.tables}


def _mark(project: Project) -> None:
    """Remember that this lake is the demo's, so that the next demo may clear it."""
    (project.work / MARKER).write_text(json.dumps({"lake": open_lake(project).identity}))


def _clear_last_demo(project: Project) -> None:
    """Make room for another demo; a lake that is not a demo's stays, and the company behind it."""
    lake = open_lake(project)
    if lake.exists:
        _refuse_strange_lake(project, lake)
    sandbox.down(project.sandbox_folder, forget=True)
    if not lake.exists:
        return
    root = Path(project.lake_root)
    for name in ("raw", "marts", "snapshots", "data_pipeline_logs"):
        shutil.rmtree(root / name, ignore_errors=True)
    for name in ("lake.json", "marts.duckdb"):
        (root / name).unlink(missing_ok=True)


def _refuse_strange_lake(project: Project, lake: Lake) -> None:
    try:
        marked = json.loads((project.work / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        marked = {}
    if marked.get("lake") != lake.identity or not lake.storage.is_local:
        raise ConfigError(
            f"the lake at {project.lake_root} holds data of its own",
            hint="run the demo in another copy of the project, or move the lake away",
        )


def _peak_memory_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)
