"""Subscriptions: monthly invoices, payments that fail and are tried again, upgrades, the end."""

from __future__ import annotations

from dataclasses import dataclass

from buck.sandbox.company.calendar import DAY_S, HOUR_S, add_month, to_at
from buck.sandbox.company.catalogue import ADD_ONS, Catalogue
from buck.sandbox.company.change import Record
from buck.sandbox.company.customers import Customers
from buck.sandbox.company.payments import Payment, Payments
from buck.sandbox.company.stripe_billing import (
    list_object,
    make_invoice,
    make_invoice_payment,
    make_line,
    make_subscription,
    make_subscription_item,
)
from buck.sandbox.company.world import Person, World

_RETRY_AFTER_DAYS = (3, 5)


@dataclass(slots=True, eq=False)
class _Contract:
    """A subscription that is being billed."""

    id: str
    person: Person
    customer: str
    currency: str
    anchor_day: int
    upgraded: bool = False
    leaving: bool = False


class Billing:
    """Sells subscriptions and bills them for as long as they last."""

    def __init__(
        self, world: World, catalogue: Catalogue, customers: Customers, payments: Payments
    ) -> None:
        self._world = world
        self._catalogue = catalogue
        self._customers = customers
        self._payments = payments
        self._chance = world.dice.stream("billing")
        self._second_thoughts = world.dice.stream("second thoughts")
        self._sold_large = False
        """Whether a large contract was sold; the first has more than ten items."""

    def subscribe(self, second: int, person: Person) -> None:
        """Start a monthly subscription and bill its first month."""
        chance, dice, journal = self._chance, self._world.dice, self._world.journal
        customer, key = self._customers.pick(second, person), dice.stripe_id("sub")
        prices = self._catalogue.prices if person.live else self._catalogue.test_prices
        segment = person.organisation.segment if person.organisation else "SMB"
        plan, seats, extras = "starter", chance.randint(1, 3), 0
        if segment != "SMB" and person.live:
            plan, seats = ("team", chance.randint(3, 20))
        if segment == "Enterprise" and person.live:
            plan, seats = "enterprise", chance.randint(10, 40)
            extras = 12 if not self._sold_large else chance.randint(0, 14)
            self._sold_large = True
        wanted = [(plan, seats), *((name, 1) for name in ADD_ONS[:extras])]
        end = add_month(second, anchor_day=to_at(second).day)
        items = [
            make_subscription_item(
                dice.stripe_id("si", length=14),
                second,
                subscription=key,
                price=prices[name, person.currency],
                quantity=quantity,
                start=second,
                end=end,
            )
            for name, quantity in wanted
        ]
        subscription = make_subscription(
            key, second, customer=customer, currency=person.currency, items=items, live=person.live
        )
        contract = _Contract(key, person, customer, person.currency, to_at(second).day)
        journal.stripe(second, "subscriptions", subscription, livemode=person.live)
        self._tell_value(second, contract, items)
        self._tell(second, contract, "incomplete")
        self._bill(second, contract, "subscription_create", finalise_after_s=0)
        self._world.agenda.plan(end, lambda now: self._renew(now, contract))
        if chance.random() < 0.2:
            self._world.agenda.plan(
                second + chance.randint(5, 25) * DAY_S, lambda now: self._upgrade(now, contract)
            )
        if self._second_thoughts.random() < 0.15:
            self._world.agenda.plan(
                second + self._second_thoughts.randint(7, 45) * DAY_S,
                lambda now: self._downgrade(now, contract),
            )
        if chance.random() < 0.12:
            self._world.agenda.plan(
                second + chance.randint(6, 26) * DAY_S, lambda now: self._give_notice(now, contract)
            )

    def _bill(
        self, second: int, contract: _Contract, reason: str, *, finalise_after_s: int
    ) -> None:
        journal, dice, live = self._world.journal, self._world.dice, contract.person.live
        subscription = journal.record("stripe", "subscriptions", contract.id)
        customer = journal.record("stripe", "customers", contract.customer)
        key = dice.stripe_id("in")
        lines = [
            line
            for item in subscription["items"]["data"]
            for line in self._make_lines(key, contract, item)
        ]
        contract.upgraded = False
        period = subscription["items"]["data"][0]
        invoice = make_invoice(
            key,
            second,
            subscription=contract.id,
            customer=customer,
            currency=contract.currency,
            lines=lines,
            reason=reason,
            start=period["current_period_start"],
            end=period["current_period_end"],
            live=live,
            number=f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        )
        journal.stripe(second, "invoices", invoice, livemode=live)
        journal.patch_stripe(
            second,
            "customers",
            contract.customer,
            next_invoice_sequence=customer["next_invoice_sequence"] + 1,
        )
        journal.patch_stripe(second, "subscriptions", contract.id, latest_invoice=key)
        self._world.agenda.plan(
            second + finalise_after_s, lambda now: self._finalise(now, contract, key)
        )

    def _make_lines(self, invoice: str, contract: _Contract, item: Record) -> list[Record]:
        price, quantity, dice = item["price"], item["quantity"], self._world.dice
        start, end = item["current_period_start"], item["current_period_end"]
        unit = price["unit_amount"]
        parts = [(unit * quantity, f"{quantity} × {price['nickname']}", start, False)]
        if contract.upgraded:
            # The upgrade's part of the last month, for the seats that were added then.
            half = unit // 2 // 10 * 10
            parts += [
                (-half, f"Unused time on {price['nickname']}", start - 15 * DAY_S, True),
                (half * 2, f"Remaining time on {price['nickname']}", start - 15 * DAY_S, True),
            ]
        return [
            make_line(
                dice.stripe_id("il"),
                invoice=invoice,
                subscription=contract.id,
                item=item,
                amount=amount,
                quantity=quantity,
                description=text,
                start=since,
                end=start if proration else end,
                proration=proration,
                live=contract.person.live,
            )
            for amount, text, since, proration in parts
        ]

    def _finalise(self, second: int, contract: _Contract, key: str) -> None:
        journal, live = self._world.journal, contract.person.live
        invoice = journal.record("stripe", "invoices", key)
        first = invoice["billing_reason"] == "subscription_create"
        payment = self._payments.open(
            second,
            contract.person,
            amount=invoice["amount_due"],
            currency=contract.currency,
            description="Subscription creation" if first else "Subscription update",
            metadata={},
            customer=contract.customer,
            fails=0.04 if first else 0.09,
            on_success=lambda now: self._paid(now, contract, key, link["id"]),
            on_failure=lambda now: self._unpaid(now, contract, key, payment),
        )
        invoice = journal.patch_stripe(
            second,
            "invoices",
            key,
            status="open",
            effective_at=second,
            auto_advance=True,
            automatically_finalizes_at=None,
            status_transitions={**invoice["status_transitions"], "finalized_at": second},
        )
        link = make_invoice_payment(
            self._world.dice.stripe_id("inpay"),
            second,
            invoice=invoice,
            intent=payment.intent,
            live=live,
        )
        journal.stripe(second, "invoice_payments", link, livemode=live)
        self._world.agenda.plan(second + 4, lambda now: self._payments.attempt(now, payment))

    def _paid(self, second: int, contract: _Contract, key: str, link: str) -> None:
        journal = self._world.journal
        invoice = journal.record("stripe", "invoices", key)
        journal.patch_stripe(
            second,
            "invoice_payments",
            link,
            status="paid",
            amount_paid=invoice["amount_due"],
            status_transitions={"canceled_at": None, "paid_at": second},
        )
        journal.patch_stripe(
            second,
            "invoices",
            key,
            status="paid",
            attempted=True,
            attempt_count=invoice["attempt_count"] + 1,
            amount_paid=invoice["amount_due"],
            amount_remaining=0,
            next_payment_attempt=None,
            auto_advance=False,
            status_transitions={**invoice["status_transitions"], "paid_at": second},
        )
        self._set_status(second, contract, "active")

    def _unpaid(self, second: int, contract: _Contract, key: str, payment: Payment) -> None:
        journal = self._world.journal
        invoice = journal.record("stripe", "invoices", key)
        tries = invoice["attempt_count"]
        if tries < len(_RETRY_AFTER_DAYS):
            again = second + _RETRY_AFTER_DAYS[tries] * DAY_S
            payment.fails = 0.45
            journal.patch_stripe(
                second,
                "invoices",
                key,
                attempted=True,
                attempt_count=tries + 1,
                next_payment_attempt=again,
            )
            self._set_status(second, contract, "past_due")
            self._world.agenda.plan(again, lambda now: self._payments.attempt(now, payment))
            return
        journal.patch_stripe(
            second,
            "invoices",
            key,
            status="uncollectible",
            attempted=True,
            attempt_count=tries + 1,
            next_payment_attempt=None,
            auto_advance=False,
            status_transitions={**invoice["status_transitions"], "marked_uncollectible_at": second},
        )
        self._end(second, contract, "payment_failed")

    def _renew(self, second: int, contract: _Contract) -> None:
        journal = self._world.journal
        subscription = journal.record("stripe", "subscriptions", contract.id)
        if subscription["status"] == "canceled":
            return
        if contract.leaving:
            self._end(second, contract, "cancellation_requested")
            return
        end = add_month(second, anchor_day=contract.anchor_day)
        items = [
            {**item, "current_period_start": second, "current_period_end": end}
            for item in subscription["items"]["data"]
        ]
        self._put_items(second, contract, items)
        self._bill(second, contract, "subscription_cycle", finalise_after_s=HOUR_S)
        self._world.agenda.plan(end, lambda now: self._renew(now, contract))

    def _upgrade(self, second: int, contract: _Contract) -> None:
        subscription = self._world.journal.record("stripe", "subscriptions", contract.id)
        if subscription["status"] != "active":
            return
        first, *rest = subscription["items"]["data"]
        contract.upgraded = True
        items = [{**first, "quantity": first["quantity"] + 1}, *rest]
        self._put_items(second, contract, items)
        self._tell_value(second, contract, items)

    def _downgrade(self, second: int, contract: _Contract) -> None:
        """Give up a third of the seats, at least one; whoever has a single seat keeps it."""
        subscription = self._world.journal.record("stripe", "subscriptions", contract.id)
        first, *rest = subscription["items"]["data"]
        if subscription["status"] != "active" or first["quantity"] == 1:
            return
        kept = first["quantity"] - max(1, first["quantity"] // 3)
        items = [{**first, "quantity": kept}, *rest]
        self._put_items(second, contract, items)
        self._tell_value(second, contract, items)

    def _put_items(self, second: int, contract: _Contract, items: list[Record]) -> None:
        url = f"/v1/subscription_items?subscription={contract.id}"
        self._world.journal.patch_stripe(
            second, "subscriptions", contract.id, items=list_object(items, url=url)
        )

    def _give_notice(self, second: int, contract: _Contract) -> None:
        subscription = self._world.journal.record("stripe", "subscriptions", contract.id)
        if subscription["status"] != "active":
            return
        contract.leaving = True
        self._world.journal.patch_stripe(
            second,
            "subscriptions",
            contract.id,
            cancel_at_period_end=True,
            canceled_at=second,
            cancel_at=subscription["items"]["data"][0]["current_period_end"],
            cancellation_details={
                "comment": "trop cher 😕",
                "feedback": "too_expensive",
                "reason": "cancellation_requested",
            },
        )

    def _end(self, second: int, contract: _Contract, reason: str) -> None:
        record = self._world.journal.record("stripe", "subscriptions", contract.id)
        self._world.journal.patch_stripe(
            second,
            "subscriptions",
            contract.id,
            status="canceled",
            ended_at=second,
            canceled_at=record["canceled_at"] or second,
            cancellation_details={**record["cancellation_details"], "reason": reason},
        )
        self._tell(second, contract, "canceled")
        if contract.person.live and self._second_thoughts.random() < 0.4:
            self._world.agenda.plan(
                second + self._second_thoughts.randint(4, 21) * DAY_S,
                lambda now: self.subscribe(now, contract.person),
            )

    def _set_status(self, second: int, contract: _Contract, status: str) -> None:
        record = self._world.journal.record("stripe", "subscriptions", contract.id)
        # A first payment that fails leaves the subscription incomplete, not past due.
        if record["status"] == "incomplete" and status == "past_due":
            status = "incomplete"
        if record["status"] not in {"canceled", status}:
            self._world.journal.patch_stripe(second, "subscriptions", contract.id, status=status)
            self._tell(second, contract, status)

    def _tell(self, second: int, contract: _Contract, status: str) -> None:
        self._world.journal.tell(
            second,
            "subscription_status",
            contract.id,
            of=contract.person.key,
            status=status,
            currency=contract.currency,
            live=contract.person.live,
        )

    def _tell_value(self, second: int, contract: _Contract, items: list[Record]) -> None:
        """What the subscription costs a month from now on."""
        self._world.journal.tell(
            second,
            "subscription_value",
            contract.id,
            of=contract.person.key,
            currency=contract.currency,
            amount=sum(item["price"]["unit_amount"] * item["quantity"] for item in items),
            live=contract.person.live,
        )
