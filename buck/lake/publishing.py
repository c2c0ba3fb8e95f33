"""Publishing: candidates become what everybody reads, all marts or none.

A mart whose content did not change keeps its files, so cost follows the change. Readers that have
`marts.duckdb` open go on reading the file they opened; it is replaced, never written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect, translate_errors
from buck.errors import GateClosed
from buck.lake.content import read_content
from buck.lake.mart_delta import commit_mart
from buck.lake.mart_files import MartWriter
from buck.lake.retention import remove_snapshots
from buck.lake.served_file import FILE, build_served_file
from buck.lake.snapshots import SnapshotStore
from buck.names import TableRef, identifier, literal
from buck.records.layout import Layout
from buck.records.quality import Approval
from buck.records.snapshot import Hold, Snapshot

if TYPE_CHECKING:
    from buck.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class Origin:
    """What a snapshot was built from."""

    run_id: str
    as_of: datetime
    fingerprint: str
    lake_versions: Mapping[str, int]
    model_hashes: Mapping[str, str]
    packages: Mapping[str, str]
    verdicts: Mapping[str, str] = field(default_factory=dict)
    git: str = ""
    held: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Publisher:
    """Publishes into one lake."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.snapshots = SnapshotStore(lake.storage)
        self.scratch = lake.work / "publish"

    def publish(
        self,
        candidates: Path,
        tables: Sequence[TableRef],
        *,
        approval: Approval,
        origin: Origin,
        lifts_hold: bool = False,
        layouts: Mapping[TableRef, Layout] | None = None,
    ) -> Snapshot:
        """Make the candidates the published marts.

        Args:
            candidates: The build database.
            tables: The marts in it; marts that are not named are no longer published.
            approval: Says that the checks passed, or who publishes in spite of them.
            origin: What the candidates were built from.
            lifts_hold: A person wants this published although somebody rolled back before.
            layouts: How rows of the marts lie in their files, so that readers can skip most of a
                big one; as the build left them where nothing is said.

        Raises:
            GateClosed: the approval is none, or of another run; or an earlier snapshot was gone
                back to, and nobody says that this one is better.
            LakeLocked: another run published meanwhile; nothing of this one was published.
            LakeError: the lake cannot be written, or a mart has a column that readers of Delta
                cannot read; the published marts are unchanged.
        """
        _refuse_foreign(approval, origin)
        if not lifts_hold:
            _refuse_held(self.snapshots.hold())
        self.scratch.mkdir(parents=True, exist_ok=True)
        before = self.heal()
        number = self.snapshots.next_number()
        con = connect(work=self.lake.work)
        try:
            with translate_errors():
                con.execute(f"attach {literal(str(candidates))} as build (read_only)")
                writer = MartWriter(con, self.lake.storage, self.scratch, number)
                published = {
                    TableRef(t.schema, t.name): t for t in (before.tables if before else ())
                }
                written = tuple(
                    writer.write(
                        table,
                        read_content(con, identifier("build", table.schema, table.name), layout),
                        layout=layout,
                        before=published.get(table),
                    )
                    for table, layout in ((t, (layouts or {}).get(t)) for t in tables)
                )
        finally:
            con.close()
        snapshot = Snapshot(
            number=number,
            run_id=origin.run_id,
            published_at=datetime.now(UTC),
            as_of=origin.as_of,
            tables=written,
            fingerprint=origin.fingerprint,
            lake_versions=dict(origin.lake_versions),
            model_hashes=dict(origin.model_hashes),
            packages=dict(origin.packages),
            approval=approval.to_dict(),
            previous=before.number if before else None,
            verdicts=dict(origin.verdicts),
            git=origin.git,
            held={mart: dict(facts) for mart, facts in origin.held.items()},
        )
        file = self._build_file(snapshot, before=before)
        self.snapshots.keep(snapshot)
        self.snapshots.point_to(snapshot)
        self._serve(snapshot, file)
        return snapshot

    def heal(self) -> Snapshot | None:
        """Finish a publish or rollback that was killed after its commit point; idempotent.

        Returns the published snapshot, if there is one.
        """
        current = self.snapshots.current()
        if current is not None and not self.snapshots.is_served(current):
            self._serve(current, self._build_file(current))
        return current

    def roll_back(self, number: int, *, run_id: str = "", reason: str = "") -> Snapshot:
        """Publish a kept snapshot again; no model is built.

        While a later one is withdrawn, `publish` refuses what nobody asked for. Going back to the
        newest one of all takes the rollback back.

        Raises:
            LakeDamaged: the snapshot, or one of its files, is not kept; nothing changed.
        """
        before = self.heal()
        snapshot = self.snapshots.read(number)
        withdrawn = self._withdrawn_by(number)
        hold = Hold(withdrawn, run_id, datetime.now(UTC), reason) if withdrawn else None
        file = self._build_file(snapshot, before=before)
        self.snapshots.point_to(snapshot, hold=hold)
        self._serve(snapshot, file)
        return snapshot

    def prune(self, keep: int) -> list[int]:
        """Remove all but the newest `keep` snapshots and the files that only they need.

        The current snapshot, and what a rollback withdrew, always stay. Killed at any point, the
        next call goes on. Returns the numbers that went.
        """
        current, hold = self.snapshots.current(), self.snapshots.hold()
        kept = set(self.snapshots.numbers()[-keep:]) | {current.number if current else 0}
        kept |= set(hold.withdrawn if hold else ())
        return remove_snapshots(self.snapshots, keep=kept)

    def _withdrawn_by(self, number: int) -> tuple[int, ...]:
        """Published snapshots after this one; a killed publish kept a manifest nobody ever saw."""
        current, hold = self.snapshots.current(), self.snapshots.hold()
        newest = max((current.number if current else 0, *(hold.withdrawn if hold else ())))
        return tuple(n for n in self.snapshots.numbers() if number < n <= newest)

    def _build_file(self, snapshot: Snapshot, *, before: Snapshot | None = None) -> Path:
        """A DuckDB file with every mart of the snapshot; see `build_served_file`."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        file = self.scratch / FILE
        build_served_file(self.lake, snapshot, file, before=before)
        return file

    def _serve(self, snapshot: Snapshot, file: Path) -> None:
        """Put in front of readers what the pointer already says."""
        self.lake.storage.upload(file, FILE, move=True)
        for table in snapshot.tables:
            commit_mart(self.lake.storage, table, snapshot=snapshot.number)
        self.snapshots.mark_served(snapshot)


def _refuse_foreign(approval: Approval, origin: Origin) -> None:
    """Types are gone at run time, and what was approved is one run's candidates."""
    if not isinstance(approval, Approval) or approval.run_id != origin.run_id:
        given = approval.run_id if isinstance(approval, Approval) else approval
        raise GateClosed(
            f"run {origin.run_id} has no approval of its own, it was given {given!r}",
            hint="check the candidates first: buck run",
        )


def _refuse_held(hold: Hold | None) -> None:
    """A schedule must not put back what a person took away."""
    if hold is not None:
        why = f": {hold.reason}" if hold.reason else ""
        raise GateClosed(
            f"snapshot {', '.join(hold.ids)} was withdrawn by a rollback{why}",
            hint="look at the candidates, then: buck publish",
        )
