"""The events that Stripe sends for a change, by its own names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buck.sandbox.company import Change, Record

_Derive = Callable[[Record | None, Record], list[str]]


def event_types(change: Change, before: Record | None) -> list[str]:
    """The types of the events that one change causes, in their order; none for some tables."""
    derive = _BY_TABLE.get(change.table)
    if derive is None:
        return []
    if change.op == "delete":
        return [f"{_PREFIX[change.table]}.deleted"] if change.table in _PREFIX else []
    return derive(before, change.record)


def previous_attributes(before: Record, after: Record) -> dict[str, Any]:
    """The old values of the fields that a change altered."""
    return {name: before.get(name) for name in after if before.get(name) != after[name]}


def _plain(prefix: str) -> _Derive:
    def derive(before: Record | None, _: Record) -> list[str]:
        return [f"{prefix}.created" if before is None else f"{prefix}.updated"]

    return derive


def _charge(before: Record | None, after: Record) -> list[str]:
    if before is None or before["status"] != after["status"]:
        return [f"charge.{after['status']}"]
    if abs(after["amount_refunded"]) > abs(before["amount_refunded"]):
        return ["charge.refunded"]
    return ["charge.updated"]


def _payment_intent(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["payment_intent.created"]
    if before["status"] != after["status"] and after["status"] in {"succeeded", "processing"}:
        return [f"payment_intent.{after['status']}"]
    if after["last_payment_error"] and after["last_payment_error"] != before["last_payment_error"]:
        return ["payment_intent.payment_failed"]
    # Stripe has no payment_intent.updated: other changes of it are silent.
    return []


def _refund(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["refund.created"]
    failed = ["refund.failed"] if after["status"] == "failed" else []
    return ["refund.updated", "charge.refund.updated", *failed]


def _dispute(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    types = ["charge.dispute.updated"]
    if len(after["balance_transactions"]) > len(before["balance_transactions"]):
        types.append("charge.dispute.funds_reinstated")
    if after["status"] in {"won", "lost"} and before["status"] != after["status"]:
        types.append("charge.dispute.closed")
    return types


def _invoice(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["invoice.created"]
    types = ["invoice.updated"]
    if before["status"] == after["status"]:
        if after["attempt_count"] > before["attempt_count"]:
            types.append("invoice.payment_failed")
        return types
    match after["status"]:
        case "open":
            types.append("invoice.finalized")
        case "paid":
            types += ["invoice.paid", "invoice.payment_succeeded"]
        case "uncollectible":
            types += ["invoice.payment_failed", "invoice.marked_uncollectible"]
        case "void":
            types.append("invoice.voided")
    return types


def _invoice_payment(before: Record | None, after: Record) -> list[str]:
    paid = after["status"] == "paid" and (before is None or before["status"] != "paid")
    return ["invoice_payment.paid"] if paid else []


def _subscription(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["customer.subscription.created"]
    ended = after["status"] == "canceled" and before["status"] != "canceled"
    return [f"customer.subscription.{'deleted' if ended else 'updated'}"]


def _payout(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["payout.created"]
    changed = before["status"] != after["status"] and after["status"] in {"paid", "failed"}
    return [f"payout.{after['status']}" if changed else "payout.updated"]


def _credit_note(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["credit_note.created"]
    voided = after["status"] == "void" and before["status"] != "void"
    return ["credit_note.voided" if voided else "credit_note.updated"]


def _invoice_item(before: Record | None, _: Record) -> list[str]:
    # Stripe has no invoiceitem.updated any more.
    return ["invoiceitem.created"] if before is None else []


def _schedule(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["subscription_schedule.created"]
    types = ["subscription_schedule.updated"]
    if after["status"] != before["status"] and after["status"] in {"canceled", "released"}:
        types.append(f"subscription_schedule.{after['status']}")
    return types


def _transfer(before: Record | None, after: Record) -> list[str]:
    if before is None:
        return ["transfer.created"]
    is_reversal = after["amount_reversed"] > before["amount_reversed"]
    return ["transfer.reversed" if is_reversal else "transfer.updated"]


_PREFIX = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "invoices": "invoice",
    "coupons": "coupon",
    "discounts": "customer.discount",
    "invoiceitems": "invoiceitem",
}
"""Kinds whose deletion is told, by what their events' types begin with."""
_PLAIN = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "coupons": "coupon",
    "discounts": "customer.discount",
    "promotion_codes": "promotion_code",
    "tax_rates": "tax_rate",
}
_BY_TABLE: dict[str, _Derive] = {
    **{table: _plain(prefix) for table, prefix in _PLAIN.items()},
    "charges": _charge,
    "payment_intents": _payment_intent,
    "refunds": _refund,
    "disputes": _dispute,
    "invoices": _invoice,
    "invoice_payments": _invoice_payment,
    "subscriptions": _subscription,
    "subscription_schedules": _schedule,
    "credit_notes": _credit_note,
    "invoiceitems": _invoice_item,
    "payouts": _payout,
    "transfers": _transfer,
}


def as_of_version(event: Record, version: str) -> Record:
    """The event as an older API version would have rendered it: fewer fields, other names."""
    after = event["data"]["object"]
    plain = {k: v for k, v in after.items() if isinstance(v, str | bool) or k == "created"}
    renamed = {"payment": plain.pop("payment_intent", None), "livemode": event["livemode"]}
    return {**event, "api_version": version, "data": {"object": plain | renamed}}
