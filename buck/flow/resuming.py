"""What a run may build upon: an earlier one that broke, other pipelines it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from buck.errors import ConfigError, LakeError, PipelineBlocked
from buck.flow.building import Candidates, Inputs, read_candidates, workspace
from buck.flow.run_options import RunResult
from buck.lake import Lake
from buck.ledger import RunRecorder, find_due, newest, read_events, read_runs
from buck.project import Pipeline, Project
from buck.records.run import RunSummary, Status

if TYPE_CHECKING:
    from buck.records.build import BuildResult

RUNS = 100
"""Runs looked through for the newest of a pipeline."""
GOOD = (Status.OK, Status.UNCHANGED, Status.DEGRADED)
BROKEN = (Status.FAILED, Status.INTERRUPTED, Status.GATE_CLOSED, Status.DEGRADED, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run that broke, and what of it need not be done again."""

    run_ids: tuple[str, ...]
    """It, and those that it continued itself, newest first."""
    as_of: datetime
    landed: frozenset[str]
    """Sources that are landed whole."""
    full_refresh: bool


def find_broken(lake: Lake, pipeline: str) -> Resumed:
    """The newest run of a pipeline, if it broke.

    Raises:
        ConfigError: there is none, it ended well or still goes on, or it was a backfill.
    """
    last = newest(read_runs(lake.storage, limit=RUNS)).get(pipeline)
    status = last.status if last else None
    if last is None or status not in BROKEN or last.as_of is None:
        about = f"the newest run of {pipeline} is {str(status).replace('_', ' ')}"
        raise ConfigError(
            about if last else f"{pipeline} has never run", hint=f"buck run {pipeline}"
        )
    own = read_events(lake.storage, run_id=last.run_id)
    begun = own[0].facts
    if begun.get("span"):
        raise ConfigError(
            f"run {last.run_id} was a backfill", hint="give buck backfill the same range again"
        )
    landed = {
        e.step.removeprefix("land ")
        for e in own
        if e.kind == "step_finished"
        and e.step.startswith("land ")
        and e.status in (Status.OK, Status.KEPT)
    }
    return Resumed(
        run_ids=(last.run_id, *begun.get("continues", ())),
        as_of=last.as_of,
        landed=frozenset(landed),
        full_refresh=bool(begun.get("full_refresh")),
    )


def done_before(lake: Lake, pipeline: str, due_at: datetime) -> RunResult | None:
    """The run that a moment of the schedule had already, whatever became of it.

    Asked under the project's lock. A run that was killed does not count.
    """
    done = [r for r in find_due(lake.storage, pipeline, due_at) if r.status != Status.INTERRUPTED]
    if not done:
        return None
    last = done[-1]
    as_of = last.as_of or last.started_at
    return RunResult(last.run_id, pipeline, last.status, as_of, loads=(), is_repeated=True)


@dataclass(frozen=True, slots=True)
class Built:
    """Candidates that a broken run had finished, and dbt's tests on them."""

    candidates: Candidates
    tested: BuildResult


def built_before(project: Project, lake: Lake, resumed: Resumed, inputs: Inputs) -> Built | None:
    """The broken run's candidates, if they are of exactly these inputs; dbt's tests are run."""
    try:
        found = read_candidates(project, lake)
    except LakeError:
        return None
    if found.run_id not in resumed.run_ids or found.models_hash != inputs.models_hash:
        return None
    if dict(found.lake_versions) != inputs.lake_versions or found.as_of != inputs.as_of:
        return None
    from buck.transform import build, ensure_parsed

    space = workspace(project, inputs.as_of)
    ensure_parsed(space)
    chosen = found.select.split() if found.select else []
    tested = build(space, command="test", select=chosen, exclude=["resource_type:unit_test"])
    return Built(found, tested)


def require_upstream(
    lake: Lake, recorder: RunRecorder, name: str, pipeline: Pipeline, *, steps: Sequence[str]
) -> None:
    """Let a run pass whose pipelines before it are well; what they block is recorded.

    Raises:
        PipelineBlocked: the newest run of one of them failed, or it has never run.
    """
    if not pipeline.depends_on:
        return
    runs = newest(read_runs(lake.storage, limit=RUNS))
    bad = [p for p in pipeline.depends_on if p not in runs or runs[p].status not in GOOD]
    if not bad:
        return
    for step in steps:
        recorder.leave_out(step, Status.BLOCKED, by=bad)
    told = ", ".join(_told(p, runs.get(p)) for p in bad)
    raise PipelineBlocked(
        f"{name} is blocked: {told}", hint=f"buck run {bad[0]}, then buck run {name}"
    )


def _told(pipeline: str, run: RunSummary | None) -> str:
    if run is None:
        return f"{pipeline} has never run"
    return f"the newest run of {pipeline}, {run.run_id}, is {str(run.status).replace('_', ' ')}"
