"""One run: land, build candidates, check them, publish if they pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from buck.errors import BuckError, ConfigError, GateClosed
from buck.flow.alerting import Ending, tell
from buck.flow.building import (
    Candidates,
    Inputs,
    build_candidates,
    gather_inputs,
    mark_built,
    prepare_database,
    workspace,
)
from buck.flow.checking import check_candidates
from buck.flow.git import git_commit
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.landing import choose_sources, declared_tables, land_source, new_load_id
from buck.flow.lock import hold_lock
from buck.flow.publishing import Override, approve_report, publish_candidates
from buck.flow.warmup import Warmup
from buck.lake import Lake, Publisher, held_versions
from buck.ledger import RunRecorder
from buck.project import Project
from buck.records.load import LoadReport, TimeRange
from buck.records.quality import QualityReport
from buck.records.run import Event, Status
from buck.records.snapshot import Hold, Snapshot

if TYPE_CHECKING:
    from buck.records.build import BuildResult, Progress


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did. `snapshot` is the published one, also when this run published nothing."""

    run_id: str
    pipeline: str
    status: Status
    as_of: datetime
    loads: tuple[LoadReport, ...]
    models_built: int = 0
    report: QualityReport | None = None
    snapshot: Snapshot | None = None
    published: bool = False
    hold: Hold | None = None
    """The rollback that kept this run from publishing."""

    @property
    def exit_code(self) -> int:
        """0 ok, 3 gate closed, 4 degraded."""
        return {Status.GATE_CLOSED: 3, Status.DEGRADED: 4}.get(self.status, 0)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "status": str(self.status),
            "as_of": self.as_of.isoformat(),
            "rows_landed": sum(load.rows_landed for load in self.loads),
            "loads": [load.to_dict() for load in self.loads],
            "models_built": self.models_built,
            "checks": self.report.counts if self.report else {},
            "blocking": [r.to_dict() for r in self.report.blocking] if self.report else [],
            "snapshot": self.snapshot.id if self.snapshot else None,
            "published": self.published,
            "hold": self.hold.to_dict() if self.hold else None,
        }


@dataclass(slots=True)
class RunOptions:
    """How a run differs from an ordinary one."""

    full_refresh: bool = False
    """Read the sources whole again, and build every model from scratch from the raw history."""
    span: TimeRange | None = None
    """Land this stretch of source time instead of what is new; no watermark moves."""
    span_tables: tuple[str, ...] = ()
    """The tables (`source.table`) whose range is landed; all of the pipeline's if empty."""
    as_of: datetime | None = None
    wait_s: float = 0.0
    override: Override | None = None
    on_event: Callable[[Event], None] = field(default=lambda _: None)
    on_progress: Callable[[Progress], None] = field(default=lambda _: None)
    confirmed_deletions: tuple[str, ...] = ()
    """Tables (`source.table`) of which many rows may be gone at once."""
    has_lock: bool = False
    """The caller holds the project's lock already."""
    warmup: Warmup | None = None
    """dbt and Soda, already getting ready."""


def run_pipeline(project: Project, name: str | None, options: RunOptions) -> RunResult:
    """Run a pipeline to its end: published, unchanged, or held back by the gate.

    Killing it at any point and running it again gives the same lake and the same marts.

    Raises:
        ConfigError, SourceError, LakeError, TransformError: the run failed; what was published
            before is still published. The failure is in the ledger.
        LakeLocked: another run has the project.
    """
    chosen, pipeline = project.pipeline(name)
    sources = choose_sources(project, pipeline.sources)
    _refuse_unknown(options.confirmed_deletions, sources, flag="--confirm-deletions")
    _refuse_unknown(options.span_tables, sources, flag="--table")
    if options.span_tables:
        named = {table.partition(".")[0] for table in options.span_tables}
        sources = [source for source in sources if source in named]
    as_of = project.as_of(options.as_of)
    lake = open_lake(project)
    lock = hold_lock(project.work, f"buck run {chosen}", wait_s=options.wait_s)
    with nullcontext() if options.has_lock else lock:
        recorder = RunRecorder(
            lake.storage,
            new_load_id(datetime.now(UTC)),
            pipeline=chosen,
            on_event=options.on_event,
        )
        recorder.start(
            as_of=as_of.isoformat(),
            environment=project.environment,
            config=project.config_hash,
            git=git_commit(project.root),
            sources=sources,
        )
        warmup = options.warmup or Warmup(workspace(project, as_of))
        run = _Run(project, lake, recorder, as_of, options, warmup)
        try:
            result = run.execute(sources, pipeline.select)
        except BaseException as exc:
            what = exc.what if isinstance(exc, BuckError) else type(exc).__name__
            if isinstance(exc, BuckError):
                hint = exc.hint
                tell(project, recorder, Ending(Status.FAILED, error=what, hint=hint))
            recorder.finish(Status.FAILED, error=what)
            raise
        is_complete = pipeline.select is None
        tell(project, recorder, Ending(result.status, result.report, is_complete=is_complete))
        facts = {"snapshot": result.snapshot.id if result.snapshot else None}
        if result.hold is not None:
            facts["error"] = f"{', '.join(result.hold.ids)} was withdrawn: a person must publish"
        recorder.finish(result.status, **facts)
        return result


