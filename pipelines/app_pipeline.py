"""The application's own PostgreSQL, landed as raw_app_* tables.

`buck run` reads this file, and so does Python: `python pipelines/app_pipeline.py`. The address is
a setting (`sources.app` in .buck.yml); which tables, and what grows when a row changes, is here.
"""

from __future__ import annotations

import dlt
from dlt.extract import DltResource

import buck
from buck.sources import postgres

TABLES = (
    postgres.table("organisations", source="app", cursor="updated_at"),
    postgres.table(
        "users",
        source="app",
        cursor="updated_at",
        personal=("email", "full_name"),
        subject="id",
    ),
    postgres.table("products", source="app", cursor="updated_at"),
    postgres.table(
        "orders", source="app", cursor="updated_at", personal=("note",), subject="user_id"
    ),
    postgres.table("order_items", source="app", cursor="updated_at"),
    postgres.table("usage_events", source="app", cursor="id", subject="user_id", append_only=True),
)


@dlt.source(name="app", section="app")
def source(url: str = dlt.secrets.value) -> list[DltResource]:
    """What changed since the last load, and a tombstone for every row that is gone."""
    return postgres.resources(url, tables=TABLES)


if __name__ == "__main__":
    buck.land(__file__)
