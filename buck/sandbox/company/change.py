"""What the company's history is made of: changes of records, and the facts behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

System = Literal["stripe", "salesforce", "app"]
Op = Literal["insert", "update", "delete"]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change of one record in one system."""

    at: datetime
    system: System
    table: str
    op: Op
    key: str
    record: Record
    """The complete record after the change; before it, for a delete. Never modified afterwards."""
    livemode: bool = True
    """False for Stripe objects of test mode; refunds and balance transactions do not say it."""
    covers: tuple[str, ...] = ()
    """The balance transactions that a Stripe payout pays out, its own included."""


FactKind = Literal[
    "payment",
    "payment_succeeded",
    "payment_failed",
    "refund_created",
    "refund_succeeded",
    "refund_failed",
    "dispute_opened",
    "dispute_won",
    "dispute_lost",
    "paid_out",
    "identity",
    "identity_removed",
    "order_placed",
    "order_status",
    "order_removed",
    "subscription_status",
    "subscription_value",
    "segment",
    "deal",
    "usage",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """One business event as the company itself knows it, told apart from every record of it.

    What the fields hold depends on the kind; docs/reference/sandbox-truth.md has the table.
    """

    at: datetime
    kind: FactKind
    id: str
    of: str = ""
    """The fact's parent: the payment of a refund, the person of an identity."""
    status: str = ""
    currency: str = ""
    amount: int = 0
    """Minor units of the currency."""
    fee: int = 0
    """Minor units of the currency."""
    lines: int = 0
    live: bool = True
