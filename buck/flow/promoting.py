"""Promotion: what is published here, loaded, built, checked, proven equal and published there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from buck.engine import Rows, connect
from buck.errors import BuckError, PromotionIncomplete
from buck.flow.landing import new_load_id
from buck.flow.lock import hold_lock
from buck.flow.observing import End, observe_end, observe_start, record_nodes
from buck.flow.promotion_lineage import promoted_from, promoted_to
from buck.flow.promotion_plan import make_plan
from buck.flow.promotion_proof import prove_marts
from buck.flow.promotion_side import (
    PromotionSide,
    build_schemas,
    built_tables,
    open_side,
)
from buck.flow.receipts import keep_receipt, make_receipt
from buck.ledger import RunRecorder
from buck.project import Project
from buck.records.comparison import TableComparison
from buck.records.observation import ObservedTable
from buck.records.promotion import PromotedTable, Promotion, PromotionPlan, Receipt
from buck.records.quality import QualityReport
from buck.records.run import Event, Status

if TYPE_CHECKING:
    from buck.records.build import BuildResult, Progress

BUILD = "build"
"""The note in the warehouse about the state of its private schemas."""


@dataclass(slots=True)
class PromoteOptions:
    """How a promotion goes about it."""

    snapshot: int | None = None
    """The snapshot's number; the published one if None."""
    full_refresh: bool = False
    """Build every model there from scratch."""
    approved_by: str = ""
    """Who confirmed it, if somebody did."""
    wait_s: float = 0.0
    on_event: Callable[[Event], None] = field(default=lambda _: None)
    on_progress: Callable[[Progress], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class PromoteResult:
    """What a promotion did."""

    run_id: str
    status: Status
    plan: PromotionPlan
    promotion: Promotion | None = None
    """What readers there see now."""
    receipt: Receipt | None = None
    report: QualityReport | None = None

    @property
    def exit_code(self) -> int:
        """0 published or nothing to do, 3 checks failed there or the marts differ."""
        return 3 if self.status == Status.GATE_CLOSED else 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "run_id": self.run_id,
            "status": str(self.status),
            "target": self.plan.target,
            "snapshot": self.plan.snapshot,
            "promotion": self.promotion.id if self.promotion else None,
            "rows_loaded": self.plan.rows,
            "checks": self.report.counts if self.report else {},
            "blocking": [r.to_dict() for r in self.report.blocking] if self.report else [],
            "receipt": self.receipt.to_dict() if self.receipt else None,
        }


def promote(project: Project, target: str | None, options: PromoteOptions) -> PromoteResult:
    """Bring the published snapshot into a warehouse, or say why not; readers there never wait.

    The raw rows that the warehouse lacks are sent, the same models are built there in private
    schemas, their tests asked, and every mart compared with the snapshot's. Only if all of it is
    equal do readers see it, all marts in one step. Run again it continues; run twice it changes
    nothing.

    Raises:
        ConfigError, TransformError, WarehouseError, WarehouseLocked: nothing was sent; see
            `open_side`.
        PromotionIncomplete: it stopped on the way; readers see what they saw, and running it again
            continues.
    """
    with (
        hold_lock(project.work, "buck promote", wait_s=options.wait_s),
        open_side(project, target, options.snapshot) as side,
    ):
        recorder = RunRecorder(
            side.lake.storage,
            new_load_id(datetime.now(UTC)),
            pipeline=f"promote {side.target}",
            on_event=options.on_event,
            # Rows on their way to a warehouse lie in temporary folders: it ends by itself.
            ends_itself=True,
        )
        recorder.start(
            as_of=side.snapshot.as_of.isoformat(),
            environment=project.environment,
            target=side.target,
            snapshot=side.snapshot.id,
        )
        observe_start(project, recorder)
        try:
            result = _Promoting(side, recorder, options).execute()
        except BuckError as exc:
            observe_end(project, recorder, End(Status.FAILED, exc.what, promoted_from(side)))
            recorder.finish(Status.FAILED, error=exc.what)
            raise PromotionIncomplete(
                f"the promotion to {side.target} stopped: {exc.what}",
                hint=f"{exc.hint}; readers there see what they saw, `buck promote --target "
                f"{side.target}` continues",
            ) from exc
        except KeyboardInterrupt:
            recorder.finish(Status.INTERRUPTED, error=f"interrupted {recorder.whereabouts}")
            raise
        except BaseException as exc:
            recorder.finish(Status.FAILED, error=type(exc).__name__)
            raise
        number = result.promotion.id if result.promotion else None
        outputs: tuple[ObservedTable, ...] = ()
        if result.promotion and result.status == Status.OK:
            outputs = promoted_to(side, result.promotion)
        observe_end(
            project, recorder, End(result.status, inputs=promoted_from(side), outputs=outputs)
        )
        recorder.finish(result.status, promotion=number, snapshot=side.snapshot.id)
        return result


