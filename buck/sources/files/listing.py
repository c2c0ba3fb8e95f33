"""Which files there are, and when each last changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any

from buck.errors import SourceChanged, SourceDenied, SourceError, SourceUnreachable


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file, as the storage tells it."""

    name: str
    """Below the source's address."""
    path: str
    changed_us: int
    """When its bytes or its place last changed: microseconds since 1970, by the storage's clock."""


class Folder:
    """A folder on disk, or a prefix of a bucket.

    Args:
        address: A path or `s3://bucket/prefix`.
        storage: What s3fs takes: `key`, `secret`, `endpoint_url` …
        source: The source's name, for messages.
    """

    def __init__(self, address: str, *, storage: Mapping[str, Any], source: str) -> None:
        from fsspec.core import url_to_fs

        self._source = source
        self.address = address.rstrip("/")
        self._fs, self._root = url_to_fs(self.address, **storage)

    def files(self, pattern: str) -> list[FoundFile]:
        """The files that match, in the order in which they last changed.

        Raises:
            SourceUnreachable: the folder is not there, or the storage does not answer.
            SourceDenied: it may not be read.
        """
        with self._errors():
            # fsspec remembers listings for the whole process.
            self._fs.invalidate_cache()
            if not self._fs.exists(self._root):
                raise SourceUnreachable(
                    f"there is no {self.address}", hint=f"see sources.{self._source}.options"
                )
            found = self._fs.glob(f"{self._root}/{pattern}", detail=True)
        files = [
            FoundFile(
                str(PurePosixPath(path).relative_to(PurePosixPath(self._root))),
                path,
                _changed_us(facts),
            )
            for path, facts in found.items()
            if facts.get("type") == "file"
        ]
        return sorted(files, key=lambda f: (f.changed_us, f.name))

    @contextmanager
    def open(self, file: FoundFile) -> Iterator[IO[bytes]]:
        """The file's bytes, unpacked if its name ends in `.gz`."""
        packed = "gzip" if file.name.endswith(".gz") else None
        with self._errors(), self._fs.open(file.path, "rb", compression=packed) as stream:
            yield stream

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as exc:
            raise SourceDenied(
                f"{self.address} may not be read",
                hint=f"check the rights and the keys under sources.{self._source}.options",
            ) from exc
        except FileNotFoundError as exc:
            raise SourceUnreachable(
                f"there is no {exc.filename or self.address!s}", hint="run again"
            ) from exc
        except (EOFError, OSError) as exc:
            raise SourceError(
                f"{self.address} cannot be read: {exc}", hint="run again; nothing was committed"
            ) from exc


def _changed_us(facts: Mapping[str, Any]) -> int:
    # A file moved here keeps its own time; on disk the inode's tells when it came.
    told = [facts.get(name) for name in ("mtime", "created", "LastModified", "last_modified")]
    times = [t.timestamp() if isinstance(t, datetime) else t for t in told if t is not None]
    if not times:
        raise SourceChanged(
            f"the storage does not tell when {facts.get('name')} changed",
            hint="use a folder or an S3 bucket",
        )
    return int(max(times) * 1_000_000)
