"""The simulated company: one seed, one history, in three systems."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

from buck.errors import SandboxError
from buck.sandbox.company.billing import Billing
from buck.sandbox.company.calendar import day_start, day_start_s
from buck.sandbox.company.catalogue import Catalogue
from buck.sandbox.company.change import Change, Fact
from buck.sandbox.company.crm import Crm
from buck.sandbox.company.customers import Customers
from buck.sandbox.company.dice import Dice
from buck.sandbox.company.orders import Orders
from buck.sandbox.company.payments import Payments
from buck.sandbox.company.payouts import Balance
from buck.sandbox.company.population import Population
from buck.sandbox.company.refunds import Refunds
from buck.sandbox.company.spoils import Spoil, make_heal, make_spoil
from buck.sandbox.company.testmode import TestMode
from buck.sandbox.company.usage import Usage
from buck.sandbox.company.world import World


class Company:
    """A small firm that sells subscriptions and goods, told from its first day on.

    The same seed and size give the same history, on any machine. Days are simulated as they are
    asked for and kept, so asking for more days never changes the earlier ones.

    Args:
        seed: Chooses the history.
        customers: About how many people have signed up after `DEFAULT_DAYS` days.
    """

    def __init__(self, seed: int = 7, customers: int = 120) -> None:
        if customers < 1:
            raise SandboxError(f"a company needs at least one customer, not {customers}")
        self.seed = seed
        self.customers = customers
        self._world = world = World(customers, Dice(seed))
        balance = Balance(world)
        people, catalogue = Customers(world), Catalogue(world)
        payments = Payments(world, people, balance, Refunds(world, balance))
        billing = Billing(world, catalogue, people, payments)
        crm = Crm(world)
        population = Population(world, people, billing, crm)
        crm.meet = population.meet
        Orders(world, catalogue, payments)
        Usage(world)
        TestMode(world, billing, payments)
        self._days = 0
        self._spoiled_at: dict[Spoil, datetime] = {}

    def changes(self, until_day: int) -> list[Change]:
        """All changes committed in days [0, until_day), ordered by `at`.

        A prefix of what a later day gives.
        """
        self._simulate(until_day)
        changes = self._world.journal.changes
        return changes[: bisect_left(changes, day_start(until_day), key=lambda c: c.at)]

    def facts(self, until_day: int) -> list[Fact]:
        """All business events of the same days, ordered by `at`, live and test mode alike."""
        self._simulate(until_day)
        facts = self._world.journal.facts
        return facts[: bisect_left(facts, day_start(until_day), key=lambda f: f.at)]

    def spoil(self, kind: Spoil, at: datetime, *, count: int = 12) -> list[Change]:
        """Changes that spoil Stripe's data at a moment, on purpose; `truth` knows nothing of them.

        `duplicates` copies recent succeeded charges under new ids; `negative_amounts` negates
        recent succeeded charges.
        """
        self._spoiled_at[kind] = at
        return make_spoil(self._before(at), kind, at, count=count)

    def heal(
        self, kind: Spoil, at: datetime, *, spoiled_at: datetime | None = None, count: int = 12
    ) -> list[Change]:
        """Changes that repair an earlier `spoil` of the same kind and count.

        Args:
            kind: What was spoiled.
            at: The moment of the repair.
            spoiled_at: The moment of the spoiling, where another object did it.
            count: As given to `spoil`.
        """
        spoiled_at = spoiled_at or self._spoiled_at.get(kind)
        if spoiled_at is None:
            raise SandboxError(f"nothing was spoiled with {kind}", hint="pass spoiled_at=")
        before = self._before(spoiled_at)
        return make_heal(before, self._before(at), kind, at, spoiled_at=spoiled_at, count=count)

    def _before(self, at: datetime) -> list[Change]:
        day = (at - day_start(0)).days + 1
        changes = self.changes(day)
        return changes[: bisect_left(changes, at, key=lambda c: c.at)]

    def _simulate(self, until_day: int) -> None:
        if until_day > self._days:
            self._world.agenda.run_until(day_start_s(until_day))
            self._days = until_day
