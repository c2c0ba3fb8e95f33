"""Deals and usage at the end of each day, from the facts alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from buck.sandbox.company.change import Fact

WON, LOST = "Closed Won", "Closed Lost"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The deals that are in one stage, in one currency; `amount` in its minor units."""

    period: str
    stage: str
    currency: str
    deals: int
    amount: int


@dataclass(frozen=True, slots=True)
class UsageDay:
    """One UTC day on which somebody used the app."""

    period: str
    events: int
    users: int


def tally_pipeline(
    facts: list[Fact], *, as_of: datetime
) -> tuple[tuple[Pipeline, ...], tuple[Pipeline, ...]]:
    """The open deals by day and stage, and all deals by stage as they stand.

    A day's row is the state at its end, for whole days before `as_of`; the period of what stands is
    `now`. Ordered by period, stage, currency.

    Args:
        facts: Live ones only, ordered by `at`.
        as_of: The moment that the figures are about.
    """
    told: dict[date, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind == "deal":
            told[fact.at.date()].append(fact)
    deals: dict[str, Fact] = {}
    by_day: list[Pipeline] = []
    day = min(told, default=as_of.date())
    while day < as_of.date():
        deals |= {fact.id: fact for fact in told[day]}
        still_open = [d for d in deals.values() if d.status not in {WON, LOST}]
        by_day += _by_stage(day.isoformat(), still_open)
        day += timedelta(days=1)
    deals |= {fact.id: fact for fact in told[as_of.date()]}
    return tuple(by_day), tuple(_by_stage("now", list(deals.values())))


def tally_usage(facts: list[Fact]) -> tuple[UsageDay, ...]:
    """Events, and the people behind them, by day."""
    told: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.kind == "usage":
            told[fact.at.date().isoformat()].append(fact.of)
    return tuple(UsageDay(day, len(who), len(set(who))) for day, who in sorted(told.items()))


def _by_stage(period: str, deals: list[Fact]) -> list[Pipeline]:
    counted: dict[tuple[str, str], list[int]] = defaultdict(list)
    for deal in deals:
        counted[deal.status, deal.currency].append(deal.amount)
    return [
        Pipeline(period, stage, currency, len(amounts), sum(amounts))
        for (stage, currency), amounts in sorted(counted.items())
    ]
