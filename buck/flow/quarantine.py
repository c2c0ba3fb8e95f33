"""What was held back: list it, look at it, and decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.errors import BuckError, ConfigError
from buck.flow.lake_access import open_lake
from buck.flow.landing import declared_table, load_rules, new_load_id
from buck.flow.lock import hold_lock
from buck.lake import Lake, full_schema
from buck.ledger import RunRecorder
from buck.pipelines import parse_held, replay_spec
from buck.project import Project
from buck.records.quarantine import HeldRecord, HeldStatus
from buck.records.run import Status
from buck.sources.arrow import spec_schema
from buck.sources.load import SEQUENCE_SHIFT, TableLoad

if TYPE_CHECKING:
    import pyarrow as pa

    from buck.lake import Landing
    from buck.records.table import TableSpec


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which held records are meant: these ids, or all pending ones of a source or table."""

    ids: tuple[str, ...] = ()
    source: str | None = None
    table: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of the records that were decided about, by id."""

    statuses: dict[str, HeldStatus] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """Why records are still held."""
    rows_landed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "statuses": {id_: str(status) for id_, status in self.statuses.items()},
            "reasons": self.reasons,
            "rows_landed": self.rows_landed,
        }


def list_held(
    project: Project,
    *,
    source: str | None = None,
    table: str | None = None,
    status: HeldStatus | None = None,
    limit: int | None = None,
) -> list[HeldRecord]:
    """Held records in their present state, oldest first; reads only."""
    return open_lake(project).quarantine.read(
        source=source, table=table, status=status, limit=limit
    )


def show_held(project: Project, id_: str) -> HeldRecord:
    """The one held record whose id begins so.

    Raises:
        ConfigError: there is none, or more than one.
    """
    return open_lake(project).quarantine.find(id_)


def drop_held(project: Project, wanted: Wanted, *, reason: str, wait_s: float = 0.0) -> Outcome:
    """Give records up. They stay in the quarantine, with the reason, and are never landed."""

    def drop(decider: _Decider, records: list[HeldRecord]) -> None:
        decider.decide(records, HeldStatus.DROPPED, reason)

    return _decide(project, wanted, "quarantine drop", drop, wait_s=wait_s)


def replay_held(
    project: Project,
    wanted: Wanted,
    *,
    release: bool = False,
    reason: str = "",
    wait_s: float = 0.0,
) -> Outcome:
    """Parse records again and land those that fit now; the others stay where they are.

    A record of which the lake has a newer version meanwhile is not landed over it: it becomes
    `superseded`. Killing this at any point and running it again lands nothing twice.

    Args:
        project: The project.
        wanted: Which records.
        release: Let them pass as they are: what does not fit its column becomes text beside it.
        reason: Why; kept with the records and in the ledger.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: an id is unknown, or a table's key is.
        LoadFenced: a run landed the same table meanwhile; run it again.
    """

    def land(decider: _Decider, records: list[HeldRecord]) -> None:
        if records[0].stage == "check":
            if not release:
                raise ConfigError(
                    f"{records[0].id} is held by the check {records[0].rule}, not by a load",
                    hint="the next `buck run` judges it again; or buck quarantine release",
                )
            decider.decide(records, HeldStatus.RELEASED, reason)
            return
        decider.land(records, release=release, reason=reason)

    command = f"quarantine {'release' if release else 'replay'}"
    return _decide(project, wanted, command, land, wait_s=wait_s)


def _decide(project: Project, wanted: Wanted, command: str, act: Any, *, wait_s: float) -> Outcome:
    """Run `act` on the wanted records, table by table, as a recorded run of its own."""
    lake = open_lake(project)
    with hold_lock(project.work, f"buck {command}", wait_s=wait_s):
        lake.sweep()
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline=command)
        recorder.start(as_of=project.as_of().isoformat(), environment=project.environment)
        decider = _Decider(project, lake, recorder)
        try:
            with recorder.step(command) as facts:
                for records in _choose(lake, wanted):
                    act(decider, records)
                facts |= {"decided": len(decider.outcome.statuses)}
                facts |= {"still_held": len(decider.outcome.reasons)}
        except BuckError as exc:
            recorder.finish(Status.FAILED, error=exc.what)
            raise
        recorder.finish(Status.DEGRADED if decider.outcome.reasons else Status.OK)
    return decider.outcome


def _choose(lake: Lake, wanted: Wanted) -> list[list[HeldRecord]]:
    """The wanted records that still wait, by table, oldest first."""
    if wanted.ids:
        found = {r.id: r for r in (lake.quarantine.find(id_) for id_ in wanted.ids)}
        for record in found.values():
            if record.status != HeldStatus.PENDING:
                raise ConfigError(
                    f"{record.id} is {record.status} already", hint="buck quarantine list"
                )
    else:
        pending = lake.quarantine.read(
            source=wanted.source, table=wanted.table, status=HeldStatus.PENDING
        )
        found = {record.id: record for record in pending}

    def place(record: HeldRecord) -> tuple[str, str, str]:
        return (record.stage, record.source, record.table)

    ordered = sorted(found.values(), key=lambda r: (*place(r), r.seq or 0, r.id))
    return [list(group) for _, group in groupby(ordered, key=place)]


class _Decider:
    """Decides about records of one table after the other, and records each decision."""

    def __init__(self, project: Project, lake: Lake, recorder: RunRecorder) -> None:
        self.project = project
        self.lake = lake
        self.recorder = recorder
        self.outcome = Outcome()

    def decide(self, records: Sequence[HeldRecord], status: HeldStatus, reason: str) -> None:
        if not records:
            return
        load_id = f"{self.recorder.run_id}-{status}"
        scratch = self.lake.work / "landing" / load_id
        try:
            self.lake.quarantine.decide(
                records,
                status=status,
                decision=reason,
                at=datetime.now(UTC),
                load_id=load_id,
                scratch=scratch,
            )
        finally:
            self.lake.clear_scratch(load_id)
        for record in records:
            self.outcome.statuses[record.id] = status
            self.recorder.add(
                "quarantine_decided",
                status,
                id=record.id,
                table=f"{record.source}.{record.table}",
                reason=reason,
            )

    def land(self, records: Sequence[HeldRecord], *, release: bool, reason: str) -> None:
        """Land what fits, in one commit; only then say so in the quarantine."""
        source, name = records[0].source, records[0].table
        load_id = f"{self.recorder.run_id}-{source}"
        landing = self.lake.landing(source, load_id, facts={"buck.run_id": self.recorder.run_id})
        try:
            done = self._land(landing, records, release=release)
        finally:
            landing.close()
        told = reason or f"landed by {load_id}"
        landed = HeldStatus.RELEASED if release else HeldStatus.REPLAYED
        self.decide([r for r in records if r.id in done.landed], landed, told)
        newer = f"a newer version of the record is in raw.{source}.{name}"
        self.decide([r for r in records if r.id in done.old], HeldStatus.SUPERSEDED, newer)
        self.outcome.reasons |= done.reasons

    def _land(self, landing: Landing, records: Sequence[HeldRecord], *, release: bool) -> _Done:
        source, name = records[0].source, records[0].table
        declared = declared_table(self.project, source, name)
        types = self.lake.raw(source, name).state().columns
        contract = load_rules(self.project, source).contract_of(declared) if declared else "evolve"
        spec = replay_spec(
            records[0], declared, types=types, contract="evolve" if release else contract
        )
        opened = landing.open(spec)
        table = TableLoad(
            spec, landing.load_id, self.project.as_of(), opened.sequence + 1, opened.position
        )
        parsed = parse_held(table, records)
        done = _Done(reasons=dict(parsed.reasons))
        newest = _Newest(landing, spec, parsed.rows.values())
        kept: list[pa.Table] = []
        for record in records:
            rows = parsed.rows.get(record.id)
            if rows is None:
                continue
            standing = newest.judge(rows, held_seq=record.seq or 0)
            if standing == "old":
                done.old.add(record.id)
                continue
            done.landed.add(record.id)
            if standing == "new":
                kept.append(rows)
        files = _write(kept, landing.scratch / "replayed.parquet")
        if files:
            schema = full_schema(files, spec_schema(spec))
            report = landing.commit(spec, files, schema=schema, marks={})
            self.outcome.rows_landed += report.rows_landed
            self.recorder.add(
                "table_landed",
                "ok",
                table=report.table,
                rows_received=report.rows_received,
                rows_landed=report.rows_landed,
                rows_unchanged=report.rows_unchanged,
                version=report.version,
            )
        return done


@dataclass(slots=True)
class _Done:
    landed: set[str] = field(default_factory=set)
    old: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)


class _Newest:
    """The newest version in the lake of each key that is to be landed."""

    def __init__(self, landing: Landing, spec: TableSpec, rows: Any) -> None:
        self._key = spec.key
        self._versions: dict[tuple[Any, ...], tuple[int, int, bool]] = {}
        given = [tuple(r.column(k)[0].as_py() for k in spec.key) for r in rows]
        for version in landing.newest_versions(spec, given):
            key = tuple(version[k] for k in spec.key)
            self._versions[key] = (version["seq"], version["hash"], version["is_deleted"])

    def judge(self, rows: pa.Table, *, held_seq: int) -> str:
        """`new`, `same` (it is what the lake has) or `old` (the lake has something newer)."""
        row = rows.to_pylist()[0]
        key = tuple(row[k] for k in self._key)
        found = self._versions.get(key)
        if found is None:
            return "new"
        seq, hash_, is_deleted = found
        if hash_ == row["_buck_row_hash"] and is_deleted == (row["_buck_op"] == "d"):
            return "same"
        return "old" if seq >> SEQUENCE_SHIFT >= held_seq >> SEQUENCE_SHIFT else "new"


def _write(tables: Sequence[pa.Table], file: Path) -> list[Path]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not tables:
        return []
    pq.write_table(pa.concat_tables(tables, promote_options="default"), file)
    return [file]
