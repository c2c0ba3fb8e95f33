"""Google's own client for BigQuery, run in the emulator's environment by `test_bigquery`.

`bigquery_client.py ADDRESS load` loads the Parquet files that standard input names, `… read` gives
the rows of its queries, all as JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any


def canonical(value: Any) -> str | None:
    """One text per value; NUMERIC has no scale of its own, so 1.5 and 1.50 are the same."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return None if value is None else str(value)


def client(address: str) -> Any:
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    return bigquery.Client(
        "buck", AnonymousCredentials(), client_options=ClientOptions(api_endpoint=address)
    )


def load(there: Any, tables: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Load each file once: a job's name says what it loads, and no name is taken twice."""
    from google.api_core.exceptions import Conflict
    from google.cloud import bigquery

    there.create_dataset("raw", exists_ok=True)
    settings = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_APPEND")
    for name, table in tables.items():
        content = Path(table["file"]).read_bytes()
        job = f"buck-{name}-{hashlib.sha256(content).hexdigest()[:16]}"
        # The emulator does not make a table by loading into it.
        fields = [bigquery.SchemaField(*column) for column in table["columns"].items()]
        there.create_table(bigquery.Table(f"buck.raw.{name}", fields), exists_ok=True)
        try:
            with Path(table["file"]).open("rb") as file:
                there.load_table_from_file(
                    file, f"buck.raw.{name}", job_id=job, job_config=settings
                ).result()
        except Conflict:
            there.get_job(job).result()
    counted = {n: there.query_and_wait(f"select count(*) as n from raw.{n}") for n in tables}
    return {name: next(iter(rows)).n for name, rows in counted.items()}


def read(there: Any, queries: dict[str, str]) -> dict[str, list[list[str | None]]]:
    return {
        name: [[canonical(v) for v in row.values()] for row in there.query_and_wait(sql)]
        for name, sql in queries.items()
    }


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    work = {"load": load, "read": read}[sys.argv[2]]
    json.dump(work(client(sys.argv[1]), asked), sys.stdout)
