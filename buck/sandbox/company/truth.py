"""What the marts ought to say, computed from the company's own facts and from nothing else.

Each figure is defined in docs/reference/sandbox-truth.md. Nothing here reads a record of one of the
three systems, and nothing is shared with the models that compute the same figures from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from buck.sandbox.company.calendar import day_start
from buck.sandbox.company.change import Fact
from buck.sandbox.company.company import Company
from buck.sandbox.company.dealings import Pipeline, UsageDay, tally_pipeline, tally_usage
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.company.recurring import Recurring, tally_recurring
from buck.sandbox.company.tally import Figures, Tally


@dataclass(frozen=True, slots=True)
class Truth:
    """The figures of all days before `as_of`; money in integer minor units of its currency."""

    as_of: datetime
    by_day: tuple[Figures, ...]
    """One row per UTC day and currency in which anything happened, in that order."""
    by_month: tuple[Figures, ...]
    by_currency: tuple[Figures, ...]
    mrr_by_day: tuple[Recurring, ...]
    """One row per UTC day and currency, from the first subscription in it on, in that order."""
    mrr_by_month: tuple[Recurring, ...]
    customers: dict[str, int]
    subscriptions: dict[str, int]
    """Live subscriptions by status."""
    accounts_by_segment: dict[str, int]
    segment_versions: int
    """How many segments the accounts have had so far, one for each account to begin with."""
    deals: tuple[Pipeline, ...]
    """Every deal by the stage it is in, won and lost ones included; the period is `now`."""
    pipeline_by_day: tuple[Pipeline, ...]
    """One row per UTC day, stage and currency with an open deal at the day's end, in that order."""
    usage_events: int
    usage_by_day: tuple[UsageDay, ...]
    balance: dict[str, dict[str, int]]
    """What went through Stripe's balance, by currency."""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values that JSON can hold."""
        return {
            "as_of": self.as_of.isoformat(),
            "exponents": {c.code: c.exponent for c in CURRENCIES.values()},
            "by_day": [asdict(row) for row in self.by_day],
            "by_month": [asdict(row) for row in self.by_month],
            "by_currency": [asdict(row) for row in self.by_currency],
            "mrr_by_day": [asdict(row) for row in self.mrr_by_day],
            "mrr_by_month": [asdict(row) for row in self.mrr_by_month],
            "customers": self.customers,
            "subscriptions": self.subscriptions,
            "accounts_by_segment": self.accounts_by_segment,
            "segment_versions": self.segment_versions,
            "deals": [asdict(row) for row in self.deals],
            "pipeline_by_day": [asdict(row) for row in self.pipeline_by_day],
            "usage_events": self.usage_events,
            "usage_by_day": [asdict(row) for row in self.usage_by_day],
            "balance": self.balance,
        }


def truth(company: Company, *, as_of_day: int) -> Truth:
    """The figures of a company after so many days."""
    return truth_at(company.facts(as_of_day), as_of=day_start(as_of_day))


def truth_at(facts: Iterable[Fact], *, as_of: datetime) -> Truth:
    """The figures at any moment, from facts that reach at least that far; test mode is left out."""
    known = [fact for fact in facts if fact.at < as_of and fact.live]
    tally = Tally(known)
    segments = _last(known, "segment")
    mrr_by_day, mrr_by_month = tally_recurring(known, as_of=as_of)
    pipeline_by_day, deals = tally_pipeline(known, as_of=as_of)
    return Truth(
        as_of=as_of,
        by_day=tally.rows(lambda at: at.date().isoformat()),
        by_month=tally.rows(lambda at: f"{at:%Y-%m}"),
        by_currency=tally.rows(lambda _: "all"),
        mrr_by_day=mrr_by_day,
        mrr_by_month=mrr_by_month,
        customers=_count_customers(known, tally),
        subscriptions=_count(_last(known, "subscription_status").values()),
        accounts_by_segment=_count(segments.values()),
        segment_versions=sum(1 for fact in known if fact.kind == "segment"),
        deals=deals,
        pipeline_by_day=pipeline_by_day,
        usage_events=sum(1 for fact in known if fact.kind == "usage"),
        usage_by_day=tally_usage(known),
        balance=_balance(known),
    )


def _last(facts: list[Fact], kind: str) -> dict[str, str]:
    return {fact.id: fact.status for fact in facts if fact.kind == kind}


def _count(values: Iterable[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for value in sorted(values):
        counted[value] = counted.get(value, 0) + 1
    return counted


_IDENTITIES = ("stripe_customer", "app_user", "salesforce_contact", "salesforce_lead")


def _count_customers(facts: list[Fact], tally: Tally) -> dict[str, int]:
    ever: dict[tuple[str, str], str] = {}
    gone: set[tuple[str, str]] = set()
    for fact in facts:
        if fact.kind == "identity":
            ever[fact.status, fact.id] = fact.of
        elif fact.kind == "identity_removed":
            gone.add((fact.status, fact.id))
    now = {identity: person for identity, person in ever.items() if identity not in gone}
    counted: dict[str, int] = {}
    for suffix, identities in (("", now), ("_ever", ever)):
        for system in _IDENTITIES:
            counted[f"{system}s{suffix}"] = sum(1 for kind, _ in identities if kind == system)
        counted[f"persons{suffix}"] = len(
            {person for (kind, _), person in identities.items() if kind != "salesforce_lead"}
        )
        counted[f"persons_with_leads{suffix}"] = len(set(identities.values()))
    counted["paying_persons"] = len(tally.payers())
    return counted


_SIGNS = {
    "payment_succeeded": ("charges", 1),
    "refund_succeeded": ("refunds", -1),
    "dispute_opened": ("disputes", -1),
    "dispute_won": ("disputes", 1),
}


def _balance(facts: list[Fact]) -> dict[str, dict[str, int]]:
    books = {
        code: dict.fromkeys(("charges", "refunds", "disputes", "fees", "paid_out"), 0)
        for code in CURRENCIES
    }
    for fact in facts:
        if fact.kind in _SIGNS:
            name, sign = _SIGNS[fact.kind]
            books[fact.currency][name] += sign * fact.amount
            books[fact.currency]["fees"] -= fact.fee
        elif fact.kind == "paid_out":
            books[fact.currency]["paid_out"] -= fact.amount
    return {code: {**book, "remaining": sum(book.values())} for code, book in books.items()}
