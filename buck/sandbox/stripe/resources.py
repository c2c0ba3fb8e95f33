"""The kinds of objects that the API serves, and how each list can be filtered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buck.sandbox.company import Record

_ENDED = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind: its path below `/v1/` (also its table's name), object name, and filters."""

    path: str
    kind: str
    filters: frozenset[str] = frozenset()
    """Fields of the object that a list can be asked for by value."""
    flags: frozenset[str] = frozenset()
    """The same for true and false."""
    choices: frozenset[str] = frozenset()
    """Filters written `name[]`: any of the values."""
    required: str | None = None
    """A filter that a list can't do without."""
    by_created: bool = True
    permission: str = ""


def _resource(
    path: str,
    kind: str,
    filters: str = "",
    *,
    flags: str = "",
    choices: str = "",
    required: str | None = None,
    by_created: bool = True,
) -> Resource:
    return Resource(
        path,
        kind,
        frozenset(filters.split()),
        frozenset(flags.split()),
        frozenset(choices.split()),
        required,
        by_created,
        f"rak_{kind}_read",
    )


RESOURCES = {
    r.path: r
    for r in (
        _resource("charges", "charge", "customer payment_intent transfer_group"),
        _resource("customers", "customer", "email test_clock"),
        _resource("payment_intents", "payment_intent", "customer customer_account"),
        _resource("refunds", "refund", "charge payment_intent"),
        _resource("disputes", "dispute", "charge payment_intent"),
        _resource("invoices", "invoice", "customer status subscription collection_method"),
        _resource("subscriptions", "subscription", "customer status price collection_method"),
        _resource(
            "subscription_items", "subscription_item", "subscription", required="subscription",
            by_created=False
        ),
        _resource("invoice_payments", "invoice_payment", "invoice status payment_intent"),
        _resource("balance_transactions", "balance_transaction", "currency payout source type"),
        _resource("payouts", "payout", "destination status"),
        _resource("products", "product", "url", flags="active shippable", choices="ids"),
        _resource(
            "prices", "price", "currency product type", flags="active", choices="lookup_keys"
        ),
        _resource("events", "event", "type", choices="types", flags="delivery_success"),
        _resource("coupons", "coupon"),
        _resource("promotion_codes", "promotion_code", "code coupon customer", flags="active"),
        _resource("credit_notes", "credit_note", "customer invoice"),
        _resource("invoiceitems", "invoiceitem", "customer invoice", flags="pending"),
        _resource("transfers", "transfer", "destination transfer_group"),
        _resource("tax_rates", "tax_rate", flags="active inclusive"),
        _resource("payment_methods", "payment_method", "customer type", by_created=False),
        _resource("subscription_schedules", "subscription_schedule", "customer"),
        _resource("accounts", "account")
    )
}  # fmt: skip

PREFIXES = {
    "ch": "charges", "py": "charges", "cus": "customers", "pi": "payment_intents",
    "re": "refunds", "pyr": "refunds", "du": "disputes", "in": "invoices",
    "sub": "subscriptions", "si": "subscription_items", "inpay": "invoice_payments",
    "txn": "balance_transactions", "po": "payouts", "prod": "products", "price": "prices",
    "di": "discounts", "promo": "promotion_codes", "cn": "credit_notes", "tr": "transfers",
}  # fmt: skip
"""The table that an id belongs to, by its prefix: what can be expanded."""

_VALUES: dict[tuple[str, str], Callable[[Record], Any]] = {
    ("invoices", "subscription"): lambda r: r["parent"]["subscription_details"]["subscription"],
    ("invoice_payments", "payment_intent"): lambda r: r["payment"].get("payment_intent"),
}


def field_of(resource: Resource, name: str, record: Record) -> Any:
    """What a filter of that name compares with."""
    special = _VALUES.get((resource.path, name))
    return special(record) if special else record.get(name)


def shows_status(resource: Resource, wanted: str | None, record: Record) -> bool:
    """Whether a list asked for a status shows the object; unasked, ended subscriptions hide."""
    if resource.path == "subscriptions":
        match wanted:
            case "all":
                return True
            case None:
                return record["status"] not in _ENDED
            case "ended":
                return record["status"] in _ENDED
    return wanted is None or record["status"] == wanted
