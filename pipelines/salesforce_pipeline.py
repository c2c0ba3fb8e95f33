"""Salesforce: accounts, people, deals and campaigns, landed as raw_salesforce_* tables.

`buck run` reads this file, and so does Python: `python pipelines/salesforce_pipeline.py`. The
address and the credentials are settings (`sources.salesforce` in .buck.yml).
"""

from __future__ import annotations

import dlt
from dlt.sources import DltSource

import buck
from buck.sources import salesforce

TABLES = salesforce.TABLES


@dlt.source(name="salesforce", section="salesforce")
def source(
    *,
    login_url: str = dlt.config.value,
    client_id: str = dlt.secrets.value,
    client_secret: str | None = None,
    private_key: str | None = None,
    private_key_file: str | None = None,
    username: str | None = None,
    audience: str | None = None,
    api_budget: float = 0.7,
) -> DltSource:
    """Everything at first; afterwards what SystemModstamp says has changed, deletions included."""
    return salesforce.source(
        login_url=login_url,
        client_id=client_id,
        client_secret=client_secret,
        private_key=private_key,
        private_key_file=private_key_file,
        username=username,
        audience=audience,
        api_budget=api_budget,
    )


if __name__ == "__main__":
    buck.land(__file__)