@dataclass(slots=True)
class _Run:
    """One run under way: the steps, each recorded."""

    project: Project
    lake: Lake
    recorder: RunRecorder
    as_of: datetime
    options: RunOptions
    warmup: Warmup

    def execute(self, sources: list[str], select: str | None) -> RunResult:
        publisher = Publisher(self.lake)
        self.lake.sweep()
        before = publisher.heal()
        if before is None:
            self.warmup.start()
        loads = tuple(self._land(source) for source in sources)
        done = RunResult(
            run_id=self.recorder.run_id,
            pipeline=self.recorder.pipeline,
            status=Status.DEGRADED if any(load.is_degraded for load in loads) else Status.OK,
            as_of=self.as_of,
            loads=loads,
            snapshot=before,
        )
        inputs = self._pin()
        same = before is not None and before.fingerprint == inputs.fingerprint
        if same and not self.options.full_refresh:
            status = Status.UNCHANGED if done.status == Status.OK else done.status
            return replace(done, status=status)
        hold = None if self.options.override else publisher.snapshots.hold()
        if hold and not self.options.full_refresh and self._is_withdrawn(publisher, hold, inputs):
            return replace(done, status=Status.GATE_CLOSED, hold=hold)
        built, tested, candidates = self._build(inputs, select)
        cleared = check_candidates(
            self.project,
            self.recorder,
            tested,
            as_of=self.as_of,
            lake=self.lake,
            candidates=candidates,
            is_overridden=self.options.override is not None,
        )
        done = replace(done, models_built=len(built.models), report=cleared.report)
        try:
            approval = approve_report(cleared.report, self.options.override)
        except GateClosed:
            return replace(done, status=Status.GATE_CLOSED, hold=hold)
        if hold:
            return replace(done, status=Status.GATE_CLOSED, hold=hold)
        snapshot = publish_candidates(
            self.project,
            publisher,
            self.recorder,
            candidates,
            cleared=cleared,
            approval=approval,
            lifts_hold=self.options.override is not None,
        )
        return replace(done, snapshot=snapshot, published=True)

    def _is_withdrawn(self, publisher: Publisher, hold: Hold, inputs: Inputs) -> bool:
        """Whether a build would only make what a rollback took back."""
        found = (publisher.snapshots.read(number) for number in hold.withdrawn)
        return any(snapshot.fingerprint == inputs.fingerprint for snapshot in found)

    def _land(self, source: str) -> LoadReport:
        report = land_source(
            self.project,
            self.lake,
            source,
            as_of=self.as_of,
            recorder=self.recorder,
            is_whole=self.options.full_refresh,
            span=self.options.span,
            only=self.options.span_tables,
            confirmed=self.options.confirmed_deletions,
        )
        if report.rows_landed:
            # Something is new, so there will be a build: get ready while the others land.
            self.warmup.start()
        return report

    def _pin(self) -> Inputs:
        with self.recorder.step("pin raw tables") as facts:
            pins = pin_tables(self.project, self.lake, declared_tables(self.project))
            held = held_versions(self.lake)
            inputs = gather_inputs(self.project, pins, self.as_of, held=held)
            facts["lake_versions"] = inputs.lake_versions
        return inputs

    def _build(
        self, inputs: Inputs, select: str | None
    ) -> tuple[BuildResult, BuildResult, Candidates]:
        with self.recorder.step("build candidates") as facts:
            self.warmup.wait()
            prepared = prepare_database(self.project, self.lake, inputs)
            from_scratch = prepared.from_scratch
            built, tested = build_candidates(
                workspace(self.project, inputs.as_of),
                select=None if from_scratch else select,
                full_refresh=self.options.full_refresh or from_scratch,
                is_complete=prepared.is_complete and not self.options.full_refresh,
                on_progress=self.options.on_progress,
            )
            candidates = mark_built(
                self.project,
                inputs,
                run_id=self.recorder.run_id,
                is_whole=select is None or from_scratch,
            )
            for node in built.models:
                seconds = round(node.seconds, 3)
                self.recorder.add("model_built", node.status, model=node.name, seconds=seconds)
            facts |= {"models": len(built.models), "from_scratch": from_scratch}
        return built, tested, candidates


def _refuse_unknown(tables: Sequence[str], sources: Sequence[str], *, flag: str) -> None:
    for table in tables:
        source, _, name = table.partition(".")
        if source not in sources or not name:
            raise ConfigError(
                f"{table!r} is no table of {', '.join(sources)}",
                hint=f"write {flag} SOURCE.TABLE, as a run names it",
            )
