"""A lake in a local folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

from buck.errors import LakeDamaged, LakeError

SPARE = ".spare-"


class FolderStorage:
    """A lake in a local folder."""

    is_local = True

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def url(self, name: str) -> str:
        """The absolute path."""
        return str(self.root / name)

    def read(self, name: str) -> bytes | None:
        """See `Storage`."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            raise LakeError(
                f"{self.root / name} cannot be read: {exc.strerror or exc}",
                hint="fix the file's permissions, then run again",
            ) from exc

    def fetch(self, name: str) -> Path:
        """The object itself."""
        return self.root / name

    def open(self, name: str) -> BinaryIO:
        """See `Storage`."""
        try:
            return (self.root / name).open("rb")
        except FileNotFoundError as exc:
            raise LakeDamaged(f"{self.root / name} is gone", hint="buck doctor") from exc

    def tail(self, name: str, size_bytes: int) -> bytes:
        """See `Storage`."""
        with self.open(name) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size_bytes))
            return file.read()

    def write(self, name: str, payload: bytes) -> None:
        """See `Storage`."""
        with self._spare(name) as spare:
            _write_through(spare, payload)
            spare.replace(self.root / name)

    def create(self, name: str, payload: bytes | Path) -> bool:
        """See `Storage`; a hard link is the file system's put-if-absent."""
        with self._spare(name) as spare:
            if isinstance(payload, Path):
                shutil.copyfile(payload, spare)
                _sync(spare)
            else:
                _write_through(spare, payload)
            try:
                os.link(spare, self.root / name)
            except FileExistsError:
                return False
        return True

    def upload(self, file: Path, name: str, *, move: bool = False) -> None:
        """See `Storage`; a file on the same disk is moved, not copied, if `move` allows it."""
        target = self.root / name
        with self._spare(name) as spare:
            _sync(file)
            if move:
                try:
                    file.replace(target)
                except OSError:  # another file system: fall through to the copy
                    pass
                else:
                    return
            shutil.copyfile(file, spare)
            _sync(spare)
            spare.replace(target)

    def names(self, folder: str) -> list[str]:
        """See `Storage`."""
        base = self.root / folder
        return sorted(
            str(path.relative_to(self.root))
            for path in base.rglob("*")
            if path.is_file() and not path.name.startswith(SPARE)
        )

    def sizes(self, folder: str) -> dict[str, int]:
        """See `Storage`."""
        return {name: (self.root / name).stat().st_size for name in self.names(folder)}

    def times(self, folder: str) -> dict[str, datetime]:
        """See `Storage`."""
        return {
            name: datetime.fromtimestamp((self.root / name).stat().st_mtime, UTC)
            for name in self.names(folder)
        }

    def folders(self, folder: str) -> list[str]:
        """See `Storage`."""
        base = self.root / folder
        return sorted(p.name for p in base.iterdir() if p.is_dir()) if base.is_dir() else []

    def forget(self, folder: str, *, keep: Collection[str]) -> None:
        """There are no copies."""

    def bind(self, identity: str) -> None:
        """There are no copies."""

    def remove(self, name: str) -> None:
        """See `Storage`."""
        (self.root / name).unlink(missing_ok=True)

    def sweep(self) -> int:
        """See `Storage`."""
        left = (
            Path(folder, name)
            for folder, _, files in os.walk(self.root)
            for name in files
            if name.startswith(SPARE)
        )
        return sum(map(_remove_abandoned, left))

    def delta_options(self) -> dict[str, str]:
        """None are needed."""
        return {}

    @contextmanager
    def _spare(self, name: str) -> Iterator[Path]:
        """A name beside the object to write to first; nothing is left under it.

        The file is locked for as long as its writer lives, so that a sweep knows whose is whose.

        Raises:
            LakeError: the disk is full, or the folder may not be written.
        """
        folder = (self.root / name).parent
        spare = folder / f"{SPARE}{uuid.uuid4().hex}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _begin(spare):
                yield spare
        except OSError as exc:
            raise LakeError(
                f"{self.root / name} cannot be written: {exc.strerror or exc}",
                hint="free disk space or fix the folder's permissions, then run again",
            ) from exc
        finally:
            with suppress(OSError):
                spare.unlink(missing_ok=True)


def _begin(spare: Path) -> IO[bytes]:
    """Create and lock a spare file; again if a sweep came between the two."""
    while True:
        file = spare.open("wb")
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _remove_abandoned(spare: Path) -> bool:
    """Remove a spare file whose writer is gone; whether it was."""
    try:
        with spare.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            spare.unlink()
    except OSError:  # it is being written, has just been, or is not ours to remove
        return False
    return True


def _write_through(path: Path, payload: bytes) -> None:
    with path.open("wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
