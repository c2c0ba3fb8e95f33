"""BigQuery as a warehouse: rows arrive as Parquet in a staging table, and from there at once."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buck.errors import AccessDenied, ConfigError
from buck.names import TableRef, backticked, identifier
from buck.warehouses.bigquery_jobs import Jobs, is_google
from buck.warehouses.columns import DECIMAL, text_of
from buck.warehouses.warehouse import Capabilities

if TYPE_CHECKING:
    from buck.engine import Rows
    from buck.warehouses.bigquery_promotions import BigQueryPromotions

_TYPES: Final = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "INT64"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER"), "INT64"),
    **dict.fromkeys(("HUGEINT", "UBIGINT"), "BIGNUMERIC"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "FLOAT64"),
    "BLOB": "BYTES",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
}
_CASTS: Final = {"INT64": "bigint", "BIGNUMERIC": "decimal(38, 0)", "FLOAT64": "double"}
_NUMERIC: Final = (29, 9)
"""Digits before and after the point that NUMERIC holds."""


@dataclass(slots=True)
class BigQueryWarehouse:
    """A project of BigQuery, or an emulator of it."""

    name: str
    is_emulated: bool
    jobs: Jobs = field(repr=False)
    capabilities: Capabilities = field(
        default=Capabilities(atomic_replace=True, max_identifier_bytes=1024), init=False
    )

    @classmethod
    def open(cls, target: str, settings: Mapping[str, object]) -> BigQueryWarehouse:
        """A client with a dbt target's settings; nothing is asked yet.

        Raises:
            ConfigError: its package is not installed, or its way to log in is not known.
            AccessDenied: there are no credentials.
        """
        try:
            from google.api_core.client_options import ClientOptions
            from google.cloud import bigquery
        except ModuleNotFoundError as exc:
            raise ConfigError(
                "BigQuery's client is not installed", hint="pip install 'buck-lakehouse[bigquery]'"
            ) from exc
        endpoint = str(settings.get("api_endpoint") or "")
        is_emulated = bool(endpoint) and not is_google(endpoint)
        project = str(settings.get("project") or settings.get("database") or "")
        location = str(settings.get("location") or "US")
        client = bigquery.Client(
            project=project,
            credentials=_credentials(settings, is_emulated=is_emulated),
            location=location,
            client_options=ClientOptions(api_endpoint=endpoint) if endpoint else None,
        )
        return cls(target, is_emulated, Jobs(project, location, client))

    def replace_table(self, schema: str, name: str, rows: Rows) -> int:
        """See `Warehouse.replace_table`: the new rows lie beside it until all are there."""
        fields = fields_of(rows.columns)
        table, spare = TableRef(schema, name), TableRef(schema, f"{name}__new")
        self.jobs.make_dataset(schema)
        count = self.upload(rows, spare, name=f"buck-{uuid.uuid4().hex}")
        self.jobs.run(
            f"create or replace table {self.jobs.sql(table)} ({columns_sql(fields)}) as "
            f"select {names_sql(fields)} from {self.jobs.sql(spare)};",
            what=f"{table} can't be replaced",
        )
        self.jobs.drop_table(spare)
        return count

    def upload(self, rows: Rows, table: TableRef, *, name: str) -> int:
        """Rows into a staging table, through a Parquet file that is gone afterwards."""
        fields = fields_of(rows.columns)
        with tempfile.TemporaryDirectory(prefix="buck-bigquery-") as folder:
            file = Path(folder) / "rows.parquet"
            rows.write_parquet(file, items=_items(rows.columns, fields))
            return self.jobs.load(file, table, fields, name=name)

    def relations(self, schema: str) -> Collection[str]:
        """See `Downloads.relations`."""
        return self.jobs.tables(schema)

    def download(self, table: TableRef, file: Path) -> Collection[str]:
        """See `Downloads.download`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        wide: set[str] = set()
        writer: Any = None
        try:
            for batch in self.jobs.batches(table):
                held = pa.Table.from_batches([batch])
                for place, column in enumerate(held.schema):
                    if pa.types.is_decimal256(column.type):
                        wide.add(column.name)
                        texts = held.column(place).cast(pa.string())
                        held = held.set_column(place, column.name, texts)
                writer = writer or pq.ParquetWriter(file, held.schema)
                writer.write_table(held)
        finally:
            if writer is not None:
                writer.close()
        return wide

    def promotions(self, prefix: str) -> BigQueryPromotions:
        """The record of what was promoted here under a prefix."""
        from buck.warehouses.bigquery_promotions import BigQueryPromotions

        return BigQueryPromotions(self, prefix)

    def close(self) -> None:
        """End the client's connections."""
        with suppress(OSError):
            self.jobs.close()


def fields_of(columns: Mapping[str, str]) -> dict[str, str]:
    """Column name to BigQuery's type for a column that has this type in DuckDB."""
    return {name: _field_type(kind.upper()) for name, kind in columns.items()}


def columns_sql(fields: Mapping[str, str]) -> str:
    """Columns as `create table` lists them."""
    return ", ".join(f"{backticked(name)} {kind}" for name, kind in fields.items())


def names_sql(fields: Mapping[str, str]) -> str:
    """Columns as `select` lists them."""
    return ", ".join(backticked(name) for name in fields)


def _field_type(kind: str) -> str:
    if decimal := DECIMAL.fullmatch(kind):
        width, scale = int(decimal[1]), int(decimal[2])
        fits = width - scale <= _NUMERIC[0] and scale <= _NUMERIC[1]
        return "NUMERIC" if fits else "BIGNUMERIC"
    return _TYPES.get(kind, "STRING")


def _items(columns: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """What is written for columns whose own type Parquet or BigQuery would read otherwise."""
    items = {}
    for name, kind in columns.items():
        wanted = fields[name]
        if DECIMAL.fullmatch(kind.upper()):
            continue
        if wanted == "STRING":
            items[name] = text_of(name, kind)
        elif wanted in _CASTS:
            items[name] = f"cast({identifier(name)} as {_CASTS[wanted]})"
    return items


def _credentials(settings: Mapping[str, object], *, is_emulated: bool) -> Any:
    """What Google's client logs in with; None lets it find what the machine is logged in as."""
    from google.auth.credentials import AnonymousCredentials

    method = str(settings.get("method") or "oauth")
    if is_emulated:
        return AnonymousCredentials()
    if method == "oauth":
        return _found_credentials()
    if method == "oauth-secrets":
        from google.oauth2.credentials import Credentials

        return Credentials(token=settings.get("token"))
    if method == "service-account":
        from google.oauth2.service_account import Credentials as ServiceAccount

        return ServiceAccount.from_service_account_file(str(settings.get("keyfile")))
    raise ConfigError(
        f"promotion to BigQuery can't log in by {method!r}",
        hint="oauth, oauth-secrets or service-account in transform/profiles.yml",
    )


def _found_credentials() -> Any:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        return google.auth.default(scopes=["https://www.googleapis.com/auth/bigquery"])[0]
    except GoogleAuthError as exc:
        raise AccessDenied(
            "this machine is not logged in to Google Cloud",
            hint="gcloud auth application-default login, or buck doctor --target bigquery",
        ) from exc
