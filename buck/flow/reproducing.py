"""Bringing a run's candidates back from the lake alone, to look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from buck.errors import BuckError, ConfigError, LakeError
from buck.flow.anomalies import measure_tables
from buck.flow.building import (
    Inputs,
    build_candidates,
    gather_inputs,
    mark_built,
    prepare_database,
    workspace,
)
from buck.flow.checking import judge, record_check
from buck.flow.holding import foresee
from buck.flow.lake_access import open_lake, pin_versions
from buck.flow.landing import declared_tables, new_load_id
from buck.flow.lock import hold_lock
from buck.flow.strictness import strict_tables
from buck.ledger import RunRecorder, find_run
from buck.project import Project
from buck.records.quality import QualityReport
from buck.records.run import Event, Status

if TYPE_CHECKING:
    from buck.records.build import BuildResult

PINNED = "pin raw tables"


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A run's candidates, brought back and judged again."""

    run_id: str
    as_of: datetime
    report: QualityReport

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"run_id": self.run_id, "as_of": self.as_of.isoformat()} | self.report.to_dict()


def reproduce_run(project: Project, run_id: str, *, wait_s: float = 0.0) -> Reproduced:
    """Bring an earlier run's candidates back, on any machine, and judge them again.

    What the run read is in the lake, and the ledger says which versions and which time: the build
    database holds afterwards what it held then, as far as the models are the same. Nothing is
    landed and nothing published.

    Args:
        project: The project.
        run_id: The run's id, or how it begins.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: the ledger has no such run.
        LakeError: the run stopped before it had pinned the raw tables.
        LakeDamaged: a raw version is no longer kept.
    """
    lake = open_lake(project)
    events = find_run(lake.storage, run_id)
    if not events:
        raise ConfigError(f"no run's id begins with {run_id!r}", hint="buck pipeline status")
    as_of, versions = _read_run(events)
    original = events[0].run_id
    with hold_lock(project.work, f"buck reproduce {original}", wait_s=wait_s):
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline="reproduce")
        recorder.start(as_of=as_of.isoformat(), environment=project.environment, run=original)
        try:
            with recorder.step(PINNED) as facts:
                pins = pin_versions(project, lake, versions, declared_tables(project))
                inputs = gather_inputs(project, pins, as_of)
                facts["lake_versions"] = inputs.lake_versions
            with recorder.step("build candidates") as facts:
                prepare_database(project, lake, inputs, anew=True)
                built, tested = _build_all(project, inputs)
                mark_built(project, inputs, run_id=original)
                facts |= {"models": len(built.models), "from_scratch": True}
            with recorder.step("check candidates") as facts:
                volumes = measure_tables(project, as_of=as_of)
                report = judge(
                    project,
                    tested,
                    as_of=as_of,
                    run_id=original,
                    volumes=volumes,
                    strict=strict_tables(project, lake, original),
                )
                report = foresee(project, lake, report)
                for result in report.results:
                    record_check(recorder, result)
                facts |= {"checks": report.counts, "blocking": len(report.blocking)}
        except BuckError as exc:
            recorder.finish(Status.FAILED, error=exc.what)
            raise
        recorder.finish(Status.OK if report.passed else Status.GATE_CLOSED)
    return Reproduced(original, as_of, report)


def _build_all(project: Project, inputs: Inputs) -> tuple[BuildResult, BuildResult]:
    return build_candidates(
        workspace(project, inputs.as_of),
        select=None,
        full_refresh=True,
        is_complete=False,
        on_progress=lambda _: None,
    )


def _read_run(events: list[Event]) -> tuple[datetime, dict[str, int]]:
    """When a run was, and the versions it pinned."""
    as_of = events[0].facts.get("as_of")
    pinned = [
        event.facts["lake_versions"]
        for event in events
        if event.kind == "step_finished" and "lake_versions" in event.facts
    ]
    if not as_of or not pinned:
        raise LakeError(
            f"run {events[0].run_id} stopped before it had pinned the raw tables",
            hint="buck pipeline logs tells where; there are no candidates to bring back",
        )
    versions = {str(table): int(version) for table, version in pinned[-1].items()}
    return datetime.fromisoformat(as_of), versions
