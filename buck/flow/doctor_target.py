"""What a warehouse needs before models are built there, and what of it is missing.

Nothing is connected to before everything that is needed is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from buck.errors import BuckError
from buck.flow.building import workspace
from buck.flow.doctor import Finding
from buck.project import Project
from buck.transform import DbtWorkspace, Reply


@dataclass(frozen=True, slots=True)
class Need:
    """One setting of a target, as `transform/profiles.yml` reads it."""

    key: str
    variable: str
    """Where its value comes from."""
    how: str
    """How to get one."""
    placeholder: str = ""
    """What stands there if nobody has said anything, so that the project can be parsed."""
    is_optional: bool = False
    """The placeholder may be meant."""
    is_secret: bool = False


NEEDS: Final[Mapping[str, tuple[Need, ...]]] = {
    "postgres": (
        Need("host", "BUCK_POSTGRES_HOST", "the server's address", "localhost", is_optional=True),
        Need("dbname", "BUCK_POSTGRES_DATABASE", "create database warehouse", is_optional=True),
        Need("user", "BUCK_POSTGRES_USER", "create role buck login password …", is_optional=True),
        Need(
            "password",
            "DBT_ENV_SECRET_POSTGRES_PASSWORD",
            "the password of that role, if it has one",
            is_optional=True,
            is_secret=True,
        ),
    ),
    "bigquery": (
        Need("project", "BUCK_BIGQUERY_PROJECT", "gcloud projects list names them", "warehouse"),
        Need("location", "BUCK_BIGQUERY_LOCATION", "EU, US or a region", "EU", is_optional=True),
    ),
    "snowflake": (
        Need(
            "account",
            "BUCK_SNOWFLAKE_ACCOUNT",
            "select current_organization_name() || '-' || current_account_name()",
            "account",
        ),
        Need("user", "BUCK_SNOWFLAKE_USER", "create user buck type = service", is_optional=True),
        Need(
            "private_key",
            "DBT_ENV_SECRET_SNOWFLAKE_KEY",
            "openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt, and alter user buck set "
            "rsa_public_key = '…'",
            is_secret=True,
        ),
        Need(
            "role",
            "BUCK_SNOWFLAKE_ROLE",
            "create role transformer; grant role transformer to user buck",
            "transformer",
            is_optional=True,
        ),
        Need(
            "warehouse",
            "BUCK_SNOWFLAKE_WAREHOUSE",
            "create warehouse transforming auto_suspend = 60; grant usage on it to the role",
            "transforming",
            is_optional=True,
        ),
        Need(
            "database",
            "BUCK_SNOWFLAKE_DATABASE",
            "create database warehouse; grant create schema on it to the role",
            "warehouse",
            is_optional=True,
        ),
    ),
    "redshift": (
        Need("host", "BUCK_REDSHIFT_HOST", "the endpoint of the workgroup or cluster", "localhost"),
        Need("user", "BUCK_REDSHIFT_USER", "create user buck password …", is_optional=True),
        Need(
            "password",
            "DBT_ENV_SECRET_REDSHIFT_PASSWORD",
            "the password of that user",
            is_secret=True,
        ),
        Need("dbname", "BUCK_REDSHIFT_DATABASE", "create database warehouse", is_optional=True),
    ),
    "databricks": (
        Need("host", "BUCK_DATABRICKS_HOST", "the workspace's address", "localhost"),
        Need(
            "http_path",
            "BUCK_DATABRICKS_PATH",
            "SQL Warehouses, the warehouse, Connection details",
            "/sql/1.0/warehouses/none",
        ),
        Need(
            "token",
            "DBT_ENV_SECRET_DATABRICKS_TOKEN",
            "Settings, Developer, Access tokens",
            is_secret=True,
        ),
        Need(
            "catalog",
            "BUCK_DATABRICKS_CATALOG",
            "create catalog warehouse",
            "warehouse",
            is_optional=True,
        ),
    ),
}
RIGHTS: Final[Mapping[str, tuple[str, str]]] = {
    "postgres": (
        "select has_database_privilege(current_database(), 'create')",
        "grant create on database … to the role",
    ),
    "redshift": (
        "select has_database_privilege(current_database(), 'create')",
        "grant create on database … to the user",
    ),
    "snowflake": (
        "select current_role() is not null and current_warehouse() is not null"
        " and current_database() is not null",
        "grant the role to the user, and usage on warehouse and database to the role",
    ),
    "bigquery": ("select true", "the role BigQuery Job User on the project"),
    "databricks": ("select current_catalog() is not null", "grant use catalog on it to the user"),
}
"""Asked once everything is there: whether schemas can be made, and what helps if not."""

BUCKETS: Final = frozenset({"redshift", "databricks"})
"""They read files from a bucket only."""
LOGIN_FILE: Final = Path(".config/gcloud/application_default_credentials.json")


def examine_target(project: Project, target: str) -> list[Finding]:
    """What a target of profiles.yml lacks; it is connected to if it lacks nothing.

    Raises:
        ConfigError: there is no such target.
    """
    from buck.transform import read_target

    space = workspace(project, project.as_of(), target=target)
    settings = read_target(space, env=project.variables)
    kind = str(settings.get("type") or "")
    found = [_package(kind), *_settings(kind, settings), *_login(project, kind, settings)]
    found += _bucket(project, kind)
    if not any(finding.status == "failed" for finding in found):
        found.append(_connection(space, kind, settings))
    found.append(_promotion(kind))
    return found


def _package(kind: str) -> Finding:
    from buck.transform import adapter_version, install_line

    installed = adapter_version(kind)
    if installed is None:
        return Finding("package", "failed", f"dbt-{kind} is not installed", install_line(kind))
    return Finding("package", "passed", f"dbt-{kind} {installed}")


def _settings(kind: str, settings: Mapping[str, Any]) -> Iterator[Finding]:
    for need in NEEDS.get(kind, ()):
        value = str(settings.get(need.key) or "")
        if value and value != need.placeholder:
            yield Finding(need.key, "passed", "is set" if need.is_secret else value)
        elif value and need.is_optional:
            yield Finding(need.key, "passed", f"{value}, as {need.variable} is not set")
        else:
            status: Literal["warned", "failed"] = "warned" if need.is_optional else "failed"
            yield Finding(need.key, status, f"{need.variable} is not set", need.how)


def _login(project: Project, kind: str, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """How BigQuery is logged in to; elsewhere it is one of the settings."""
    from buck.warehouses import is_google

    if kind != "bigquery":
        return
    endpoint = str(settings.get("api_endpoint") or "")
    method = str(settings.get("method") or "oauth")
    if endpoint and not is_google(endpoint):
        yield Finding("credentials", "passed", f"none, as {endpoint} is no address of Google's")
        return
    if method == "oauth-secrets":
        variable = "DBT_ENV_SECRET_BIGQUERY_TOKEN"
        if str(settings.get("token") or "none") != "none":
            yield Finding("credentials", "passed", f"the token of {variable}")
        else:
            how = "gcloud auth print-access-token"
            yield Finding("credentials", "failed", f"{variable} is not set", how)
        return
    if method != "oauth":
        yield Finding("credentials", "passed", f"by {method}, as profiles.yml says")
        return
    named = project.variables.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    file = Path(named) if named else Path(project.variables.get("HOME", "~")) / LOGIN_FILE
    if file.expanduser().is_file():
        yield Finding("credentials", "passed", str(file))
    else:
        yield Finding(
            "credentials",
            "failed",
            f"{file} does not exist",
            "gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
        )


def _bucket(project: Project, kind: str) -> list[Finding]:
    if kind not in BUCKETS:
        return []
    root = str(project.lake_root)
    if root.startswith("s3://"):
        return [Finding("bucket", "passed", root)]
    return [
        Finding(
            "bucket",
            "warned",
            f"the lake is at {root}, and {kind} reads raw files from a bucket only",
            "set lake.root to s3://… (docs/how-to/run-on-s3.md)",
        )
    ]


def _connection(space: DbtWorkspace, kind: str, settings: Mapping[str, Any]) -> Finding:
    from buck.transform import ask

    question, cure = RIGHTS.get(kind, ("select 1 = 1", ""))
    try:
        reply: Reply = ask(space, {"rights": question})["rights"]
    except BuckError as exc:
        return Finding("connection", "failed", exc.what, exc.hint)
    if reply.error:
        return Finding("connection", "failed", reply.error, cure)
    if not reply.rows or not reply.rows[0][0]:
        return Finding("connection", "failed", "it lets you in, and not make schemas", cure)
    where = settings.get("host") or settings.get("project") or settings.get("account") or kind
    return Finding("connection", "passed", f"{where} answers")


def _promotion(kind: str) -> Finding:
    """How far `buck promote` is to be trusted there."""
    from buck.warehouses import PROMOTABLE, SCRIPTED

    if kind == "postgres":
        return Finding("promotion", "passed", "run and proven on real servers")
    if kind in PROMOTABLE:
        return Finding("promotion", "warned", "run on an emulator only; receipts say what answered")
    if kind in SCRIPTED:
        return Finding(
            "promotion",
            "warned",
            f"only statements that load raw tables are made for {kind}; they ran on no account",
            f"buck promote --target {kind} --plan, then buck dbt build --target {kind}",
        )
    return Finding(
        "promotion",
        "warned",
        f"is not built for {kind}",
        "load raw tables by your own means, then buck dbt build",
    )
