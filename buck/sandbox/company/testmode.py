"""Stripe's test mode: developers' payments, which nobody should ever count."""

from __future__ import annotations

from buck.sandbox.company.billing import Billing
from buck.sandbox.company.calendar import DAY_S, HOUR_S, day_start_s
from buck.sandbox.company.payments import Payment, Payments
from buck.sandbox.company.world import Person, World


class TestMode:
    """A developer who tries the checkout a few times a day."""

    def __init__(self, world: World, billing: Billing, payments: Payments) -> None:
        self._world = world
        self._payments = payments
        self._chance = world.dice.stream("test mode")
        self._people = [
            Person(
                key=f"test-{number}",
                name=name,
                given=name,
                family=name,
                email=f"test+{number}@tidewater.example",
                country=country,
                currency=currency,
                locale=None,
                method="card",
                organisation=None,
                order_rate=0.0,
                live=False,
            )
            for number, (name, country, currency) in enumerate(
                (
                    ("Testy McTest", "US", "usd"),
                    ("Jenny Rosen", "JP", "jpy"),
                    ("テスト", "KW", "kwd"),
                )
            )
        ]
        first = day_start_s(0)
        world.agenda.plan(first + 9 * HOUR_S, self._open_day)
        world.agenda.plan(first + 10 * HOUR_S, lambda now: billing.subscribe(now, self._people[0]))

    def _open_day(self, second: int) -> None:
        for _ in range(self._chance.randint(1, 3)):
            self._world.agenda.plan(second + self._chance.randrange(9 * HOUR_S), self._pay)
        self._world.agenda.plan(second + DAY_S, self._open_day)

    def _pay(self, second: int) -> None:
        payment: Payment = self._payments.open(
            second,
            self._chance.choice(self._people),
            amount=99_990,
            currency="usd",
            description="test, please ignore",
            metadata={"order_id": "0"},
            on_success=_nothing,
            on_failure=_nothing,
        )
        self._payments.attempt(second, payment)


def _nothing(_: int) -> None:
    """Nobody waits for a test payment."""
