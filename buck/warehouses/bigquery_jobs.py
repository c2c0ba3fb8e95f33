"""Work put to BigQuery through Google's own client: questions, scripts, loads, tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from buck.errors import AccessDenied, WarehouseError, WarehouseLocked
from buck.names import TableRef, backticked

TAKEN_OVER: Final = "buck: another promotion has begun"
"""What a script says that finds itself overtaken; see `BigQueryPromotions`."""
_PATIENCE_S: Final = 120.0
_STAGING_KEPT: Final = timedelta(days=1)


@dataclass(slots=True)
class Jobs:
    """One project of BigQuery, and how its answers and refusals are read."""

    project: str
    location: str
    _client: Any = field(repr=False)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question."""
        with self.errors("BigQuery can't be asked"):
            job = self._client.query(sql, retry=_retry(), job_retry=None)
            return [tuple(row.values()) for row in job.result(retry=_retry())]

    def run(self, script: str, *, what: str, name: str = "") -> None:
        """Run a script to its end.

        Args:
            script: Statements, each with its semicolon.
            what: What failed, if it does.
            name: Names the job. BigQuery takes no name twice, so a script whose answer was lost is
                not run again; one that failed is, under the next name.
        """
        from google.api_core.exceptions import Conflict

        with self.errors(what):
            for attempt in count(1):
                job_id = f"{name}-{attempt}" if name else None
                try:
                    job = self._client.query(script, job_id=job_id, retry=_retry(), job_retry=None)
                except Conflict:
                    job = self._client.get_job(job_id, location=self.location, retry=_retry())
                    if _has_failed(job):
                        continue
                job.result(retry=_retry())
                return

    def load(self, file: Path, table: TableRef, fields: Mapping[str, str], *, name: str) -> int:
        """Make a table of a day's life hold a Parquet file's rows, and say how many it holds.

        Done again it changes nothing: what the table holds is replaced.
        """
        from google.api_core.exceptions import Conflict
        from google.cloud import bigquery

        schema = [bigquery.SchemaField(column, kind) for column, kind in fields.items()]
        settings = bigquery.LoadJobConfig(
            source_format="PARQUET", write_disposition="WRITE_TRUNCATE", schema=schema
        )
        with self.errors(f"{table} can't be loaded"):
            staging = bigquery.Table(self.path(table), schema)
            staging.expires = datetime.now(UTC) + _STAGING_KEPT
            self._client.create_table(staging, exists_ok=True, retry=_retry())
            for attempt in count(1):
                job_id = f"{name}-{attempt}"
                try:
                    with file.open("rb") as content:
                        job = self._client.load_table_from_file(
                            content,
                            self.path(table),
                            job_id=job_id,
                            job_config=settings,
                            location=self.location,
                        )
                except Conflict:
                    job = self._client.get_job(job_id, location=self.location, retry=_retry())
                    if _has_failed(job) or self.size(table) != job.output_rows:
                        continue
                job.result(retry=_retry())
                return self.size(table)
        raise AssertionError("unreachable")

    def size(self, table: TableRef) -> int:
        """How many rows a table has."""
        return int(self.ask(f"select count(*) from {self.sql(table)}")[0][0])

    def fields(self, table: TableRef) -> dict[str, str]:
        """A table's columns and BigQuery's types in order; empty if there is no such table."""
        found = self.find(table)
        return {f.name: f.field_type for f in found.schema} if found is not None else {}

    def find(self, table: TableRef) -> Any:
        """The client's own words about a table or view; None if there is none."""
        from google.api_core.exceptions import NotFound

        with self.errors(f"{table} can't be looked at"):
            try:
                return self._client.get_table(self.path(table), retry=_retry())
            except NotFound:
                return None

    def tables(self, schema: str) -> list[str]:
        """Names of the tables of a dataset; none if there is no such dataset."""
        from google.api_core.exceptions import NotFound

        with self.errors(f"{schema} can't be listed"):
            try:
                listed = self._client.list_tables(f"{self.project}.{schema}", retry=_retry())
                return [str(one.table_id) for one in listed]
            except NotFound:
                return []

    def drop_table(self, table: TableRef) -> None:
        """Drop a table if it is there."""
        with self.errors(f"{table} can't be dropped"):
            self._client.delete_table(self.path(table), not_found_ok=True, retry=_retry())

    def make_dataset(self, name: str) -> None:
        """Make a dataset if it is not there."""
        from google.cloud import bigquery

        dataset = bigquery.Dataset(f"{self.project}.{name}")
        dataset.location = self.location
        with self.errors(f"the dataset {name} can't be made"):
            self._client.create_dataset(dataset, exists_ok=True, retry=_retry())

    def drop_dataset(self, name: str) -> None:
        """Drop a dataset if it is there, with what is in it."""
        with self.errors(f"the dataset {name} can't be dropped"):
            self._client.delete_dataset(
                f"{self.project}.{name}", delete_contents=True, not_found_ok=True, retry=_retry()
            )

    def authorise(self, dataset: str, readers: Sequence[str]) -> None:
        """Let views of other datasets read from a dataset that their readers may not see."""
        from google.cloud import bigquery

        with self.errors(f"views can't be let into {dataset}"):
            found = self._client.get_dataset(f"{self.project}.{dataset}", retry=_retry())
            entries = list(found.access_entries)
            let_in = {
                entry.entity_id["dataset"].get("datasetId")
                for entry in entries
                if entry.entity_type == "dataset" and isinstance(entry.entity_id, dict)
                if "dataset" in entry.entity_id
            }
            missing = [name for name in readers if name not in let_in]
            if not missing:
                return
            for name in missing:
                named = {"projectId": self.project, "datasetId": name}
                views = {"dataset": named, "targetTypes": ["VIEWS"]}
                entries.append(bigquery.AccessEntry(None, "dataset", views))
            found.access_entries = entries
            self._client.update_dataset(found, ["access_entries"], retry=_retry())

    def batches(self, table: TableRef) -> Iterator[Any]:
        """Every row of a table or view as Arrow, some thousand at a time; one batch at least."""
        with self.errors(f"{table} can't be read"):
            found = self._client.get_table(self.path(table), retry=_retry())
            if found.table_type == "TABLE":
                # Listing rows costs nothing; a query over them would.
                rows = self._client.list_rows(found, retry=_retry())
            else:
                rows = self._client.query_and_wait(f"select * from {self.sql(table)}")
            if rows.total_rows:
                yield from rows.to_arrow_iterable()
            else:
                empty = rows.to_arrow(create_bqstorage_client=False)
                yield _empty_batch(empty.schema)

    def sql(self, table: TableRef) -> str:
        """The quoted name."""
        return backticked(self.project, table.schema, table.name)

    def path(self, table: TableRef) -> str:
        """The name that the client takes."""
        return f"{self.project}.{table.schema}.{table.name}"

    def close(self) -> None:
        """End the client's connections."""
        self._client.close()

    @contextmanager
    def errors(self, what: str) -> Iterator[None]:
        """Say what Google's client says in Buck's words."""
        from google.api_core.exceptions import Forbidden, GoogleAPIError, Unauthorized
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        try:
            yield
        except (Forbidden, Unauthorized, GoogleAuthError) as exc:
            raise AccessDenied(
                f"{what}: {_said(exc)}", hint="buck doctor --target bigquery"
            ) from exc
        except (GoogleAPIError, RequestException) as exc:
            if TAKEN_OVER in str(exc):
                raise WarehouseLocked(
                    "another promotion into this project has begun since, and goes on",
                    hint="wait for its end and run it again; nothing more was changed",
                ) from exc
            raise WarehouseError(
                f"{what}: {_said(exc)}", hint="see the job in BigQuery's console"
            ) from exc


def is_google(endpoint: str) -> bool:
    """Whether an address is BigQuery's own, not an emulator's."""
    host = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").hostname or ""
    return host == "googleapis.com" or host.endswith(".googleapis.com")


def _empty_batch(schema: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=schema)


def _has_failed(job: Any) -> bool:
    return job.error_result is not None


def _retry() -> Any:
    from google.cloud.bigquery import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(_PATIENCE_S)


def _said(exc: BaseException) -> str:
    lines = str(exc).strip().splitlines()
    return lines[0] if lines else type(exc).__name__
