"""One run: land, build candidates, check them, publish if they pass."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from buck.errors import BuckError, GateClosed, PipelineBlocked
from buck.flow.alerting import Ending, tell
from buck.flow.backfilling import find_progress, part_name, split_span
from buck.flow.branches import land_branches
from buck.flow.building import (
    Candidates,
    Inputs,
    build_candidates,
    gather_inputs,
    is_half_built,
    mark_built,
    prepare_database,
    workspace,
)
from buck.flow.checking import check_candidates
from buck.flow.deadline import deadline, late_text, lateness
from buck.flow.git import git_commit
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.landed import require_landed
from buck.flow.landing import choose_sources, declared_tables, land_source, new_load_id
from buck.flow.lock import hold_lock
from buck.flow.observing import End, observe_end, observe_start, record_nodes
from buck.flow.part_landing import Turn, land_parts
from buck.flow.parts import build_name, find_built, land_name
from buck.flow.publishing import approve_report, publish_candidates
from buck.flow.resuming import (
    Resumed,
    built_before,
    done_before,
    find_broken,
    require_upstream,
)
from buck.flow.run_options import RunOptions, RunResult
from buck.flow.warmup import Warmup
from buck.lake import Lake, Publisher, held_versions
from buck.ledger import RunRecorder
from buck.pipelines import preload
from buck.project import Pipeline, Project
from buck.records.load import LoadReport, TimeRange
from buck.records.run import Status
from buck.records.snapshot import Hold

if TYPE_CHECKING:
    from buck.records.build import BuildResult

__all__ = ["RunOptions", "RunResult", "run_pipeline"]

BUILDING = ("pin raw tables", "build candidates", "check candidates", "publish")
"""The steps after landing, in their order: each needs all before it."""


def run_pipeline(project: Project, name: str | None, options: RunOptions) -> RunResult:
    """Run a pipeline to its end: published, unchanged, or held back by the gate.

    Killing it at any point and running it again gives the same lake and the same marts.

    Raises:
        ConfigError, SourceError, LakeError, TransformError: the run failed; what was published
            before is still published. The failure is in the ledger. Other sources than the one
            that failed are landed.
        PipelineBlocked: a pipeline that it depends on has failed.
        RunTimedOut: it took longer than the pipeline's timeout.
        LakeLocked: another run has the project.
    """
    chosen, pipeline = project.pipeline(name)
    sources = choose_sources(project, pipeline.sources)
    options.refuse_unknown(sources)
    if options.span_tables:
        named = {table.partition(".")[0] for table in options.span_tables}
        sources = [source for source in sources if source in named]
    lake = open_lake(project)
    lock = hold_lock(
        project.work, f"buck run {chosen}", wait_s=options.wait_s, on_wait=options.on_wait
    )
    with nullcontext() if options.has_lock else lock:
        if options.due_at and (done := done_before(lake, chosen, options.due_at)):
            return done
        resumed = find_broken(lake, chosen) if options.resume else None
        if options.part == "publish":
            resumed = find_built(lake, chosen, sources)
        if resumed:
            options = replace(options, full_refresh=resumed.full_refresh)
        as_of = resumed.as_of if resumed else project.as_of(options.as_of)
        recorder = RunRecorder(
            lake.storage,
            new_load_id(datetime.now(UTC)),
            pipeline=build_name(chosen) if options.part == "build" else chosen,
            on_event=options.on_event,
        )
        recorder.start(
            as_of=as_of.isoformat(),
            environment=project.environment,
            config=project.config_hash,
            git=git_commit(project.root),
            sources=sources,
            **_told(options, resumed),
        )
        observe_start(project, recorder)
        warmup = options.warmup or Warmup(workspace(project, as_of))
        run = _Run(project, lake, recorder, as_of, options, warmup, pipeline, resumed)
        try:
            with deadline(project, recorder, pipeline.timeout, on_timeout=options.on_timeout):
                steps = (*(f"land {source}" for source in sources), *BUILDING)
                require_upstream(lake, recorder, chosen, pipeline, steps=steps)
                result = run.execute(sources)
        except BaseException as exc:
            run.record_failure(exc)
            raise
        late = lateness(pipeline, recorder, options.due_at)
        if options.part != "build":
            # What is only built has news for nobody yet.
            ending = Ending(
                result.status,
                result.report,
                is_complete=pipeline.select is None,
                late=late_text(late),
            )
            tell(project, recorder, ending)
        facts = {"snapshot": result.snapshot.id if result.snapshot else None}
        if result.hold is not None:
            facts["error"] = f"{', '.join(result.hold.ids)} was withdrawn: a person must publish"
        observe_end(project, recorder, End(result.status, facts.get("error") or ""))
        recorder.finish(result.status, **facts, **late)
        return result


def _told(options: RunOptions, resumed: Resumed | None) -> dict[str, Any]:
    """How the run differs from an ordinary one, for the ledger."""
    facts: dict[str, Any] = {}
    if options.full_refresh:
        facts["full_refresh"] = True
    if options.span:
        facts |= {"span": str(options.span), "span_tables": sorted(options.span_tables)}
        if options.parallel > 1:
            facts["parallel"] = options.parallel
    if resumed:
        facts["continues"] = list(resumed.run_ids)
    if options.due_at:
        facts["due_at"] = options.due_at.isoformat()
    return facts


@dataclass(slots=True)
class _Run:
    """One run under way: the steps, each recorded."""

    project: Project
    lake: Lake
    recorder: RunRecorder
    as_of: datetime
    options: RunOptions
    warmup: Warmup
    pipeline: Pipeline
    resumed: Resumed | None

    def execute(self, sources: list[str]) -> RunResult:
        publisher = Publisher(self.lake)
        self.lake.sweep()
        before = publisher.heal()
        if before is None:
            self.warmup.start()
        loads = self._land_as_asked(sources)
        done = RunResult(
            run_id=self.recorder.run_id,
            pipeline=self.recorder.pipeline,
            status=Status.DEGRADED if any(load.is_degraded for load in loads) else Status.OK,
            as_of=self.as_of,
            loads=loads,
            snapshot=before,
        )
        inputs = self._pin()
        same = before is not None and inputs.is_met_by(before.fingerprint)
        if same and not self.options.full_refresh and not is_half_built(self.project):
            status = Status.UNCHANGED if done.status == Status.OK else done.status
            return replace(done, status=status)
        hold = None if self.options.override else publisher.snapshots.hold()
        if hold and not self.options.full_refresh and self._is_withdrawn(publisher, hold, inputs):
            return replace(done, status=Status.GATE_CLOSED, hold=hold)
        models_built, tested, candidates = self._build(inputs)
        if self.options.part == "build":
            return replace(done, models_built=models_built)
        cleared = check_candidates(
            self.project,
            self.recorder,
            tested,
            as_of=self.as_of,
            lake=self.lake,
            candidates=candidates,
            strict=self.pipeline.checks.strict,
            is_overridden=self.options.override is not None,
        )
        done = replace(done, models_built=models_built, report=cleared.report)
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

    def record_failure(self, exc: BaseException) -> None:
        """Tell and record how the run broke, unless whoever stopped it has."""
        if self.recorder.is_stopped:
            return
        if isinstance(exc, KeyboardInterrupt):
            what = f"interrupted {self.recorder.whereabouts}"
            self.recorder.finish(Status.INTERRUPTED, error=what)
            return
        what = exc.what if isinstance(exc, BuckError) else type(exc).__name__
        status = Status.BLOCKED if isinstance(exc, PipelineBlocked) else Status.FAILED
        # What blocks a run was told when it broke; being blocked mends nothing either.
        if isinstance(exc, BuckError) and status == Status.FAILED:
            tell(self.project, self.recorder, Ending(status, error=what, hint=exc.hint))
        if isinstance(exc, Exception):
            observe_end(self.project, self.recorder, End(status, what))
        late = lateness(self.pipeline, self.recorder, self.options.due_at)
        self.recorder.finish(status, error=what, **late)

    def _is_withdrawn(self, publisher: Publisher, hold: Hold, inputs: Inputs) -> bool:
        """Whether a build would only make what a rollback took back."""
        found = (publisher.snapshots.read(number) for number in hold.withdrawn)
        return any(inputs.is_met_by(snapshot.fingerprint) for snapshot in found)

    def _land_all(self, sources: Sequence[str]) -> tuple[LoadReport, ...]:
        """Land the sources side by side; if one fails, what needs it is blocked."""
        kept = self.resumed.landed if self.resumed else frozenset()
        for source in sources:
            if self.resumed and source in kept:
                by = self.resumed.run_ids[0]
                self.recorder.leave_out(f"land {source}", Status.KEPT, by=[by])
        wanted = [source for source in sources if source not in kept]
        done = land_branches(wanted, self._land, at_once=self._prepare_landing(wanted))
        if done.failed:
            self._block(BUILDING, by=[f"land {source}" for source in done.failed])
            done.raise_first()
        return done.loads

    def _prepare_landing(self, sources: Sequence[str]) -> int:
        """How many sources land at once."""
        at_once = self.project.settings.performance.max_parallel_sources
        if (len(sources) > 1 and at_once > 1) or self.options.parallel > 1:
            # Once, before several loads would at the same moment.
            _ = self.lake.identity
            preload()
        return at_once

    def _land_as_asked(self, sources: Sequence[str]) -> tuple[LoadReport, ...]:
        if self.options.part:
            return self._leave_landing(sources)
        if self.options.span:
            return self._land_parts(sources, self.options.span)
        return self._land_all(sources)

    def _leave_landing(self, sources: Sequence[str]) -> tuple[LoadReport, ...]:
        """Others have landed the sources, as runs of their own."""
        for source in sources:
            self.recorder.leave_out(f"land {source}", Status.KEPT, by=[land_name(source)])
        return ()

    def _land_parts(self, sources: Sequence[str], span: TimeRange) -> tuple[LoadReport, ...]:
        """Land a range part by part; what a broken run for the same range had done is kept."""
        found = find_progress(self.lake, self.recorder.pipeline, span, self.options.span_tables)
        granularity = self.project.settings.performance.partitioning.default_granularity
        wanted: dict[TimeRange, list[str]] = {}
        for part in split_span(span, granularity):
            name, wanted[part] = part_name(part), []
            for source in sources:
                if (source, name) in found.done:
                    by = [found.done[source, name][0]]
                    self.recorder.leave_out(f"land {source} {name}", Status.KEPT, by=by)
                else:
                    wanted[part].append(source)
        done = land_parts(
            wanted,
            self._land,
            sources_at_once=self._prepare_landing(sources),
            parts_at_once=self.options.parallel,
        )
        if done.failed:
            self._block(BUILDING, by=[f"land {failed}" for failed in done.failed])
            done.raise_first()
        return done.loads

    def _block(self, steps: Sequence[str], *, by: Sequence[str]) -> None:
        for step in steps:
            self.recorder.leave_out(step, Status.BLOCKED, by=list(by))

    def _land(
        self, source: str, part: TimeRange | None = None, turn: Turn | None = None
    ) -> LoadReport:
        report = land_source(
            self.project,
            self.lake,
            source,
            as_of=self.as_of,
            recorder=self.recorder,
            is_whole=self.options.full_refresh,
            span=part,
            part=part_name(part) if part else "",
            only=self.options.span_tables,
            confirmed=self.options.confirmed_deletions,
            retries=self.pipeline.retries,
            turn=turn,
            on_reading=self.options.on_reading,
        )
        if report.rows_landed:
            # Something is new, so there will be a build: get ready while the others land.
            self.warmup.start()
        return report

    def _pin(self) -> Inputs:
        with self.recorder.step("pin raw tables") as facts:
            pins = pin_tables(self.project, self.lake, declared_tables(self.project))
            held = held_versions(self.lake)
            inputs = gather_inputs(
                self.project, pins, self.as_of, held=held, select=self.pipeline.select
            )
            facts["lake_versions"] = inputs.lake_versions
        return inputs

    def _build(self, inputs: Inputs) -> tuple[int, BuildResult, Candidates]:
        """Build what is not built yet; how many models, dbt's tests, and what lies there."""
        if self.resumed and (found := built_before(self.project, self.lake, self.resumed, inputs)):
            by = [found.candidates.run_id]
            self.recorder.leave_out("build candidates", Status.KEPT, by=by)
            return 0, found.tested, found.candidates
        try:
            with self.recorder.step("build candidates") as facts:
                return self._build_anew(inputs, facts)
        except BuckError:
            self._block(BUILDING[2:], by=["build candidates"])
            raise

    def _build_anew(
        self, inputs: Inputs, facts: dict[str, Any]
    ) -> tuple[int, BuildResult, Candidates]:
        from buck.transform import ensure_parsed

        select = self.pipeline.select
        # Whoever looks at the run while it builds is told so.
        self.recorder.flush()
        self.warmup.wait()
        space = workspace(self.project, inputs.as_of)
        # A project that can't be read costs nobody the candidates that are there.
        ensure_parsed(space)
        run_id = self.recorder.run_id
        prepared = prepare_database(self.project, self.lake, inputs, run_id=run_id)
        from_scratch = prepared.from_scratch
        if not prepared.is_complete:
            require_landed(self.project, inputs.pins, space, pipeline=self.recorder.pipeline)
        built, tested = build_candidates(
            space,
            select=None if from_scratch else select,
            full_refresh=self.options.full_refresh or from_scratch,
            is_complete=prepared.is_complete and not self.options.full_refresh,
            on_progress=self.options.on_progress,
            on_built=self._record_models,
        )
        record_nodes(self.project, self.recorder, tested)
        candidates = mark_built(
            self.project,
            replace(inputs, select=None if from_scratch else select),
            run_id=run_id,
        )
        facts |= {"models": len(built.models), "from_scratch": from_scratch}
        if self.options.full_refresh:
            facts["full_refresh"] = True
        return len(built.models), tested, candidates

    def _record_models(self, built: BuildResult) -> None:
        record_nodes(self.project, self.recorder, built)
        for node in built.models:
            # What dbt skips is what a failed model has blocked.
            status = Status.BLOCKED if node.status == "skipped" else node.status
            seconds = round(node.seconds, 3)
            self.recorder.add("model_built", status, model=node.name, seconds=seconds)
