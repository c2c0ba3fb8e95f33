"""Telling what is gone from a source that was listed completely."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from buck.errors import SourceChanged
from buck.sources.load import TableLoad

SMALL = 100
"""So many rows may always vanish at once, however small the table is."""


def is_suspicious(gone: int, known: int, *, max_share: float) -> bool:
    """Whether so many rows gone at once look like a half-read list rather than like work."""
    return gone > max(SMALL, max_share * known)


def find_deleted(
    table: TableLoad, seen: Collection[tuple[Any, ...]], *, max_share: float
) -> list[dict[str, Any]]:
    """The keys that the lake holds and the source no longer lists, one mapping each.

    Args:
        table: The table's part of the load.
        seen: Every key that the source lists now, values in the order of the table's key.
        max_share: The share of rows that may vanish between two loads.

    Raises:
        SourceChanged: more than that (and more than 100 rows) are gone, which looks like a
            half-read list rather than like work.
    """
    # A table that its contract refuses lands nothing; what it would have is not known to be gone.
    if table.is_first or table.refusal:
        return []
    key = table.spec.key
    known = table.known_keys()
    gone = [row for row in known.to_pylist() if tuple(row[k] for k in key) not in seen]
    if is_suspicious(len(gone), known.num_rows, max_share=max_share):
        raise SourceChanged(
            f"{len(gone)} of {known.num_rows} rows of {table.spec.source}.{table.spec.name} "
            "are gone at once",
            hint="if that is meant, raise max_deleted_share in the pipeline's file for one run",
        )
    return gone
