"""Records kept in a file between two readers, so that memory does not grow with a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from buck.errors import SourceError

_BUFFER_BYTES = 1 << 20


class Spool:
    """A file of JSON lines, written once and read by everyone who needs it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._filled = False

    @property
    def filled(self) -> bool:
        """Whether it was written to the end."""
        return self._filled

    def fill(self, values: Iterable[Any]) -> None:
        """Write all values; an error on the way leaves the spool unfilled, to be tried again."""
        try:
            with self._path.open("wb", buffering=_BUFFER_BYTES) as file:
                for value in values:
                    file.write(orjson.dumps(value) + b"\n")
        except OSError as exc:
            raise SourceError(
                f"cannot keep records in {self._path}: {exc.strerror}",
                hint="free some disk space, then run again",
            ) from exc
        self._filled = True

    def read(self) -> Iterator[Any]:
        """The values in the order they were written."""
        with self._path.open("rb") as file:
            for line in file:
                yield orjson.loads(line)
