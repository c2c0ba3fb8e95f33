"""The account's balance at Stripe: every movement, and the payouts that empty it."""

from __future__ import annotations

from buck.sandbox.company.calendar import DAY_S, HOUR_S, MINUTE_S, day_of, day_start_s, midnight_s
from buck.sandbox.company.change import Record
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.company.stripe_balance import make_balance_transaction, make_payout
from buck.sandbox.company.world import World

_PAYOUT_EVERY_DAYS = 3


class Balance:
    """Books movements, makes them available, and pays out each currency every third day."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._unavailable: list[str] = []
        self._unpaid: dict[str, list[Record]] = {code: [] for code in CURRENCIES}
        world.agenda.plan(day_start_s(0) + 2 * MINUTE_S, self._open_day)

    def add(
        self,
        second: int,
        *,
        type_: str,
        category: str,
        amount: int,
        fee: int,
        currency: str,
        source: str,
        available_on: int,
        description: str | None,
        live: bool = True,
    ) -> Record:
        """Book one movement."""
        movement = make_balance_transaction(
            self._world.dice.stripe_id("txn"),
            second,
            type_=type_,
            category=category,
            amount=amount,
            fee=fee,
            currency=currency,
            source=source,
            available_on=available_on,
            description=description,
        )
        if available_on <= second:
            movement["status"] = "available"
        else:
            self._unavailable.append(movement["id"])
        self._world.journal.stripe(second, "balance_transactions", movement, livemode=live)
        if live and type_ != "payout":
            self._unpaid[currency].append(movement)
        return movement

    def _open_day(self, second: int) -> None:
        journal = self._world.journal
        waiting, self._unavailable = self._unavailable, []
        for key in waiting:
            if journal.record("stripe", "balance_transactions", key)["available_on"] <= second:
                journal.patch_stripe(second, "balance_transactions", key, status="available")
            else:
                self._unavailable.append(key)
        for number, currency in enumerate(CURRENCIES):
            if day_of(second) % _PAYOUT_EVERY_DAYS == number % _PAYOUT_EVERY_DAYS:
                self._world.agenda.plan(
                    second + (18 + number) * MINUTE_S,
                    lambda now, currency=currency: self._pay_out(now, currency),  # type: ignore[misc]
                )
        self._world.agenda.plan(second + DAY_S, self._open_day)

    def _pay_out(self, second: int, currency: str) -> None:
        due = [m for m in self._unpaid[currency] if m["available_on"] <= second]
        total = sum(m["net"] for m in due)
        # A negative balance waits for the next payments, as Stripe's does.
        if total <= 0:
            return
        paid = {m["id"] for m in due}
        self._unpaid[currency] = [m for m in self._unpaid[currency] if m["id"] not in paid]
        key, arrival = self._world.dice.stripe_id("po"), midnight_s(second) + 2 * DAY_S
        movement = self.add(
            second,
            type_="payout",
            category="payout",
            amount=-total,
            fee=0,
            currency=currency,
            source=key,
            available_on=arrival,
            description="STRIPE PAYOUT",
        )
        journal = self._world.journal
        payout = make_payout(
            key,
            second,
            amount=total,
            currency=currency,
            balance_transaction=movement["id"],
            arrival=arrival,
        )
        covers = (movement["id"], *(m["id"] for m in due))
        journal.stripe(second, "payouts", payout, covers=covers)
        journal.tell(second, "paid_out", key, currency=currency, amount=total, lines=len(due))
        self._world.agenda.plan(
            arrival + 6 * HOUR_S,
            lambda now: journal.patch_stripe(now, "payouts", key, status="paid"),
        )
