"""Raw tables that a warehouse reads where they lie: no row is copied. Pure texts, one kind each.

What they lean on (a role, a volume, a connection) is made by an administrator, and named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buck.names import TableRef, backticked, escaped_literal, identifier, literal
from buck.records.raw_files import FileStretch
from buck.warehouses import databricks_sql, redshift_sql, snowflake_sql

CATALOG: Final = "buck_delta"
"""Snowflake's integration for Delta tables in a bucket."""
ACCESS: Final = "buck_lake"
"""The volume, connection or external schema that is meant if none is named."""


def snowflake(tables: Sequence[FileStretch], *, schema: str, root: str, access: str) -> list[str]:
    """Iceberg tables over the Delta logs; Snowflake reads them and never writes.

    Args:
        tables: Raw tables in Delta.
        schema: Where they appear.
        root: The lake's address, over which the external volume lies.
        access: The external volume.
    """
    volume = literal((access or ACCESS).upper())
    return [
        f"create catalog integration if not exists {identifier(CATALOG.upper())}"
        " catalog_source = object_store table_format = delta enabled = true",
        f"create schema if not exists {identifier(schema.upper())}",
        *(
            f"create iceberg table if not exists"
            f" {snowflake_sql.table_name(TableRef(table.schema, table.name))}"
            f" external_volume = {volume} catalog = {literal(CATALOG.upper())}"
            f" base_location = {literal(table.folder.removeprefix(f'{root}/'))}"
            " auto_refresh = true"
            for table in tables
        ),
    ]


def bigquery(
    tables: Sequence[FileStretch], *, schema: str, project: str, location: str, access: str
) -> list[str]:
    """BigLake tables over the Delta logs; BigQuery asks the connection's account for the files.

    Args:
        tables: Raw tables in Delta; their folders are `gs://…`, or `s3://…` for BigQuery Omni.
        schema: The dataset in which they appear.
        project: Its project.
        location: Its location, which is the connection's, too.
        access: The connection, as `project.location.name`.
    """
    connection = backticked(*(access or f"{project}.{location.lower()}.{ACCESS}").split("."))
    return [
        f"create schema if not exists {backticked(project, schema)}"
        f" options (location = {escaped_literal(location)})",
        *(
            f"create or replace external table {backticked(project, schema, table.name)}"
            f" with connection {connection}"
            f" options (format = 'DELTA_LAKE', uris = [{escaped_literal(table.folder)}])"
            for table in tables
        ),
    ]


def databricks(tables: Sequence[FileStretch], *, schema: str, catalog: str) -> list[str]:
    """The Delta tables themselves, known to the catalog.

    Args:
        tables: Raw tables in Delta.
        schema: Where they appear.
        catalog: Its catalog.
    """
    return [
        f"create schema if not exists {backticked(*filter(None, (catalog, schema)))}",
        *(
            f"create table if not exists"
            f" {databricks_sql.table_name(catalog, TableRef(table.schema, table.name))}"
            f" using delta location {escaped_literal(table.folder)}"
            for table in tables
        ),
    ]


def redshift(table: FileStretch, addresses: Sequence[str], *, external: str) -> list[str]:
    """A Spectrum table for each set of columns that files have, and a view over them.

    A manifest names the files, so the table stands at one version until it is made again.

    Args:
        table: A raw table; its files are those of one version.
        addresses: Of the manifests, one for each of the table's groups of files.
        external: The external schema.
    """
    parts, said = [], []
    for number, ((columns, _), address) in enumerate(
        zip(table.groups(), addresses, strict=True), start=1
    ):
        part = identifier(external, f"{table.name}_{number}")
        kinds = {name: table.columns[name] for name in columns}
        said += [
            f"drop table if exists {part}",
            f"create external table {part} ({redshift_sql.columns_sql(kinds)})"
            f" stored as parquet location {literal(address)}",
        ]
        parts.append(f"select {_items(table, columns)} from {part}")
    if not parts:
        parts = [f"select {_items(table, ())} where false"]
    view = identifier(table.schema, table.name)
    return [
        *said,
        f"create or replace view {view} as {' union all '.join(parts)} with no schema binding",
    ]


def redshift_schemas(schema: str, *, external: str, access: str) -> list[str]:
    """Where Spectrum's tables lie, and where the views over them appear."""
    role = literal(access) if access else "default"
    return [
        f"create schema if not exists {identifier(schema)}",
        f"create external schema if not exists {identifier(external)} from data catalog"
        f" database {literal(external)} iam_role {role} create external database if not exists",
    ]


def _items(table: FileStretch, present: Sequence[str]) -> str:
    return ", ".join(
        f"cast({identifier(name) if name in present else 'null'} as"
        f" {redshift_sql.column_type(kind)}) as {identifier(name)}"
        for name, kind in table.columns.items()
    )
