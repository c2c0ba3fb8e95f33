"""Stripe's subscription and invoice objects as its API writes them."""

from __future__ import annotations

from typing import Any

from buck.sandbox.company.change import Record
from buck.sandbox.company.stripe_catalogue import make_plan

_SELF = {"type": "self"}
_AUTOMATIC_TAX_OFF: Record = {
    "enabled": False,
    "liability": None,
    "disabled_reason": None,
    "provider": None,
    "status": None,
}


def list_object(data: list[Record], *, url: str) -> Record:
    """A complete embedded list."""
    return {"object": "list", "data": data, "has_more": False, "url": url}


def make_subscription_item(
    id_: str, created: int, *, subscription: str, price: Record, quantity: int, start: int, end: int
) -> Record:
    """One price within a subscription."""
    return {
        "id": id_,
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": created,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "plan": make_plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def make_subscription(
    id_: str, created: int, *, customer: str, currency: str, items: list[Record], live: bool
) -> Record:
    """A monthly subscription that waits for its first payment."""
    return {
        "id": id_,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False, "liability": None, "disabled_reason": None},
        "billing_cycle_anchor": created,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic", "updated_at": None},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": created,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": _SELF,
        },
        "items": list_object(items, url=f"/v1/subscription_items?subscription={id_}"),
        "latest_invoice": None,
        "livemode": live,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": created,
        "status": "incomplete",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def make_line(
    id_: str,
    *,
    invoice: str,
    subscription: str,
    item: Record,
    amount: int,
    quantity: int,
    description: str | None,
    start: int,
    end: int,
    proration: bool,
    live: bool,
) -> Record:
    """One line of an invoice."""
    price = item["price"]
    parent: dict[str, Any] = {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": proration,
            "proration_details": {"credited_items": None},
            "subscription": subscription,
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    }
    return {
        "id": id_,
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "invoice": invoice,
        "livemode": live,
        "metadata": {},
        "parent": parent,
        "period": {"end": end, "start": start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    }


def make_invoice(
    id_: str,
    created: int,
    *,
    subscription: str,
    customer: Record,
    currency: str,
    lines: list[Record],
    reason: str,
    start: int,
    end: int,
    number: str,
    live: bool,
) -> Record:
    """A draft invoice over the given lines."""
    total = sum(line["amount"] for line in lines)
    return {
        "id": id_,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Tidewater Supply",
        "account_tax_ids": None,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": _AUTOMATIC_TAX_OFF,
        "automatically_finalizes_at": created + 3_600,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": currency,
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": _SELF,
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": list_object(lines, url=f"/v1/invoices/{id_}/lines"),
        "livemode": live,
        "metadata": {},
        "next_payment_attempt": created + 3_600,
        "number": number,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": subscription},
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": end,
        "period_start": start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": created,
    }


def make_invoice_payment(
    id_: str, created: int, *, invoice: Record, intent: str, live: bool
) -> Record:
    """The link from an invoice to the payment intent that is to pay it."""
    return {
        "id": id_,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": created,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": live,
        "payment": {"payment_intent": intent, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
