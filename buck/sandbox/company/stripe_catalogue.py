"""Stripe's customer, product and price objects as its API writes them."""

from __future__ import annotations

from buck.sandbox.company.change import Record


def make_customer(
    id_: str,
    created: int,
    *,
    email: str | None,
    name: str | None,
    country: str | None,
    currency: str | None,
    locale: str | None,
    metadata: dict[str, str],
    phone: str | None,
    invoice_prefix: str,
    live: bool,
) -> Record:
    """A customer."""
    address = country and {
        "city": None,
        "country": country,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    }
    return {
        "id": id_,
        "object": "customer",
        "address": address or None,
        "balance": 0,
        "business_name": None,
        "created": created,
        "currency": currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": email,
        "individual_name": None,
        "invoice_prefix": invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": live,
        "metadata": metadata,
        "name": name,
        "next_invoice_sequence": 1,
        "phone": phone,
        "preferred_locales": [locale] if locale else [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def make_product(
    id_: str, created: int, *, name: str, type_: str, metadata: dict[str, str], live: bool
) -> Record:
    """A product: `good` or `service`."""
    return {
        "id": id_,
        "object": "product",
        "active": True,
        "created": created,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": live,
        "marketing_features": [],
        "metadata": metadata,
        "name": name,
        "package_dimensions": None,
        "shippable": type_ == "good",
        "statement_descriptor": None,
        "tax_code": None,
        "type": type_,
        "unit_label": "seat" if type_ == "service" else None,
        "updated": created,
        "url": None,
    }


def make_price(
    id_: str, created: int, *, product: str, currency: str, amount: int, nickname: str, live: bool
) -> Record:
    """A monthly price per seat."""
    return {
        "id": id_,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": live,
        "lookup_key": f"{nickname}_{currency}",
        "metadata": {},
        "nickname": nickname,
        "product": product,
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "exclusive",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def make_plan(price: Record) -> Record:
    """The old-style plan that Stripe still shows beside a recurring price."""
    return {
        "id": price["id"],
        "object": "plan",
        "active": True,
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": "month",
        "interval_count": 1,
        "livemode": price["livemode"],
        "metadata": {},
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
