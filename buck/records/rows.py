"""A few rows that break a rule: plain values, personal data already masked."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

Plain = str | int | float | bool | None
"""A value that JSON can hold without losing anything; decimals and times are text."""

MASK = "•••"
SAMPLE_ROWS = 20
_TEXT_CHARS = 300
_EMAIL = re.compile(r"[^\s@\"<>,;:()]+@[^\s@\"'<>,;:()]+\.[^\s@\"'<>,;:().]+")


@dataclass(frozen=True, slots=True)
class FailingRows:
    """At most 20 rows that break a rule, in the order the query gave them."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Plain, ...], ...] = ()

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        personal: Collection[str] = (),
    ) -> FailingRows:
        """The first rows as plain values, fit for a ledger, a report and an alert.

        Args:
            columns: The columns' names.
            rows: The values, one sequence per row.
            personal: Names of columns whose values are masked, in any letter case. An e-mail
                address is masked wherever it stands, because a query may rename its column.
        """
        hidden = {name.lower() for name in personal}
        masked = [name.lower() in hidden for name in columns]
        kept: list[tuple[Plain, ...]] = []
        for row in rows:
            if len(kept) == SAMPLE_ROWS:
                break
            pairs = zip(row, masked, strict=False)
            kept.append(tuple(plain_value(value, masked=hide) for value, hide in pairs))
        return cls(tuple(columns), tuple(kept))

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, held: dict[str, Any]) -> FailingRows:
        """The rows that `to_dict` wrote."""
        return cls(tuple(held["columns"]), tuple(tuple(row) for row in held["rows"]))

    def __len__(self) -> int:
        return len(self.rows)


def mask_text(text: str) -> str:
    """The text with every e-mail address replaced by `•••`."""
    return _EMAIL.sub(MASK, text) if "@" in text else text


def plain_value(value: Any, *, masked: bool = False) -> Plain:
    """The value as JSON can hold it, at most 300 characters, e-mail addresses masked."""
    if value is None:
        return None
    if masked:
        return MASK
    # NaN and infinity have no JSON form.
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = mask_text(str(value))
    return text if len(text) <= _TEXT_CHARS else text[: _TEXT_CHARS - 1] + "…"
