"""The sandbox's Stripe: the company's payments over Stripe's own protocol."""

from __future__ import annotations

from buck.sandbox.stripe.server import StripeServer
from buck.sandbox.stripe.store import StripeStore

__all__ = ["StripeServer", "StripeStore"]
