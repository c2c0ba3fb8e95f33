"""Objects of a lake read whole: their checksum, and as files of this machine."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from buck.errors import LakeDamaged

if TYPE_CHECKING:
    from buck.lake.storage import Storage

BLOCK_BYTES = 1 << 20


def hash_of(file: BinaryIO) -> str:
    """The SHA-256 of what is left of an open file."""
    digest = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def hash_of_object(storage: Storage, name: str) -> str:
    """The SHA-256 of an object.

    Raises:
        LakeDamaged: it is gone.
    """
    with storage.open(name) as file:
        return hash_of(file)


def hash_of_file(path: Path) -> str:
    """The SHA-256 of a file of this machine."""
    with path.open("rb") as file:
        return hash_of(file)


@contextmanager
def local_copy(storage: Storage, name: str, work: Path) -> Iterator[Path]:
    """An object as a file: itself on a disk, a passing copy of a bucket's.

    Raises:
        LakeDamaged: it is gone.
    """
    if storage.is_local:
        path = storage.fetch(name)
        if not path.is_file():
            raise LakeDamaged(f"{path} is gone", hint="buck lake verify")
        yield path
        return
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        copy = Path(folder) / "object"
        with storage.open(name) as file, copy.open("wb") as out:
            shutil.copyfileobj(file, out, BLOCK_BYTES)
        yield copy
