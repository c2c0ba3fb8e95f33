"""A copy of a lake, and what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from buck.errors import LakeDamaged

FORMAT = 1


@dataclass(frozen=True, slots=True)
class BackedUp:
    """One object of the lake, as it was copied."""

    size_bytes: int
    sha256: str
    modified_at: str
    """When the lake's own object was written, ISO 8601: an object that is as old and as big was
    copied before."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One state of a lake: every object by its name in the lake. Never changed once written."""

    id: str
    """Sorts by time."""
    created_at: datetime
    lake_id: str
    lake_root: str
    snapshot: str
    """What was published; empty if nothing was."""
    objects: Mapping[str, BackedUp]

    @property
    def size_bytes(self) -> int:
        """Bytes of all objects."""
        return sum(one.size_bytes for one in self.objects.values())

    def to_json(self) -> bytes:
        """The manifest, with a checksum over itself."""
        content = {
            "format_version": FORMAT,
            "id": self.id,
            "created_at": self.created_at.isoformat(),
            "lake_id": self.lake_id,
            "lake_root": self.lake_root,
            "snapshot": self.snapshot,
            "objects": {name: asdict(one) for name, one in sorted(self.objects.items())},
        }
        return orjson.dumps(content | {"sha256": _digest(content)}, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, payload: bytes, *, where: str) -> Backup:
        """The backup of a manifest.

        Raises:
            LakeDamaged: it was cut, changed, or written by a newer Buck.
        """
        try:
            content = orjson.loads(payload)
            if content["format_version"] > FORMAT:
                raise LakeDamaged(
                    f"{where} was written by a newer Buck",
                    hint="upgrade with `pip install -U buck-lakehouse`",
                )
            if content.pop("sha256") != _digest(content):
                raise ValueError("its content does not have its checksum")
            return cls(
                id=str(content["id"]),
                created_at=datetime.fromisoformat(content["created_at"]),
                lake_id=str(content["lake_id"]),
                lake_root=str(content["lake_root"]),
                snapshot=str(content["snapshot"]),
                objects={name: BackedUp(**one) for name, one in content["objects"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise LakeDamaged(
                f"{where} is damaged: {exc}", hint="take another backup: buck restore FROM --list"
            ) from exc

    def to_dict(self) -> dict[str, Any]:
        """For JSON, without the objects."""
        return {
            "backup": self.id,
            "created_at": self.created_at.isoformat(),
            "lake_id": self.lake_id,
            "lake_root": self.lake_root,
            "snapshot": self.snapshot,
            "objects": len(self.objects),
            "size_bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True)
class Pruned:
    """Backups that were removed from a place, oldest first, and what only they had."""

    backups: tuple[str, ...] = ()
    objects: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Copied:
    """A backup that was made or put back, and how much of it had to be carried."""

    backup: Backup
    copied: int
    """Objects; the others were there already."""
    copied_bytes: int
    removed: int = 0
    """Objects of the lake that the backup does not have."""
    pruned: Pruned = Pruned()
    """Earlier backups that were removed afterwards."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.backup.to_dict() | {
            "copied": self.copied,
            "copied_bytes": self.copied_bytes,
            "removed": self.removed,
            "pruned": list(self.pruned.backups),
            "pruned_bytes": self.pruned.size_bytes,
        }


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
