"""Taking money: payment intents and their charges, until one succeeds or nobody tries again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from buck.sandbox.company.calendar import DAY_S, HOUR_S, midnight_s
from buck.sandbox.company.change import Record
from buck.sandbox.company.customers import Customers
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.company.payouts import Balance
from buck.sandbox.company.refunds import Refunds
from buck.sandbox.company.stripe_money import (
    card_details,
    debit_details,
    declined,
    make_charge,
    make_intent,
    settled,
)
from buck.sandbox.company.world import Person, World

Hook = Callable[[int], None]
_DECLINES = (
    ("card_declined", "Your card was declined."),
    ("insufficient_funds", "Your card has insufficient funds."),
    ("expired_card", "Your card has expired."),
)


@dataclass(slots=True, eq=False)
class Payment:
    """Something to be paid, with what happens when it is, or when it finally is not."""

    person: Person
    intent: str
    on_success: Hook
    on_failure: Hook
    fails: float
    """How likely one attempt is to fail."""
    guest: bool = False
    attempts: int = 0
    on_refund: Hook | None = field(default=None)


class Payments:
    """The one place where charges come from."""

    def __init__(
        self, world: World, customers: Customers, balance: Balance, refunds: Refunds
    ) -> None:
        self._world = world
        self._customers = customers
        self._balance = balance
        self._refunds = refunds
        self._chance = world.dice.stream("payments")

    def open(
        self,
        second: int,
        person: Person,
        *,
        amount: int,
        currency: str,
        description: str | None,
        metadata: dict[str, str],
        on_success: Hook,
        on_failure: Hook,
        on_refund: Hook | None = None,
        customer: str | None = None,
        guest: bool = False,
        fails: float = 0.06,
    ) -> Payment:
        """Create the payment intent; `attempt` then tries to charge it."""
        if customer is None and not guest:
            customer = self._customers.pick(second, person)
        intent = make_intent(
            self._world.dice.stripe_id("pi"),
            second,
            amount=amount,
            currency=currency,
            customer=customer,
            method_type=person.method,
            description=description,
            metadata=metadata,
            live=person.live,
        )
        self._world.journal.stripe(second, "payment_intents", intent, livemode=person.live)
        return Payment(
            person, intent["id"], on_success, on_failure, fails, guest, on_refund=on_refund
        )

    def attempt(self, second: int, payment: Payment) -> None:
        """Try to charge once: at once with a card, over some days from a bank account."""
        payment.attempts += 1
        charge = self._make_charge(second, payment)
        person, journal = payment.person, self._world.journal
        amount, currency = charge["amount"], charge["currency"]
        journal.tell(
            second,
            "payment",
            charge["id"],
            of=person.key,
            currency=currency,
            amount=amount,
            live=person.live,
        )
        if person.method != "card":
            journal.stripe(second, "charges", charge, livemode=person.live)
            journal.patch_stripe(
                second,
                "payment_intents",
                payment.intent,
                status="processing",
                latest_charge=charge["id"],
                payment_method=charge["payment_method"],
            )
            wait_s = self._chance.randint(2, 5) * DAY_S + self._chance.randrange(6 * HOUR_S)
            self._world.agenda.plan(
                second + wait_s, lambda now: self._settle(now, payment, charge, fails=0.15)
            )
        else:
            self._settle(second, payment, charge, fails=payment.fails)

    def _settle(self, second: int, payment: Payment, charge: Record, *, fails: float) -> None:
        if self._chance.random() < fails:
            self._fail(second, payment, charge)
        else:
            self._succeed(second, payment, charge)

    def _succeed(self, second: int, payment: Payment, charge: Record) -> None:
        journal, person = self._world.journal, payment.person
        currency = CURRENCIES[charge["currency"]]
        fee = currency.fee(charge["amount"])
        movement = self._balance.add(
            second,
            type_="charge" if person.method == "card" else "payment",
            category="charge",
            amount=charge["amount"],
            fee=fee,
            currency=currency.code,
            source=charge["id"],
            available_on=midnight_s(second) + 2 * DAY_S,
            description=charge["description"],
            live=person.live,
        )
        charge = settled(charge, balance_transaction=movement["id"])
        journal.stripe(second, "charges", charge, livemode=person.live)
        journal.patch_stripe(
            second,
            "payment_intents",
            payment.intent,
            status="succeeded",
            latest_charge=charge["id"],
            payment_method=charge["payment_method"],
            amount_received=charge["amount"],
            last_payment_error=None,
        )
        journal.tell(
            second,
            "payment_succeeded",
            charge["id"],
            currency=currency.code,
            amount=charge["amount"],
            fee=fee,
            live=person.live,
        )
        payment.on_success(second)
        self._refunds.foresee(second, charge, on_full=payment.on_refund)

    def _fail(self, second: int, payment: Payment, charge: Record) -> None:
        journal, live = self._world.journal, payment.person.live
        code, message = self._chance.choice(_DECLINES)
        charge = declined(charge, code=code, message=message)
        journal.stripe(second, "charges", charge, livemode=live)
        error = {
            "charge": charge["id"],
            "code": code,
            "decline_code": "generic_decline",
            "message": message,
            "type": "card_error",
        }
        journal.patch_stripe(
            second,
            "payment_intents",
            payment.intent,
            status="requires_payment_method",
            latest_charge=charge["id"],
            last_payment_error=error,
            payment_method=None,
        )
        journal.tell(
            second,
            "payment_failed",
            charge["id"],
            currency=charge["currency"],
            amount=charge["amount"],
            live=live,
        )
        payment.on_failure(second)

    def _make_charge(self, second: int, payment: Payment) -> Record:
        person, chance, dice = payment.person, self._chance, self._world.dice
        intent = self._world.journal.record("stripe", "payment_intents", payment.intent)
        last4, country = f"{chance.randrange(10_000):04d}", person.country
        details: dict[str, Any] = (
            card_details(
                brand=chance.choice(("visa", "mastercard", "amex")),
                last4=last4,
                country=country,
                amount=intent["amount"],
            )
            if person.method == "card"
            else debit_details(method_type=person.method, last4=last4, country=country)
        )
        tells_mail = payment.guest or chance.random() < 0.7
        prefix = "ch" if person.method == "card" else "py"
        return make_charge(
            dice.stripe_id(prefix),
            second,
            intent=intent,
            payment_method=dice.stripe_id("pm"),
            method_details=details,
            name=person.name if chance.random() < 0.8 else None,
            email=person.email if tells_mail else None,
            country=country,
            receipt_email=person.email if payment.guest else None,
            live=person.live,
        )
