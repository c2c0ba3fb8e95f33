"""Monthly recurring revenue at the end of each day, and how it moved, from the facts alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from buck.sandbox.company.change import Fact

_EARNING = {"active", "past_due"}
_Account = tuple[str, str]
"""A person and a currency."""


@dataclass(slots=True)
class Recurring:
    """One period and currency in minor units; `mrr` is what the movements so far add up to."""

    period: str
    currency: str
    mrr: int = 0
    new: int = 0
    expansion: int = 0
    contraction: int = 0
    churn: int = 0
    reactivation: int = 0


@dataclass(slots=True)
class _Subscription:
    account: _Account
    status: str = ""
    value: int = 0


def tally_recurring(
    facts: list[Fact], *, as_of: datetime
) -> tuple[tuple[Recurring, ...], tuple[Recurring, ...]]:
    """The same figures by day and by month, for all whole days before `as_of`.

    Args:
        facts: Live ones only, ordered by `at`.
        as_of: The moment that the figures are about.
    """
    told: dict[date, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind in {"subscription_status", "subscription_value"}:
            told[fact.at.date()].append(fact)
    subscriptions: dict[str, _Subscription] = {}
    worth: dict[_Account, int] = {}
    by_day: list[Recurring] = []
    day = min(told, default=as_of.date())
    while day < as_of.date():
        for fact in told[day]:
            _apply(subscriptions, fact)
        by_day += _close_day(day, subscriptions, worth)
        day += timedelta(days=1)
    return tuple(by_day), _by_month(by_day)


def _apply(subscriptions: dict[str, _Subscription], fact: Fact) -> None:
    held = subscriptions.setdefault(fact.id, _Subscription((fact.of, fact.currency)))
    if fact.kind == "subscription_status":
        held.status = fact.status
    else:
        held.value = fact.amount


def _close_day(
    day: date, subscriptions: dict[str, _Subscription], worth: dict[_Account, int]
) -> list[Recurring]:
    """The day's rows; `worth` goes from what each account paid a month before to what it pays."""
    now = dict.fromkeys(worth, 0)
    for held in subscriptions.values():
        if held.status in _EARNING:
            now[held.account] = now.get(held.account, 0) + held.value
    rows: dict[str, Recurring] = {}
    for (person, currency), after in sorted(now.items()):
        row = rows.setdefault(currency, Recurring(day.isoformat(), currency))
        row.mrr += after
        _move(row, worth.get((person, currency)), after)
    worth.update(now)
    return [row for _, row in sorted(rows.items())]


def _move(row: Recurring, before: int | None, after: int) -> None:
    """Count a change under its name; `before` is None for who never paid."""
    if before is None:
        row.new += after
    elif before == 0:
        row.reactivation += after
    elif after == 0:
        row.churn -= before
    elif after > before:
        row.expansion += after - before
    else:
        row.contraction += after - before


def _by_month(by_day: list[Recurring]) -> tuple[Recurring, ...]:
    found: dict[tuple[str, str], Recurring] = {}
    for day in by_day:
        key = day.period[:7], day.currency
        row = found.setdefault(key, Recurring(*key))
        row.mrr = day.mrr
        row.new += day.new
        row.expansion += day.expansion
        row.contraction += day.contraction
        row.churn += day.churn
        row.reactivation += day.reactivation
    return tuple(row for _, row in sorted(found.items()))
