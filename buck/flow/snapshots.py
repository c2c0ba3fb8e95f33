"""Kept snapshots: list them, and go back to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from buck.errors import BuckError, ConfigError, LakeError
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.lock import hold_lock
from buck.lake import Publisher, SnapshotStore
from buck.ledger import RunRecorder
from buck.project import Project
from buck.records.run import Status
from buck.records.snapshot import Hold, Snapshot

Standing = Literal["current", "earlier", "withdrawn"]
"""`withdrawn`: a rollback took it back, or the publish that made it was killed before its end."""


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot that can be gone back to."""

    snapshot: Snapshot
    standing: Standing

    def to_dict(self) -> dict[str, Any]:
        """For JSON: what it was built from and who let it pass, without columns and files."""
        held = self.snapshot.to_dict()
        tables = held.pop("tables")
        return {
            "id": self.snapshot.id,
            "standing": self.standing,
            **held,
            "rows": {f"{t['schema']}.{t['name']}": t["rows"] for t in tables},
        }


def list_snapshots(project: Project) -> list[KeptSnapshot]:
    """Every kept snapshot, newest first; reads only."""
    store = SnapshotStore(open_lake(project).storage)
    current = store.current()
    if current is None:
        return []
    found = {number: store.read(number) for number in store.numbers()}
    line = _line_of(current, found)
    return [
        KeptSnapshot(
            snapshot,
            "current" if number == current.number else "earlier" if number in line else "withdrawn",
        )
        for number, snapshot in sorted(found.items(), reverse=True)
    ]


def read_hold(project: Project) -> Hold | None:
    """The rollback that keeps runs from publishing, if there is one."""
    return SnapshotStore(open_lake(project).storage).hold()


def snapshot_number(text: str) -> int:
    """The number that `12`, `000012` or `snapshot 12` names.

    Raises:
        ConfigError: it names none.
    """
    digits = text.strip()
    if not digits.isdigit():
        raise ConfigError(f"{text!r} is no snapshot", hint="buck snapshots lists them")
    return int(digits)


def roll_back(
    project: Project, to: int | None = None, *, reason: str = "", wait_s: float = 0.0
) -> Snapshot:
    """Publish an earlier snapshot again; nothing is built.

    From then on runs land, build and check, but publish nothing until a person does (`buck
    publish`): what was taken back must not return by a schedule. Going to the newest snapshot
    takes the rollback back. Going to the published one changes nothing.

    Args:
        project: The project.
        to: The snapshot's number; the one that was published before the current one if None.
        reason: Why; kept with the pointer and in the ledger.
        wait_s: How long to wait for another run.

    Raises:
        LakeError: nothing is published yet.
        ConfigError: the snapshot is not kept, or there is no earlier one.
        LakeDamaged: one of its files is gone; nothing changed.
        LakeLocked: another run has the project.
    """
    lake = open_lake(project)
    with hold_lock(project.work, "buck rollback", wait_s=wait_s):
        publisher = Publisher(lake)
        current = publisher.heal()
        number = _target(publisher.snapshots, current, to)
        if current is not None and number == current.number:
            return current
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline="rollback")
        recorder.start(environment=project.environment, to=f"{number:06d}", reason=reason)
        try:
            with recorder.step("roll back") as facts:
                snapshot = publisher.roll_back(number, run_id=recorder.run_id, reason=reason)
                facts |= {"snapshot": snapshot.id, "tables": len(snapshot.tables)}
                before = current.id if current else None
                recorder.add(
                    "rolled_back", "ok", snapshot=snapshot.id, before=before, reason=reason
                )
        except BuckError as exc:
            recorder.finish(Status.FAILED, error=exc.what)
            raise
        recorder.finish(Status.OK, snapshot=snapshot.id)
        return snapshot


def _target(store: SnapshotStore, current: Snapshot | None, to: int | None) -> int:
    kept = store.numbers()
    if current is None:
        raise LakeError("nothing is published yet", hint="buck run")
    if to is None:
        before = current.previous
        if before is None or before not in kept:
            before = max((n for n in kept if n < current.number), default=None)
        if before is None:
            raise ConfigError(
                f"no snapshot before {current.id} is kept", hint="buck snapshots lists them"
            )
        return before
    if to not in kept:
        raise ConfigError(f"snapshot {to:06d} is not kept", hint="buck snapshots lists them")
    return to


def _line_of(current: Snapshot, kept: dict[int, Snapshot]) -> set[int]:
    """The current snapshot and those published before it, one after the other."""
    line = {current.number}
    before = current.previous
    while before is not None and before not in line:
        line.add(before)
        found = kept.get(before)
        before = found.previous if found else None
    if current.previous is None or before is None:
        # Manifests of before Buck kept the line have no link: what is older was published.
        line |= {n for n in kept if n < min(line)}
    return line
