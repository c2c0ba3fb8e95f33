"""Where the lake's objects lie: a local folder or a bucket, with the same four promises.

Writes are whole or absent, `create` never overwrites, reads see finished objects only, and names
are relative to the lake's root.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from buck.lake.bucket_storage import BucketStorage
from buck.lake.folder_storage import FolderStorage
from buck.records.access import S3Access


class Storage(Protocol):
    """The lake's root."""

    @property
    def is_local(self) -> bool:
        """Whether objects are files on this machine."""

    def url(self, name: str) -> str:
        """What DuckDB and Delta readers call the object or folder."""

    def read(self, name: str) -> bytes | None:
        """The object's bytes, or None if there is none."""

    def fetch(self, name: str) -> Path:
        """A local file with the bytes of an object that never changes once written."""

    def open(self, name: str) -> BinaryIO:
        """The object as a seekable file, for reading a part of it."""

    def tail(self, name: str, size_bytes: int) -> bytes:
        """The object's last bytes."""

    def write(self, name: str, payload: bytes) -> None:
        """Put the object, replacing an older one in one step."""

    def create(self, name: str, payload: bytes | Path) -> bool:
        """Put the object only if there is none; whether it was put."""

    def upload(self, file: Path, name: str, *, move: bool = False) -> None:
        """Put a local file's content, replacing an older object in one step."""

    def names(self, folder: str) -> list[str]:
        """Names of all objects below a folder, sorted."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Names of all objects below a folder, with their bytes."""

    def times(self, folder: str) -> dict[str, datetime]:
        """Names of all objects below a folder, with the time they were written."""

    def folders(self, folder: str) -> list[str]:
        """Names of the folders right below a folder, sorted."""

    def forget(self, folder: str, *, keep: Collection[str]) -> None:
        """Drop local copies of a folder's objects, but those to `keep`."""

    def bind(self, identity: str) -> None:
        """Drop local copies that are of another lake than the one with this id."""

    def remove(self, name: str) -> None:
        """Remove the object if it is there."""

    def sweep(self) -> int:
        """Remove what killed writers of this machine left half-written; how many objects."""

    def delta_options(self) -> dict[str, str]:
        """Storage options for the Delta library."""


def open_storage(root: str, s3: S3Access | None, *, cache: Path) -> Storage:
    """The storage behind a lake's root: a path, or `s3://bucket/prefix`.

    Args:
        root: Where the lake is.
        s3: Access to the bucket.
        cache: A local folder for copies of buckets' objects.
    """
    if root.startswith("s3://"):
        return BucketStorage(root.rstrip("/"), s3 or S3Access(), cache)
    return FolderStorage(Path(root))
