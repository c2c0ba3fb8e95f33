"""Stripe: first loads in parallel windows, then events as notifications and fresh objects."""

from __future__ import annotations

from buck.sources.stripe.connector import source
from buck.sources.stripe.tables import ALL_TABLES, DEFAULT_TABLES

__all__ = ["ALL_TABLES", "DEFAULT_TABLES", "source"]
