"""Payments and orders added up by period and currency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from buck.sandbox.company.change import Fact

Period = Callable[[datetime], str]


@dataclass(slots=True)
class Figures:
    """One period and currency; money in minor units. Which date counts: see the reference."""

    period: str
    currency: str
    payments: int = 0
    payments_completed: int = 0
    payments_refunded: int = 0
    payments_partially_refunded: int = 0
    payments_pending: int = 0
    payments_failed: int = 0
    gross: int = 0
    refunds: int = 0
    net: int = 0
    refunds_cash: int = 0
    net_cash: int = 0
    fees: int = 0
    disputes_lost: int = 0
    disputes_lost_cash: int = 0
    dispute_fees: int = 0
    orders: int = 0
    order_lines: int = 0
    order_revenue: int = 0


@dataclass(slots=True)
class _Payment:
    at: datetime
    person: str
    currency: str
    amount: int
    status: str = "pending"
    fee: int = 0
    refunded: int = 0
    lost: int = 0

    def outcome(self) -> str:
        if self.status != "completed" or not self.refunded:
            return self.status
        return "refunded" if self.refunded == self.amount else "partially_refunded"


@dataclass(slots=True)
class _Dispute:
    at: datetime
    payment: str
    currency: str
    amount: int
    fee: int
    lost: bool = False


@dataclass(slots=True)
class _Order:
    at: datetime
    currency: str
    amount: int
    lines: int
    status: str


class Tally:
    """Reads facts once and adds them up by any period."""

    def __init__(self, facts: list[Fact]) -> None:
        self._payments: dict[str, _Payment] = {}
        self._disputes: dict[str, _Dispute] = {}
        self._orders: dict[str, _Order] = {}
        self._refunds: list[Fact] = []
        for fact in facts:
            self._read_money(fact)
            self._read_order(fact)

    def payers(self) -> set[str]:
        """The people who have paid at least once."""
        return {p.person for p in self._payments.values() if p.status == "completed"}

    def rows(self, period: Period) -> tuple[Figures, ...]:
        """One row per period and currency in which anything happened, in that order."""
        found: dict[tuple[str, str], Figures] = {}

        def row(at: datetime, currency: str) -> Figures:
            key = period(at), currency
            return found.setdefault(key, Figures(*key))

        for payment in self._payments.values():
            _add_payment(row(payment.at, payment.currency), payment)
        for refund in self._refunds:
            row(refund.at, refund.currency).refunds_cash += refund.amount
        for dispute in self._disputes.values():
            figures = row(dispute.at, dispute.currency)
            figures.dispute_fees += dispute.fee
            figures.disputes_lost_cash += dispute.amount if dispute.lost else 0
        for order in self._orders.values():
            if order.status != "cancelled":
                figures = row(order.at, order.currency)
                figures.orders += 1
                figures.order_lines += order.lines
                figures.order_revenue += order.amount
        return tuple(
            replace(f, net=f.gross - f.refunds, net_cash=f.gross - f.refunds_cash)
            for _, f in sorted(found.items())
        )

    def _read_money(self, fact: Fact) -> None:
        match fact.kind:
            case "payment":
                self._payments[fact.id] = _Payment(fact.at, fact.of, fact.currency, fact.amount)
            case "payment_succeeded":
                payment = self._payments[fact.id]
                payment.status, payment.fee = "completed", fact.fee
            case "payment_failed":
                self._payments[fact.id].status = "failed"
            case "refund_succeeded":
                self._payments[fact.of].refunded += fact.amount
                self._refunds.append(fact)
            case "dispute_opened":
                self._disputes[fact.id] = _Dispute(
                    fact.at, fact.of, fact.currency, fact.amount, fact.fee
                )
            case "dispute_lost":
                self._disputes[fact.id].lost = True
                self._payments[fact.of].lost += fact.amount

    def _read_order(self, fact: Fact) -> None:
        match fact.kind:
            case "order_placed":
                self._orders[fact.id] = _Order(
                    fact.at, fact.currency, fact.amount, fact.lines, fact.status
                )
            case "order_status":
                self._orders[fact.id].status = fact.status
            case "order_removed":
                del self._orders[fact.id]


def _add_payment(figures: Figures, payment: _Payment) -> None:
    figures.payments += 1
    match payment.outcome():
        case "completed":
            figures.payments_completed += 1
        case "refunded":
            figures.payments_refunded += 1
        case "partially_refunded":
            figures.payments_partially_refunded += 1
        case "pending":
            figures.payments_pending += 1
        case _:
            figures.payments_failed += 1
    if payment.status == "completed":
        figures.gross += payment.amount
        figures.refunds += payment.refunded
        figures.fees += payment.fee
        figures.disputes_lost += payment.lost
