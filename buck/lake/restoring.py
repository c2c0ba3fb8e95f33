"""Putting a backup back. Until all of it is there, nobody can open the lake.

`lake.json` says so: it is the first object that is written and the last one, so a restore that is
killed is found unfinished by everybody and can be continued.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import orjson

from buck.errors import ConfigError, LakeDamaged
from buck.lake.backing_up import IDENTITY, list_lake
from buck.lake.objects import hash_of_object
from buck.lake.served_file import FILE
from buck.lake.snapshots import SERVED
from buck.records.backup import BackedUp, Backup, Copied

if TYPE_CHECKING:
    from buck.lake.backing_up import BackupPlace
    from buck.lake.storage import Storage

RESTORING = "restoring"
RESTORED = "restored"


def put_back(place: BackupPlace, backup: Backup, storage: Storage, *, replace: bool) -> Copied:
    """Make a lake what it was. The backup is proven before anything is written.

    Args:
        place: Where the backup is.
        backup: Which one.
        storage: The lake's root.
        replace: Replace what lies there; without it only an empty lake, or the same restore
            begun before, is accepted.

    Raises:
        ConfigError: the lake is not empty.
        LakeDamaged: the backup is damaged; the lake is as it was.
        LakeError: the lake cannot be written; run it again to continue.
    """
    if IDENTITY not in backup.objects:
        raise LakeDamaged(f"backup {backup.id} has no {IDENTITY}", hint="take another backup")
    present = list_lake(storage)
    if present and not replace and _unfinished(storage) != backup.id:
        raise ConfigError(
            f"there is a lake in {storage.url('').rstrip('/')}: {len(present)} objects",
            hint="restore into an empty one, or replace all of it with --replace",
        )
    place.prove(backup)
    with place.open_object(backup.objects[IDENTITY]) as path:
        identity = orjson.loads(path.read_bytes())
    storage.write(IDENTITY, orjson.dumps(identity | {RESTORING: backup.id}))
    # Readers must not take what is made from the rest for what the backup holds.
    for name in (SERVED, FILE):
        storage.remove(name)
    gone = [name for name in present if name not in backup.objects]
    for name in gone:
        storage.remove(name)
    _drop_empty(storage, gone)
    copied, copied_bytes = 0, 0
    for name, one in sorted(backup.objects.items()):
        if name == IDENTITY or (name in present and _has(storage, name, one)):
            continue
        with place.open_object(one) as path:
            storage.upload(path, name)
        copied, copied_bytes = copied + 1, copied_bytes + one.size_bytes
    # Objects of one name may differ from those that other machines have copies of.
    storage.write(IDENTITY, orjson.dumps(identity | {RESTORED: uuid.uuid4().hex}))
    return Copied(backup, copied, copied_bytes, len(gone))


def _unfinished(storage: Storage) -> str:
    """The backup that an unfinished restore puts back; empty if there is none."""
    try:
        return str(orjson.loads(storage.read(IDENTITY) or b"{}").get(RESTORING, ""))
    except (ValueError, AttributeError):
        return ""


def _drop_empty(storage: Storage, gone: list[str]) -> None:
    """On a disk a table's folder stays when its files are gone, and looks like a table."""
    if not storage.is_local:
        return
    parents = {str(parent) for name in gone for parent in PurePosixPath(name).parents}
    for parent in sorted(parents - {"."}, reverse=True):
        with suppress(OSError):
            Path(storage.url(parent)).rmdir()


def _has(storage: Storage, name: str, one: BackedUp) -> bool:
    return hash_of_object(storage, name) == one.sha256
