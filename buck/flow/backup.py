"""Backing the lake up, and putting it back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from buck.errors import ConfigError
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.lock import hold_lock
from buck.lake import BackupPlace, Publisher, open_storage, put_back
from buck.ledger import RunRecorder
from buck.project import Project
from buck.records.backup import Backup, Copied
from buck.records.run import Status

STALE = ("build.duckdb", "build.duckdb.wal", "build.json")
"""What this machine made from the lake that was; the next run makes it again."""


def back_up_lake(
    project: Project, to: str, *, keep: int | None = None, wait_s: float = 0.0
) -> Copied:
    """Copy raw tables, held records, snapshots and ledger, as they are between two runs.

    Only what changed since the last backup in that place is copied; one that was killed is
    continued.

    Args:
        project: The project.
        to: A folder, or `s3://bucket/prefix`; the backups of one lake.
        keep: How many backups stay, the new one among them; all if None.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: there is no lake yet; the place is inside the lake, or has another lake's.
        LakeLocked: another run has the project, or another machine went on writing.
        LakeDamaged, LakeError: see `BackupPlace.back_up`.
    """
    place = _place(project, to)
    lake = open_lake(project)
    if not lake.exists:
        raise ConfigError("there is no lake to back up yet", hint="buck run")
    with hold_lock(project.work, "buck backup", wait_s=wait_s):
        backup_id = new_load_id(datetime.now(UTC))
        done = place.back_up(lake, backup_id)
        if keep is not None:
            done = replace(done, pruned=place.prune(keep))
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline="backup")
        recorder.start(environment=project.environment, to=to, backup=backup_id)
        pruned = {"pruned": list(done.pruned.backups)} if done.pruned.backups else {}
        recorder.finish(Status.OK, objects=len(done.backup.objects), copied=done.copied, **pruned)
    return done


def list_backups(project: Project, place: str) -> list[Backup]:
    """All whole backups of a place, oldest first.

    Raises:
        ConfigError: there is none.
    """
    found = _place(project, place)
    ids = found.list_backups()
    if not ids:
        raise ConfigError(f"there is no backup in {place}", hint="buck backup --to PLACE makes one")
    return [found.read(one) for one in ids]


def restore_lake(
    project: Project,
    place: str,
    *,
    backup_id: str | None = None,
    replace: bool = False,
    wait_s: float = 0.0,
) -> Copied:
    """Make the project's lake what it was when a backup was made.

    The whole backup is proven first. While the lake is incomplete nobody can open it, and the same
    command continues; afterwards the next run goes on from the state that was restored.

    Args:
        project: The project.
        place: Where the backups are.
        backup_id: Which one; the newest if None.
        replace: Replace a lake that is not empty.
        wait_s: How long to wait for another run.

    Raises:
        ConfigError: there is no such backup, or the lake is not empty.
        LakeDamaged: the backup is damaged; the lake is as it was.
        LakeError: the lake cannot be written.
        LakeLocked: another run has the project.
    """
    found = _place(project, place)
    backup = found.read(backup_id) if backup_id else list_backups(project, place)[-1]
    storage = open_storage(project.lake_root, project.s3, cache=project.work / "cache")
    with hold_lock(project.work, "buck restore", wait_s=wait_s):
        done = put_back(found, backup, storage, replace=replace)
        for name in STALE:
            (project.work / name).unlink(missing_ok=True)
        for folder in ("landing", "publish", "cache"):
            shutil.rmtree(project.work / folder, ignore_errors=True)
        lake = open_lake(project)
        Publisher(lake).heal()
        recorder = RunRecorder(lake.storage, new_load_id(datetime.now(UTC)), pipeline="restore")
        recorder.start(environment=project.environment, source=place, backup=backup.id)
        recorder.finish(Status.OK, objects=len(backup.objects), copied=done.copied)
    return done


def _place(project: Project, address: str) -> BackupPlace:
    root = address if address.startswith("s3://") else str(Path(address).resolve())
    lake = project.lake_root
    if root == lake or root.startswith(f"{lake}/"):
        raise ConfigError(
            f"{address} is inside the lake, and would go with it",
            hint="name another disk or bucket",
        )
    storage = open_storage(root, project.access_to(root), cache=project.work / "cache")
    return BackupPlace(storage, project.work / "backup")
