"""What failing rows do to a measure, per currency and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from buck.records.check_card import Impact

Amounts = Mapping[str, tuple[str, Decimal]]
"""Key to currency and amount."""


def over_count(
    groups: Iterable[Sequence[str]],
    amounts: Amounts,
    exponents: Mapping[str, int],
    *,
    measure: str,
) -> list[Impact]:
    """What all but the first of each group add to the measure."""
    extra = [key for _, *others in groups for key in others]
    return _sum((amounts[key] for key in extra if key in amounts), exponents, measure)


def difference(
    keys: Iterable[str],
    now: Amounts,
    before: Amounts,
    exponents: Mapping[str, int],
    *,
    measure: str,
) -> list[Impact]:
    """By how much the rows of these keys changed the measure since the published snapshot."""
    found = []
    for key in keys:
        if key in now:
            currency, amount = now[key]
            found.append((currency, amount - before.get(key, (currency, Decimal(0)))[1]))
    return [replace(i, since_published=True) for i in _sum(found, exponents, measure)]


def unbooked(
    rows: Iterable[Mapping[str, Any]], exponents: Mapping[str, int], *, measure: str
) -> list[Impact]:
    """The difference between a total in minor units and what was booked, from rows of both.

    The columns are `<something>_minor` and `booked_<something>_minor`; the first of each count.
    """
    found = []
    for row in rows:
        minor = [name for name in row if name.endswith("_minor")]
        booked = next((n for n in minor if n.startswith("booked_")), None)
        total = next((n for n in minor if not n.startswith("booked_")), None)
        currency = row.get("currency")
        if booked is None or total is None or not isinstance(currency, str):
            return []
        units = Decimal(int(row[total] or 0) - int(row[booked] or 0))
        found.append((currency, units.scaleb(-exponents.get(currency, 2))))
    return _sum(found, exponents, measure)


def _sum(
    found: Iterable[tuple[str, Decimal]], exponents: Mapping[str, int], measure: str
) -> list[Impact]:
    totals: dict[str, tuple[Decimal, int]] = {}
    for currency, amount in found:
        total, rows = totals.get(currency, (Decimal(0), 0))
        totals[currency] = (total + amount, rows + 1)
    return [
        Impact(measure, currency, _write(total, exponents.get(currency)), rows)
        for currency, (total, rows) in sorted(totals.items())
        if total
    ]


def _write(amount: Decimal, exponent: int | None) -> str:
    """With the digits that the currency has; more only where the amount has more."""
    if exponent is None:
        return f"{amount:f}"
    short = amount.quantize(Decimal(1).scaleb(-exponent))
    return f"{short if short == amount else amount.normalize():f}"
