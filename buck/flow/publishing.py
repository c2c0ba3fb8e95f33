"""Publishing candidates: the approval, the snapshot, and a record of both."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from buck.errors import GateClosed, LakeLocked, TransformError
from buck.flow.building import (
    Candidates,
    fingerprint,
    project_hash,
    read_candidates,
    workspace,
)
from buck.flow.checking import check_candidates
from buck.flow.freshness import newest_event
from buck.flow.git import git_commit
from buck.flow.holding import Cleared
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.lock import hold_lock
from buck.flow.strictness import strict_tables
from buck.lake import Lake, Origin, Publisher, held_versions
from buck.ledger import RunRecorder
from buck.names import TableRef
from buck.project import Project
from buck.records.layout import Layout
from buck.records.quality import Approval, QualityReport
from buck.records.run import Status
from buck.records.snapshot import Hold, Snapshot

PACKAGES = ("buck-lakehouse", "duckdb", "dbt-core", "dbt-duckdb", "dlt", "deltalake", "soda-core")


@dataclass(frozen=True, slots=True)
class Override:
    """Who publishes in spite of failed checks, and why; both stay in the ledger."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What `buck publish` did. `snapshot` is the published one, also if nothing was published."""

    run_id: str
    """The run that built the candidates."""
    status: Status
    report: QualityReport | None = None
    snapshot: Snapshot | None = None

    @property
    def exit_code(self) -> int:
        """0 published or nothing to publish, 3 gate closed."""
        return 3 if self.status == Status.GATE_CLOSED else 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "run_id": self.run_id,
            "status": str(self.status),
            "published": self.status == Status.OK,
            "snapshot": self.snapshot.id if self.snapshot else None,
            "checks": self.report.counts if self.report else {},
            "blocking": [r.to_dict() for r in self.report.blocking] if self.report else [],
        }


def publish_again(
    project: Project, *, override: Override | None = None, wait_s: float = 0.0
) -> PublishResult:
    """Judge the candidates as they are, and publish them if they pass; nothing is built.

    For candidates that a run left unpublished: its checks failed and have been corrected, or
    somebody rolled back and has looked at what came since.

    Raises:
        LakeError: there are no finished candidates.
        LakeLocked: a newer state is published already, or a run has the project.
        TransformError: models were edited since the candidates were built.
        GateClosed: the candidates are those that a rollback withdrew, and nobody overrides that.
    """
    lake = open_lake(project)
    with hold_lock(project.work, "buck publish", wait_s=wait_s):
        publisher = Publisher(lake)
        candidates = read_candidates(project, lake)
        before, hold = publisher.heal(), publisher.snapshots.hold()
        present = _fingerprint(project, lake, candidates)
        if before and (before.run_id, before.fingerprint) == (candidates.run_id, present):
            return PublishResult(candidates.run_id, Status.UNCHANGED, snapshot=before)
        _refuse_edited(project, candidates)
        _refuse_older(candidates, before)
        if override is None:
            _refuse_withdrawn(candidates, publisher, hold)
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline="publish")
        recorder.start(
            as_of=candidates.as_of.isoformat(),
            environment=project.environment,
            built_by=candidates.run_id,
        )
        try:
            cleared = _judge_again(
                project, lake, recorder, candidates, is_overridden=override is not None
            )
            report = cleared.report
            try:
                approval = approve_report(report, override)
            except GateClosed:
                recorder.finish(Status.GATE_CLOSED)
                return PublishResult(candidates.run_id, Status.GATE_CLOSED, report, before)
            snapshot = publish_candidates(
                project,
                publisher,
                recorder,
                candidates,
                cleared=cleared,
                approval=approval,
                lifts_hold=True,
            )
        except KeyboardInterrupt:
            recorder.finish(Status.INTERRUPTED, error=f"interrupted {recorder.whereabouts}")
            raise
        except BaseException as exc:
            recorder.finish(Status.FAILED, error=str(exc))
            raise
        recorder.finish(Status.OK, snapshot=snapshot.id)
        return PublishResult(candidates.run_id, Status.OK, report, snapshot)


def publish_candidates(
    project: Project,
    publisher: Publisher,
    recorder: RunRecorder,
    candidates: Candidates,
    *,
    cleared: Cleared,
    approval: Approval,
    lifts_hold: bool,
) -> Snapshot:
    """Make the candidates the published snapshot, recorded as a step; see `Publisher.publish`."""
    from buck.transform import model_hashes

    with recorder.step("publish") as facts:
        snapshot = publisher.publish(
            cleared.database,
            mart_tables(project),
            approval=approval,
            origin=Origin(
                run_id=candidates.run_id,
                as_of=candidates.as_of,
                fingerprint=_fingerprint(project, publisher.lake, candidates),
                lake_versions=candidates.lake_versions,
                model_hashes=model_hashes(project.work / "dbt" / "target"),
                packages=package_versions(),
                verdicts={r.check.id: r.outcome for r in cleared.report.results},
                git=git_commit(project.root),
                held=cleared.held,
            ),
            lifts_hold=lifts_hold,
            layouts=mart_layouts(project),
        )
        facts |= {"snapshot": snapshot.id, "tables": len(snapshot.tables)}
        recorder.add(
            "published",
            "override" if approval.is_override else "ok",
            snapshot=snapshot.id,
            built_by=candidates.run_id,
            approval=approval.to_dict(),
            rows={f"{t.schema}.{t.name}": t.rows for t in snapshot.tables},
        )
        if recorder.run_id == candidates.run_id:
            facts.update(_event_latency(project, recorder, candidates, snapshot))
        if cleared.database != project.build_database:
            shutil.rmtree(cleared.database.parent, ignore_errors=True)
        if gone := publisher.prune(project.settings.lake.keep_snapshots):
            facts["snapshots_removed"] = gone
    return snapshot


def _event_latency(
    project: Project, recorder: RunRecorder, candidates: Candidates, snapshot: Snapshot
) -> dict[str, Any]:
    """How long after the newest event readers see it; nothing if no mart has events.

    A run begins at its `as_of`, also where the clock is a sandbox's; from then on it takes time.
    """
    newest = newest_event(project, snapshot.tables, until=candidates.as_of)
    if newest is None:
        return {}
    waited = (candidates.as_of - newest).total_seconds() + recorder.seconds
    return {"newest_event_at": newest.isoformat(), "event_latency_s": round(waited, 3)}


def approve_report(report: QualityReport, override: Override | None) -> Approval:
    """The key to publish.

    Raises:
        GateClosed: the report is not green and nobody overrides it.
    """
    from buck.quality import approve, approve_as

    if override is None:
        return approve(report)
    return approve_as(report, name=override.name, reason=override.reason)


def mart_tables(project: Project) -> list[TableRef]:
    """Every mart of the dbt project, as the last parse knows them."""
    from buck.transform import models

    return sorted(
        TableRef(m.schema, m.name)
        for m in models(project.work / "dbt" / "target")
        if m.layer == "marts" and m.materialized != "ephemeral"
    )


def mart_layouts(project: Project) -> dict[TableRef, Layout]:
    """How the marts that say so lie on disk."""
    from buck.transform import models

    min_rows = project.settings.performance.partitioning.min_rows
    found = {
        TableRef(m.schema, m.name): Layout.of_meta(m.meta, min_rows=min_rows)
        for m in models(project.work / "dbt" / "target")
    }
    return {table: layout for table, layout in found.items() if layout is not None}


def package_versions() -> dict[str, str]:
    """The versions of what a snapshot's content may depend on."""
    return {name: version(name) for name in PACKAGES}


def _fingerprint(project: Project, lake: Lake, candidates: Candidates) -> str:
    """What the next run with the same inputs will find, decisions about held rows included."""
    versions, held = candidates.lake_versions, held_versions(lake)
    whole = project_hash(project)
    return fingerprint(versions, whole, candidates.as_of, held, select=candidates.select)


def _judge_again(
    project: Project,
    lake: Lake,
    recorder: RunRecorder,
    candidates: Candidates,
    *,
    is_overridden: bool,
) -> Cleared:
    from buck.transform import build

    tested = build(
        workspace(project, candidates.as_of),
        command="test",
        exclude=["resource_type:unit_test"],
    )
    return check_candidates(
        project,
        recorder,
        tested,
        as_of=candidates.as_of,
        lake=lake,
        candidates=candidates,
        strict=strict_tables(project, lake, candidates.run_id),
        is_overridden=is_overridden,
    )


def _refuse_edited(project: Project, candidates: Candidates) -> None:
    """Checks may have been corrected meanwhile; other models would have built something else."""
    if project_hash(project, checks=False) != candidates.models_hash:
        raise TransformError(
            f"models were edited since run {candidates.run_id} built the candidates",
            hint="buck run",
        )


def _refuse_older(candidates: Candidates, published: Snapshot | None) -> None:
    """Another machine may have published what came after this one's candidates."""
    versions = published.lake_versions if published else {}
    newer = [t for t, v in versions.items() if candidates.lake_versions.get(t, -1) < v]
    if published and newer:
        raise LakeLocked(
            f"snapshot {published.id} was built from newer raw tables than the candidates: "
            f"{', '.join(newer[:5])}",
            hint="buck run",
        )


def _refuse_withdrawn(candidates: Candidates, publisher: Publisher, hold: Hold | None) -> None:
    """Publishing the very state that somebody took away needs more than a repeated command."""
    for number in hold.withdrawn if hold else ():
        if publisher.snapshots.read(number).run_id == candidates.run_id:
            raise GateClosed(
                f"the candidates are what snapshot {number:06d} was, and a rollback withdrew it",
                hint=f"buck rollback --to {number:06d}, or --approve-as NAME --reason TEXT",
            )
