"""How a big table lies on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Layout:
    """Cut by time, ordered by keys: what the macro `laid_out` left in a model's `meta`."""

    partition_by: str
    granularity: str
    """hour, day, month or year."""
    cluster_by: tuple[str, ...] = ()
    min_rows: int = 1_000_000
    """Tables with fewer rows are one file."""

    @property
    def part_unit(self) -> str:
        """day, month or year: what a file of a table that is cut holds. An hour is too little."""
        return "day" if self.granularity == "hour" else self.granularity

    @classmethod
    def of_meta(cls, meta: Mapping[str, Any], *, min_rows: int) -> Layout | None:
        """The layout in a model's `meta`; None if it says nothing of one."""
        found = meta.get("layout")
        if not isinstance(found, Mapping):
            return None
        return cls(
            str(found["partition_by"]),
            str(found["granularity"]),
            tuple(str(key) for key in found.get("cluster_by") or ()),
            min_rows,
        )
