"""Giving money back: refunds weeks later, partial ones, disputes won and lost."""

from __future__ import annotations

from collections.abc import Callable

from buck.sandbox.company.calendar import DAY_S, HOUR_S, MINUTE_S, midnight_s
from buck.sandbox.company.change import Record
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.company.payouts import Balance
from buck.sandbox.company.stripe_reversals import make_dispute, make_refund
from buck.sandbox.company.world import World

_REASONS = ("requested_by_customer", "requested_by_customer", "duplicate", None)
Hook = Callable[[int], None]


class Refunds:
    """Decides for each succeeded charge whether money goes back, and sees it through."""

    def __init__(self, world: World, balance: Balance) -> None:
        self._world = world
        self._balance = balance
        self._chance = world.dice.stream("refunds")
        self._promised: dict[str, int] = {}
        """What was refunded or is about to be, per charge."""

    def foresee(self, second: int, charge: Record, *, on_full: Hook | None) -> None:
        """Plan what will become of a charge that has just succeeded."""
        fate, chance = self._chance.random(), self._chance
        key, amount = charge["id"], charge["amount"]
        currency = CURRENCIES[charge["currency"]]
        days = chance.randint(20, 40)
        soon_s = chance.randrange(9 * HOUR_S)
        if fate < 0.065:
            self._plan(second + days * DAY_S + soon_s, key, amount, on_full)
        elif fate < 0.095:
            part = currency.round_down(amount * chance.randint(15, 70) // 100)
            self._plan(second + chance.randint(1, 30) * DAY_S + soon_s, key, part, None)
        elif fate < 0.12:
            part = currency.round_down(amount * chance.randint(10, 30) // 100)
            self._plan(second + soon_s + 20 * MINUTE_S, key, part, None)
            self._plan(second + days * DAY_S, key, part, None)
            if chance.random() < 0.4:
                # The rest of it, so that the charge ends up refunded in full.
                self._plan(second + (days + 3) * DAY_S, key, amount, on_full)
        elif fate < 0.135:
            self._plan(second + 5 * MINUTE_S, key, amount, on_full)
        elif fate < 0.16 and charge["payment_method_details"]["type"] == "card":
            opened = second + chance.randint(4, 22) * DAY_S + soon_s
            self._world.agenda.plan(opened, lambda now: self._dispute(now, key))

    def refund(self, second: int, charge_id: str, amount: int, *, on_full: Hook | None) -> None:
        """Refund up to `amount` of what is left of a charge; nothing if it is disputed."""
        charge = self._world.journal.record("stripe", "charges", charge_id)
        amount = min(amount, charge["amount"] - self._promised.get(charge_id, 0))
        if amount <= 0 or charge["disputed"]:
            return
        self._promised[charge_id] = self._promised.get(charge_id, 0) + amount
        by_card = charge["payment_method_details"]["type"] == "card"
        refund = make_refund(
            self._world.dice.stripe_id("re" if by_card else "pyr"),
            second,
            charge=charge,
            amount=amount,
            reason=self._chance.choice(_REASONS),
            status="succeeded" if by_card else "pending",
        )
        live = charge["livemode"]
        self._world.journal.tell(
            second,
            "refund_created",
            refund["id"],
            of=charge_id,
            amount=amount,
            currency=charge["currency"],
            live=live,
        )
        if by_card:
            self._succeed(second, refund, on_full)
            return
        self._world.journal.stripe(second, "refunds", refund, livemode=live)
        done = second + self._chance.randint(2, 4) * DAY_S
        if self._chance.random() < 0.2:
            self._world.agenda.plan(done, lambda now: self._fail(now, refund))
        else:
            self._world.agenda.plan(done, lambda now: self._succeed(now, refund, on_full))

    def _plan(self, second: int, charge_id: str, amount: int, on_full: Hook | None) -> None:
        self._world.agenda.plan(
            second, lambda now: self.refund(now, charge_id, amount, on_full=on_full)
        )

    def _succeed(self, second: int, refund: Record, on_full: Hook | None) -> None:
        journal = self._world.journal
        charge = journal.record("stripe", "charges", refund["charge"])
        by_card = charge["payment_method_details"]["type"] == "card"
        movement = self._balance.add(
            second,
            type_="refund" if by_card else "payment_refund",
            category="refund",
            amount=-refund["amount"],
            fee=0,
            currency=refund["currency"],
            source=refund["id"],
            available_on=midnight_s(second),
            description="REFUND FOR CHARGE",
            live=charge["livemode"],
        )
        journal.stripe(
            second,
            "refunds",
            {
                **refund,
                "status": "succeeded",
                "pending_reason": None,
                "balance_transaction": movement["id"],
            },
            livemode=charge["livemode"],
        )
        refunded = charge["amount_refunded"] + refund["amount"]
        journal.patch_stripe(
            second,
            "charges",
            charge["id"],
            amount_refunded=refunded,
            refunded=refunded == charge["amount"],
        )
        journal.tell(
            second,
            "refund_succeeded",
            refund["id"],
            of=charge["id"],
            amount=refund["amount"],
            currency=charge["currency"],
            live=charge["livemode"],
        )
        if refunded == charge["amount"] and on_full is not None:
            on_full(second)

    def _fail(self, second: int, refund: Record) -> None:
        journal = self._world.journal
        self._promised[refund["charge"]] -= refund["amount"]
        journal.stripe(
            second,
            "refunds",
            {
                **refund,
                "status": "failed",
                "pending_reason": None,
                "failure_reason": "expired_or_canceled_card",
            },
        )
        charge = journal.record("stripe", "charges", refund["charge"])
        journal.tell(
            second,
            "refund_failed",
            refund["id"],
            of=refund["charge"],
            amount=refund["amount"],
            currency=refund["currency"],
            live=charge["livemode"],
        )

    def _dispute(self, second: int, charge_id: str) -> None:
        journal = self._world.journal
        charge = journal.record("stripe", "charges", charge_id)
        if self._promised.get(charge_id) or not charge["livemode"]:
            return
        currency, dice = CURRENCIES[charge["currency"]], self._world.dice
        key = dice.stripe_id("du")
        withdrawal = self._balance.add(
            second,
            type_="adjustment",
            category="dispute",
            amount=-charge["amount"],
            fee=currency.dispute_fee,
            currency=currency.code,
            source=key,
            available_on=midnight_s(second),
            description="Chargeback withdrawal",
        )
        reason = self._chance.choice(("fraudulent", "product_not_received", "duplicate"))
        dispute = make_dispute(
            key,
            second,
            charge=charge,
            reason=reason,
            withdrawal=withdrawal,
            due_by=midnight_s(second) + 9 * DAY_S - 1,
        )
        journal.stripe(second, "disputes", dispute)
        journal.patch_stripe(second, "charges", charge_id, disputed=True)
        journal.tell(
            second,
            "dispute_opened",
            key,
            of=charge_id,
            amount=charge["amount"],
            fee=currency.dispute_fee,
            currency=currency.code,
        )
        answered = second + self._chance.randint(1, 5) * DAY_S
        evidence = {**dispute["evidence_details"], "has_evidence": True, "submission_count": 1}
        self._world.agenda.plan(
            answered,
            lambda now: journal.patch_stripe(
                now, "disputes", key, status="under_review", evidence_details=evidence
            ),
        )
        closed = answered + self._chance.randint(5, 15) * DAY_S
        won = self._chance.random() < 0.45
        self._world.agenda.plan(closed, lambda now: self._close(now, key, won=won))

    def _close(self, second: int, key: str, *, won: bool) -> None:
        journal = self._world.journal
        dispute = journal.record("stripe", "disputes", key)
        movements = dispute["balance_transactions"]
        if won:
            movements = [
                *movements,
                self._balance.add(
                    second,
                    type_="adjustment",
                    category="dispute_reversal",
                    amount=dispute["amount"],
                    fee=0,
                    currency=dispute["currency"],
                    source=key,
                    available_on=midnight_s(second),
                    description="Chargeback reversal",
                ),
            ]
        journal.stripe(
            second,
            "disputes",
            {**dispute, "status": "won" if won else "lost", "balance_transactions": movements},
        )
        journal.tell(
            second,
            "dispute_won" if won else "dispute_lost",
            key,
            of=dispute["charge"],
            amount=dispute["amount"],
            currency=dispute["currency"],
        )
