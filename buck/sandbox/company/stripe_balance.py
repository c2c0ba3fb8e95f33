"""Stripe's balance transaction and payout objects as its API writes them."""

from __future__ import annotations

from buck.sandbox.company.change import Record


def make_balance_transaction(
    id_: str,
    created: int,
    *,
    type_: str,
    category: str,
    amount: int,
    fee: int,
    currency: str,
    source: str | None,
    available_on: int,
    description: str | None,
) -> Record:
    """A movement of the account's balance: net = amount − fee."""
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Dispute fee" if type_ == "adjustment" else "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": id_,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [detail] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "pending",
        "type": type_,
    }


def make_payout(
    id_: str, created: int, *, amount: int, currency: str, balance_transaction: str, arrival: int
) -> Record:
    """An automatic payout to the bank account that the company has in this currency."""
    return {
        "id": id_,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": True,
        "balance_transaction": balance_transaction,
        "created": created,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": f"ba_1Tidewater{currency}00000000000",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": True,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }
