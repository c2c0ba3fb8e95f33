"""Stripe: customers, billing and payments, landed as raw_stripe_* tables.

`buck run stripe` reads this file, and so does Python: `python pipelines/stripe_pipeline.py`. The
key and the address are settings (`sources.stripe` in .buck.yml); what is read is said here.
"""

from __future__ import annotations

import dlt
from dlt.sources import DltSource

import buck
from buck.sources import stripe

TABLES = stripe.DEFAULT_TABLES  # or any of stripe.ALL_TABLES


@dlt.source(name="stripe", section="stripe")
def source(api_key: str = dlt.secrets.value, api_base: str = "https://api.stripe.com") -> DltSource:
    """Everything at first; afterwards what Stripe's events say has changed, fetched afresh."""
    return stripe.source(api_key=api_key, api_base=api_base, tables=TABLES)


if __name__ == "__main__":
    buck.land(__file__)