@dataclass(slots=True)
class _Promoting:
    """One promotion under way: the steps, each recorded."""

    side: PromotionSide
    recorder: RunRecorder
    options: PromoteOptions

    def execute(self) -> PromoteResult:
        side, recorder = self.side, self.recorder
        plan = make_plan(side, with_findings=False)
        done = PromoteResult(recorder.run_id, Status.UNCHANGED, plan, side.promotions.current())
        if plan.is_current and not plan.loads and not self.options.full_refresh:
            return done
        self._load()
        tested = self._build()
        report = self._judge(tested)
        if not report.passed:
            return PromoteResult(
                recorder.run_id, Status.GATE_CLOSED, plan, done.promotion, report=report
            )
        proven = self._prove()
        receipt = make_receipt(side, report, proven)
        if not receipt.is_equal:
            keep_receipt(side, receipt)
            return PromoteResult(
                recorder.run_id, Status.GATE_CLOSED, plan, done.promotion, receipt, report
            )
        promotion, receipt = self._publish(receipt)
        return PromoteResult(recorder.run_id, Status.OK, plan, promotion, receipt, report)

    def _load(self) -> None:
        side = self.side
        with (
            self.recorder.step("load raw tables") as facts,
            closing(connect(work=side.project.work)) as con,
        ):
            facts |= {"tables": 0, "rows": 0}
            if any(stretch.is_whole for stretch in side.stretches()):
                # What was built from rows that go is not what incremental models may add to.
                side.promotions.note(BUILD, {})
            for stretch in side.stretches():
                rows = side.promotions.load(
                    side.raw_schema,
                    stretch.pin.table.ref.name,
                    Rows(stretch.pin.columns, stretch.select_sql, con),
                    entry=stretch.entry,
                    lake=side.lake.identity,
                    is_whole=stretch.is_whole,
                )
                self.recorder.add("raw_promoted", "ok", **stretch.entry.to_dict())
                facts["tables"] += 1
                facts["rows"] += rows

    def _build(self) -> BuildResult:
        from buck.flow.building import build_candidates

        side = self.side
        with self.recorder.step("build there") as facts:
            before = side.promotions.noted(BUILD)
            # A killed build may have left half of a model: only a finished one is added to.
            from_scratch = before.get("models") != side.models_digest or self.options.full_refresh
            side.promotions.note(BUILD, {})
            if from_scratch:
                side.promotions.drop_schemas(build_schemas(side))
            built, tested = build_candidates(
                side.space,
                select=None,
                full_refresh=from_scratch,
                is_complete=False,
                on_progress=self.options.on_progress,
                on_built=partial(record_nodes, side.project, self.recorder),
            )
            record_nodes(side.project, self.recorder, tested)
            side.promotions.note(BUILD, {"models": side.models_digest})
            facts |= {"models": len(built.models), "from_scratch": from_scratch}
        return tested

    def _judge(self, tested: BuildResult) -> QualityReport:
        from buck.flow.checking import record_check
        from buck.flow.checking_elsewhere import judge_target

        with self.recorder.step("check there") as facts:
            found = judge_target(
                self.side.project,
                self.side.space,
                tested,
                as_of=self.side.snapshot.as_of,
                raw_schema=self.side.raw_schema,
                run_id=self.recorder.run_id,
            )
            for result in found.results:
                record_check(self.recorder, result)
            facts |= {"checks": found.counts, "blocking": len(found.blocking)}
            if not found.passed:
                facts["status"] = "gate_closed"
        return found

    def _prove(self) -> tuple[TableComparison, ...]:
        with self.recorder.step("prove") as facts:
            proven = prove_marts(self.side)
            unequal = [table.table for table in proven if not table.is_equal]
            facts |= {"tables": len(proven), "unequal": unequal}
            if unequal:
                facts["status"] = "gate_closed"
        return proven

    def _publish(self, receipt: Receipt) -> tuple[Promotion, Receipt]:
        side, snapshot = self.side, self.side.snapshot
        with self.recorder.step("publish there") as facts:
            kept, before = side.promotions.promotions(), side.promotions.current()
            number = kept[-1].number + 1 if kept else 1
            receipt = keep_receipt(side, receipt, promotion=number)
            promotion = side.promotions.publish(
                Promotion(
                    number=number,
                    snapshot=snapshot.id,
                    lake=side.lake.identity,
                    as_of=snapshot.as_of,
                    published_at=datetime.now(UTC),
                    tables=tuple(
                        PromotedTable(t.schema, t.name, dict(t.columns), t.rows, t.content_hash)
                        for t in snapshot.tables
                    ),
                    lake_versions=dict(snapshot.lake_versions),
                    model_hashes=dict(snapshot.model_hashes),
                    receipt=receipt.hash,
                    previous=before.number if before else None,
                    approved_by=self.options.approved_by,
                ),
                built=built_tables(side),
            )
            facts |= {"promotion": promotion.id, "tables": len(promotion.tables)}
            if gone := side.promotions.prune(side.project.settings.lake.keep_snapshots):
                facts["promotions_removed"] = gone
        return promotion, receipt
