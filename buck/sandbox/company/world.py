"""What every department of the company shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from buck.sandbox.company.agenda import Agenda
from buck.sandbox.company.dice import Dice
from buck.sandbox.company.journal import Journal


@dataclass(slots=True)
class Organisation:
    """A firm that several people buy for."""

    id: str
    name: str
    domain: str
    country: str
    employees: int
    segment: str
    account_id: str | None = None
    """Its Salesforce account, once sales has made one."""
    members: int = 0


@dataclass(slots=True, eq=False)
class Person:
    """One human being, whatever the three systems make of them."""

    key: str
    name: str
    given: str
    family: str
    email: str
    country: str
    currency: str
    locale: str | None
    method: str
    """How they pay: `card`, `sepa_debit` or `us_bank_account`."""
    organisation: Organisation | None
    order_rate: float
    """Orders per day, on average."""
    user_id: int | None = None
    contact_id: str | None = None
    stripe_ids: list[str] = field(default_factory=list)
    live: bool = True
    """False for the made-up people of Stripe's test mode."""


@dataclass(slots=True)
class World:
    """The company's shared state."""

    size: int
    dice: Dice
    journal: Journal = field(default_factory=Journal)
    agenda: Agenda = field(default_factory=Agenda)
    people: list[Person] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
