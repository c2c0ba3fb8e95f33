"""The company's own account object."""

from __future__ import annotations

from buck.sandbox.company import EPOCH, Record


def make_account(id_: str) -> Record:
    """What `/v1/account` answers."""
    return {
        "id": id_,
        "object": "account",
        "business_profile": {"name": "Tidewater Supply", "url": "https://tidewater.example"},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": int(EPOCH.timestamp()),
        "default_currency": "usd",
        "details_submitted": True,
        "email": "finance@tidewater.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": None,
        "type": "standard",
    }
