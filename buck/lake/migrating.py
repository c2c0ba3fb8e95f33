"""Bring a lake to the newest format, one format after the other.

A lake of an earlier format is read and continued as it is; migrating gives it what came with later
ones. There has been one format, so there is no way yet; the next format brings its own, and a test
demands it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from buck.errors import LakeError
from buck.lake.backing_up import IDENTITY
from buck.lake.lake import FORMAT_VERSION, Lake

Way = Callable[[Lake], None]

WAYS: Final[Mapping[int, Way]] = {}
"""Format to what makes the next one of it. A way may be killed and is then gone again: it adds and
never removes what the earlier format reads."""


@dataclass(frozen=True, slots=True)
class Migration:
    """The format that a lake had, and the one that it has now or would have."""

    before: int
    after: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def migrate(
    lake: Lake,
    *,
    dry_run: bool = False,
    newest: int = FORMAT_VERSION,
    ways: Mapping[int, Way] = WAYS,
) -> Migration:
    """Go every way from the lake's format to the newest; idempotent, and continued if killed.

    Until `lake.json` names the next format, which it does last, the lake has the earlier one.

    Args:
        lake: The lake; nobody else writes to it meanwhile.
        dry_run: Only say what would be done.
        newest: The format to come to.
        ways: From each format to the next.

    Raises:
        LakeError: there is no lake yet.
        LakeDamaged: its format is newer than this Buck's.
    """
    payload = lake.storage.read(IDENTITY) if lake.exists else None
    if payload is None:
        raise LakeError(f"there is no lake at {lake.root} yet", hint="buck run")
    record = orjson.loads(payload)
    before = int(record["format_version"])
    for version in range(before, newest):
        if not dry_run:
            ways[version](lake)
            record["format_version"] = version + 1
            lake.storage.write(IDENTITY, orjson.dumps(record))
    return Migration(before, max(before, newest))
