"""The shop: orders in the app's database, paid through Stripe, shipped, returned, cancelled."""

from __future__ import annotations

from decimal import Decimal

from buck.sandbox.company.calendar import DAY_S, HOUR_S, MINUTE_S, day_start_s
from buck.sandbox.company.catalogue import Catalogue
from buck.sandbox.company.change import Record
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.company.names import NOTES
from buck.sandbox.company.payments import Payment, Payments
from buck.sandbox.company.world import Person, World


class Orders:
    """Lets people order every day."""

    def __init__(self, world: World, catalogue: Catalogue, payments: Payments) -> None:
        self._world = world
        self._catalogue = catalogue
        self._payments = payments
        self._chance = world.dice.stream("orders")
        world.agenda.plan(day_start_s(0) + 8 * HOUR_S + 30 * MINUTE_S, self._open_day)

    def _open_day(self, second: int) -> None:
        chance = self._chance
        for person in list(self._world.people):
            count = int(person.order_rate + chance.random())
            for _ in range(count):
                self._world.agenda.plan(
                    second + chance.randrange(15 * HOUR_S),
                    lambda now, person=person: self.place(now, person),  # type: ignore[misc]
                )
        self._world.agenda.plan(second + DAY_S, self._open_day)

    def place(self, second: int, person: Person) -> None:
        """One order with its lines; most are paid at once, some never."""
        chance, journal = self._chance, self._world.journal
        order_id = self._world.dice.serial("orders")
        lines, minor = self._choose(person)
        abandoned = chance.random() < 0.05
        payment: Payment | None = None
        if not abandoned:
            payment = self._payments.open(
                second,
                person,
                amount=minor,
                currency=person.currency,
                description=f"Order {order_id}",
                metadata={"order_id": str(order_id)},
                guest=chance.random() < 0.04,
                on_success=lambda now: self._paid(now, order_id),
                on_failure=lambda now: self._unpaid(now, order_id, payment),
                on_refund=lambda now: self._return(now, order_id),
            )
        order: Record = {
            "id": order_id,
            "user_id": person.user_id,
            "status": "pending",
            "currency": person.currency,
            "channel": chance.choice(("web", "web", "mobile", "phone")),
            "placed_at": journal.at(second),
            "stripe_payment_intent_id": payment.intent if payment else None,
            "note": chance.choice(NOTES) if chance.random() < 0.2 else None,
        }
        journal.app(second, "orders", order)
        item_ids = [self._add_line(second, order_id, line) for line in lines]
        journal.tell(
            second,
            "order_placed",
            order_id,
            of=person.key,
            status="pending",
            currency=person.currency,
            amount=minor,
            lines=len(lines),
        )
        agenda = self._world.agenda
        if payment is not None:
            agenda.plan(
                second + chance.randint(2, 40), lambda now: self._payments.attempt(now, payment)
            )
        elif chance.random() < 0.6:
            agenda.plan(second + 10 * DAY_S, lambda now: self._purge(now, order_id, item_ids))

    def _choose(self, person: Person) -> tuple[list[Record], int]:
        chance, currency = self._chance, CURRENCIES[person.currency]
        lines: list[Record] = []
        total = 0
        for good in chance.sample(
            self._catalogue.goods[person.currency], chance.choice((1, 1, 2, 3))
        ):
            quantity = chance.choice((1, 1, 1, 2, 4))
            minor = good.minor_price * quantity
            off = currency.round_down(minor // 10) if chance.random() < 0.12 else 0
            total += minor - off
            lines.append(
                {
                    "product_id": good.id,
                    "quantity": quantity,
                    "unit_price": good.price,
                    "discount": currency.decimal(off) if off else Decimal("0.000"),
                }
            )
        return lines, total

    def _add_line(self, second: int, order_id: int, line: Record) -> int:
        item_id = self._world.dice.serial("order_items")
        self._world.journal.app(
            second, "order_items", {"id": item_id, "order_id": order_id, **line}
        )
        return item_id

    def _paid(self, second: int, order_id: int) -> None:
        self._set_status(second, order_id, "paid")
        if self._chance.random() < 0.93:
            self._world.agenda.plan(
                second + self._chance.randint(1, 3) * DAY_S, lambda now: self._ship(now, order_id)
            )

    def _unpaid(self, second: int, order_id: int, payment: Payment | None) -> None:
        if payment is not None and payment.attempts < 3 and self._chance.random() < 0.7:
            payment.fails = 0.35
            self._world.agenda.plan(
                second + self._chance.randint(30, 3_000),
                lambda now: self._payments.attempt(now, payment),
            )
        else:
            self._set_status(second, order_id, "cancelled")

    def _ship(self, second: int, order_id: int) -> None:
        if self._world.journal.record("app", "orders", str(order_id))["status"] == "paid":
            self._set_status(second, order_id, "shipped")

    def _return(self, second: int, order_id: int) -> None:
        """The whole payment went back: cancelled if it had not left yet, else returned."""
        status = self._world.journal.record("app", "orders", str(order_id))["status"]
        self._set_status(second, order_id, "returned" if status == "shipped" else "cancelled")

    def _purge(self, second: int, order_id: int, item_ids: list[int]) -> None:
        for item_id in item_ids:
            self._world.journal.delete(second, "app", "order_items", item_id)
        self._world.journal.delete(second, "app", "orders", order_id)
        self._world.journal.tell(second, "order_removed", order_id)

    def _set_status(self, second: int, order_id: int, status: str) -> None:
        self._world.journal.patch_app(second, "orders", order_id, status=status)
        self._world.journal.tell(second, "order_status", order_id, status=status)
