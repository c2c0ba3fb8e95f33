"""Stripe's payment objects as its API writes them: every key present, most of them null."""

from __future__ import annotations

from typing import Any

from buck.sandbox.company.change import Record

API_VERSION = "2026-10-28.endive"
"""The API version that all objects are written in."""


def make_intent(
    id_: str,
    created: int,
    *,
    amount: int,
    currency: str,
    customer: str | None,
    method_type: str,
    description: str | None,
    metadata: dict[str, str],
    live: bool,
) -> Record:
    """A payment intent that nobody has tried to pay yet."""
    return {
        "id": id_,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "description": description,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": live,
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": [method_type],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def make_charge(
    id_: str,
    created: int,
    *,
    intent: Record,
    payment_method: str,
    method_details: dict[str, Any],
    name: str | None,
    email: str | None,
    country: str | None,
    receipt_email: str | None,
    live: bool,
) -> Record:
    """A charge that is still pending; `settled` or `declined` says how it went on."""
    return {
        "id": id_,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": {
                "city": None,
                "country": country,
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "email": email,
            "name": name,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "TIDEWATER SUPPLY",
        "captured": False,
        "created": created,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": live,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": payment_method,
        "payment_method_details": method_details,
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": receipt_email,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
    }


def settled(charge: Record, *, balance_transaction: str) -> Record:
    """The charge once it has succeeded."""
    return {
        **charge,
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": charge["amount"],
        "balance_transaction": balance_transaction,
    }


def declined(charge: Record, *, code: str, message: str) -> Record:
    """The charge once it has failed."""
    outcome = {
        **charge["outcome"],
        "network_status": "declined_by_network",
        "reason": code,
        "seller_message": "The bank returned a decline.",
        "type": "issuer_declined",
    }
    return {
        **charge,
        "status": "failed",
        "paid": False,
        "captured": False,
        "amount_captured": 0,
        "failure_code": code,
        "failure_message": message,
        "outcome": outcome,
    }


def card_details(*, brand: str, last4: str, country: str | None, amount: int) -> dict[str, Any]:
    """How a card was charged."""
    card = {
        "amount_authorized": amount,
        "authorization_code": None,
        "brand": brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": country,
        "exp_month": 8,
        "exp_year": 2029,
        "fingerprint": None,
        "funding": "credit",
        "installments": None,
        "last4": last4,
        "mandate": None,
        "network": brand,
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }
    return {"type": "card", "card": card}


def debit_details(*, method_type: str, last4: str, country: str | None) -> dict[str, Any]:
    """How a bank account was debited: `sepa_debit` or `us_bank_account`."""
    if method_type == "sepa_debit":
        debit: dict[str, Any] = {
            "bank_code": None,
            "branch_code": None,
            "country": country,
            "expected_debit_date": None,
            "fingerprint": None,
            "last4": last4,
            "mandate": None,
        }
    else:
        debit = {
            "account_holder_type": "company",
            "account_type": "checking",
            "bank_name": "FIRST HARBOUR BANK",
            "expected_debit_date": None,
            "fingerprint": None,
            "last4": last4,
            "payment_reference": None,
            "routing_number": "110000000",
        }
    return {"type": method_type, method_type: debit}
