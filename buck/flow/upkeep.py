"""Looking after the lake: what it takes, whether it is whole, merging and removing files."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta

from buck.errors import BuckError, ConfigError, LakeDamaged, LakeError
from buck.flow.building import read_candidates
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.leases import leased_versions
from buck.flow.lock import hold_lock
from buck.lake import (
    Lake,
    Merge,
    Migration,
    Pins,
    Place,
    SnapshotStore,
    Verifier,
    add_pins,
    find_removable,
    find_removable_marts,
    list_places,
    merge_files,
    migrate,
    plan_merge,
    snapshot_pins,
    use_of_ledger,
    use_of_logs,
    use_of_marts,
)
from buck.ledger import RunRecorder, read_events
from buck.names import RawTable
from buck.project import Project, Retention
from buck.records.run import Status
from buck.records.upkeep import Compaction, Removal, TableProof, Usage

LEDGER = "data_pipeline_logs"
DAYS_BACK = 14
"""So many days before the day that growth is counted from the ledger is searched for a publish."""


def measure_usage(project: Project, *, days: int) -> Usage:
    """What every table takes, what only kept snapshots need, and what came in since some days ago.

    Raises:
        LakeDamaged: a log or a snapshot's manifest cannot be read.
    """
    lake = open_lake(project)
    since = datetime.now(UTC) - timedelta(days=days)
    pins = snapshot_pins(SnapshotStore(lake.storage))
    tables = use_of_logs(lake, pins, since=since)
    tables += use_of_marts(lake, since=since, rows_then=_published_rows(lake, since))
    if lake.exists:
        tables.append(use_of_ledger(lake, LEDGER, since=since))
    return Usage(since, tuple(tables))


def verify_lake(project: Project, *, is_quick: bool = False) -> list[TableProof]:
    """Every file of every raw table, quarantine and kept snapshot, held against what logs say.

    Args:
        project: The project.
        is_quick: Leave out checksums and content.
    """
    lake = open_lake(project)
    verifier = Verifier(lake, is_quick=is_quick)
    # A damaged manifest is told below; what it needs cannot be known.
    pins: Pins = {}
    with suppress(LakeDamaged):
        pins = snapshot_pins(SnapshotStore(lake.storage))
    _pin_candidates(project, lake, pins)
    proofs = [verifier.prove_log(p, pins.get(p.table, {})) for p in list_places(lake)]
    return [proof for proof in proofs if proof is not None] + verifier.prove_marts()


def compact_lake(
    project: Project, names: Sequence[str] = (), *, dry_run: bool = False, wait_s: float = 0.0
) -> list[Compaction]:
    """Merge the small files of raw tables that have many of them.

    No row changes, and no mark: the next load goes on as it would have. Files that were merged stay
    until a vacuum, for snapshots and readers of earlier versions.

    Args:
        project: The project.
        names: Only these raw tables; all if there is none.
        dry_run: Only say what would be done.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: there is no such raw table.
        LakeDamaged, LoadFenced, LakeError: see `merge_files`.
        LakeLocked: another run has the project.
    """
    lake = open_lake(project)
    tables = _chosen(lake, names)
    with hold_lock(project.work, "buck lake compact", wait_s=wait_s):
        shutil.rmtree(project.work / "compact", ignore_errors=True)
        merges = _plan_merges(project, lake, tables)
        if dry_run or not merges:
            return [merge.told(version=merge.state.version) for merge in merges]
        with _recorded(project, lake, "lake compact") as recorder:
            done = []
            for merge in merges:
                with recorder.step(f"compact {merge.table}") as facts:
                    told = merge_files(
                        lake,
                        merge,
                        load_id=new_load_id(datetime.now(UTC)),
                        facts={"buck.run_id": recorder.run_id},
                    )
                    facts.update(told.to_dict())
                    done.append(told)
        return done


def find_merges(project: Project) -> list[Compaction]:
    """What `compact_lake` would do for all raw tables; it waits for nobody and changes nothing."""
    lake = open_lake(project)
    merges = _plan_merges(project, lake, _chosen(lake, ()))
    return [merge.told(version=merge.state.version) for merge in merges]


def vacuum_lake(
    project: Project, names: Sequence[str] = (), *, dry_run: bool = True, wait_s: float = 0.0
) -> list[Removal]:
    """Remove files that neither newest versions nor anybody else needs.

    Kept are: what a kept snapshot, the candidates or an open reader of this machine reads, what a
    table's newest version read within the retention, and what may be on its way to a commit.

    Args:
        project: The project.
        names: Only these raw tables and marts; all if there is none.
        dry_run: Only say what would go.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: there is no such table.
        LakeDamaged: a snapshot's manifest cannot be read, so what it needs is not known.
        LakeLocked: another run has the project, or a reader is just opening it.
    """
    lake = open_lake(project)
    with hold_lock(project.work, "buck lake vacuum", wait_s=wait_s):
        found = _removals(project, lake)
        if names:
            found = _only(found, names, _known(lake))
        found = [one for one in found if one.files or one.kept or one.refused]
        going = [one for one in found if one.files]
        if not dry_run and going:
            with _recorded(project, lake, "lake vacuum") as recorder:
                for one in going:
                    with recorder.step(f"vacuum {one.table}") as facts:
                        for file in one.files:
                            lake.storage.remove(file)
                        facts |= {"files": len(one.files), "size_bytes": one.size_bytes}
    return found


def migrate_lake(project: Project, *, dry_run: bool = True, wait_s: float = 0.0) -> Migration:
    """Bring the lake to the newest format, or only say which one it has; recorded if it changes.

    Raises:
        LakeError, LakeDamaged: see `migrate`.
        LakeLocked: another run has the project.
    """
    lake = open_lake(project)
    found = migrate(lake, dry_run=True)
    if dry_run or found.before == found.after:
        return found
    with (
        hold_lock(project.work, "buck lake migrate", wait_s=wait_s),
        _recorded(project, lake, "lake migrate") as recorder,
        recorder.step("migrate") as facts,
    ):
        found = migrate(lake)
        facts.update(found.to_dict())
    return found


def _plan_merges(project: Project, lake: Lake, tables: Sequence[RawTable]) -> list[Merge]:
    settings = project.settings.lake.compaction
    least, target = settings.min_files, settings.target_mb * 1_000_000
    plans = [plan_merge(lake, t, min_files=least, target_bytes=target) for t in tables]
    return [plan for plan in plans if plan is not None]


def _removals(project: Project, lake: Lake) -> list[Removal]:
    now, retention = datetime.now(UTC), project.settings.lake.retention
    pins = snapshot_pins(SnapshotStore(lake.storage))
    _pin_candidates(project, lake, pins)
    for table, versions in leased_versions(project.work).items():
        for version, who in versions.items():
            pins.setdefault(table, {}).setdefault(version, []).extend(who)
    found = [
        find_removable(
            lake,
            place,
            pins=pins.get(place.table, {}),
            keep=timedelta(seconds=_keep_s(retention, place)),
            now=now,
        )
        for place in list_places(lake)
    ]
    found += find_removable_marts(
        lake,
        keep={t: timedelta(seconds=retention.keep_s("marts", t)) for t in retention.tables},
        default=timedelta(seconds=retention.keep_s("marts", "")),
        now=now,
    )
    return found


def _keep_s(retention: Retention, place: Place) -> int:
    return retention.keep_s("raw" if place.layer == "raw" else "quarantine", place.table)


def _pin_candidates(project: Project, lake: Lake, pins: Pins) -> None:
    """Views of the candidates read raw files by name."""
    with suppress(LakeError):
        add_pins(pins, read_candidates(project, lake).lake_versions, "the candidates")


def _known(lake: Lake) -> list[str]:
    current = SnapshotStore(lake.storage).current()
    marts = [f"{t.schema}.{t.name}" for t in current.tables] if current else []
    return [str(table) for table in (*lake.raw_tables(), *lake.quarantine.tables())] + marts


def _chosen(lake: Lake, names: Sequence[str]) -> list[RawTable]:
    tables = {str(table): table for table in lake.raw_tables()}
    for name in names:
        _refuse_unknown(name, list(tables), "raw table")
    return [tables[name] for name in names] if names else list(tables.values())


def _only(found: list[Removal], names: Sequence[str], known: list[str]) -> list[Removal]:
    for name in names:
        _refuse_unknown(name, [*known, *(one.table for one in found)], "table")
    return [one for one in found if one.table in names]


def _refuse_unknown(name: str, known: list[str], kind: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise ConfigError(
            f"there is no {kind} {name!r}",
            hint=f"did you mean {near[0]}?" if near else "buck lake ls names them all",
        )


def _published_rows(lake: Lake, since: datetime) -> dict[str, int] | None:
    """Rows per mart as they were published at a time, by the ledger; None if it does not say."""
    if not lake.exists:
        return None
    day: date = since.date()
    for _ in range(DAYS_BACK):
        events = read_events(lake.storage, day=day)
        told = [e for e in events if e.kind == "published" and e.at <= since]
        if told:
            return {str(mart): int(rows) for mart, rows in told[-1].facts["rows"].items()}
        day -= timedelta(days=1)
    return None


@contextmanager
def _recorded(project: Project, lake: Lake, name: str) -> Iterator[RunRecorder]:
    """A run of upkeep in the ledger."""
    recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline=name)
    recorder.start(environment=project.environment)
    try:
        yield recorder
    except BuckError as exc:
        recorder.finish(Status.FAILED, error=exc.what)
        raise
    recorder.finish(Status.OK)
