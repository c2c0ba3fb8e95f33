"""Statements by which a warehouse reads the lake's raw tables where they lie; nothing is copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.foreign import foreign_sources
from buck.flow.lake_access import open_lake
from buck.flow.promotion_script import (
    GOOGLE,
    NEVER_RUN,
    bucket_notes,
    list_files,
    raw_schema,
    require_bucket,
)
from buck.lake import Lake, files_of
from buck.names import RawTable
from buck.project import Project
from buck.records.raw_files import FileStretch, WarehouseScript

KINDS: Final = ("snowflake", "bigquery", "databricks", "redshift")


def script_external_tables(project: Project, target: str) -> WarehouseScript:
    """The statements that show every raw table of the lake in a warehouse.

    Args:
        project: The project; its lake has to be in a bucket.
        target: A target of profiles.yml. It is not connected to.

    Raises:
        ConfigError: the lake is on this machine, or the target is no warehouse that reads Delta.
    """
    from buck.transform import read_target

    space = workspace(project, project.as_of(), target=target)
    settings = read_target(space, env=project.variables)
    kind = str(settings.get("type") or target)
    if kind not in KINDS:
        raise ConfigError(
            f"{kind} does not read a lake where it lies",
            hint=f"one of {', '.join(KINDS)}; `buck promote` copies rows",
        )
    require_bucket(project, kind)
    lake = open_lake(project)
    schema = f"{project.settings.warehouse.schema_prefix}{raw_schema(space)}"
    readable = ("delta", "parquet") if kind == "redshift" else ("delta",)
    others = {source for source, format_ in lake.formats.items() if format_ not in readable}
    left_out = [str(t) for t in lake.raw_tables() if t.source in others]
    left_out += [f"what {name} lands" for name in sorted(foreign_sources(project))]
    tables = _tables(
        project,
        lake,
        schema,
        without=others | foreign_sources(project),
        with_files=kind == "redshift",
    )
    notes = [
        f"Raw tables of {project.lake_root} for {target}, read where they lie. {NEVER_RUN}",
        *bucket_notes(project, kind),
    ]
    if left_out:
        notes.append(f"Not read from there, and not in this: {', '.join(left_out)}.")
    manifests: dict[str, str] = {}
    statements = _statements(
        project, lake, kind, settings, schema=schema, tables=tables, manifests=manifests
    )
    if manifests:
        notes.append("The lists of files have to be in the bucket first; they name one version.")
    return WarehouseScript(target, "", tuple(tables), tuple(statements), tuple(notes), manifests)


def _tables(
    project: Project, lake: Lake, schema: str, *, without: set[str], with_files: bool
) -> list[FileStretch]:
    found = []
    for table in lake.raw_tables():
        if table.source in without:
            continue
        state = lake.raw(table.source, table.name).state()
        if not state.exists:
            continue
        named = RawTable(table.source, table.name, project.raw_prefix(table.source))
        files = files_of(lake, table, state) if with_files else []
        found.append(
            FileStretch(
                schema,
                named.ref.name,
                lake.storage.url(table.path),
                state.version,
                0,
                max((file.last_seq for file in files), default=0),
                True,
                state.columns,
                tuple(files),
            )
        )
    return found


def _statements(
    project: Project,
    lake: Lake,
    kind: str,
    settings: Mapping[str, Any],
    *,
    schema: str,
    tables: list[FileStretch],
    manifests: dict[str, str],
) -> list[str]:
    from buck.warehouses import external_tables as sql

    access = project.storage_access
    if kind == "snowflake":
        return sql.snowflake(tables, schema=schema, root=project.lake_root, access=access)
    if kind == "databricks":
        catalog = str(settings.get("catalog") or "")
        return sql.databricks(tables, schema=schema, catalog=catalog)
    if kind == "bigquery":
        endpoint = project.s3.endpoint if project.s3 else ""
        return sql.bigquery(
            [replace(t, folder=google_address(t.folder, endpoint=endpoint)) for t in tables],
            schema=schema,
            project=str(settings.get("project") or ""),
            location=str(settings.get("location") or "US"),
            access=access,
        )
    external = f"{project.settings.warehouse.schema_prefix}{sql.ACCESS}"
    said = sql.redshift_schemas(schema, external=external, access=access)
    for table in tables:
        listed = list_files(lake, table, name=f"{table.label}-at-{table.version}")
        manifests |= listed
        said += sql.redshift(table, list(listed), external=external)
    return said


def google_address(folder: str, *, endpoint: str) -> str:
    """A folder as BigQuery knows it: Google's own buckets have another scheme there.

    Args:
        folder: Its `s3://` address.
        endpoint: The server by which the lake reaches it.
    """
    is_google = endpoint.rstrip("/").endswith(GOOGLE)
    return folder.replace("s3://", "gs://", 1) if is_google else folder
