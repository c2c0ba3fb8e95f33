"""PostgreSQL through DuckDB's scanner: attach read-only, and say its errors in Buck's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from buck.errors import ConfigError, LakeError, SourceDenied, SourceUnreachable
from buck.names import identifier, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where a database is and who asks; `options` are libpq's, such as `sslmode`."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    options: Mapping[str, str]

    @property
    def server(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


def parse_address(url: str) -> PostgresAddress:
    """The parts of `postgresql://user:password@host:port/database?sslmode=require`.

    Raises:
        ConfigError: it is something else; the message does not repeat it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 5432
    except ValueError:
        host, port = None, 0
    # Without the cause: the standard library's message repeats a part of the address.
    if host is None or parts.scheme not in ("postgres", "postgresql"):
        raise ConfigError(
            "the database address is not a postgresql:// URL",
            hint="write postgresql://user:password@host:5432/database; in the password, "
            "write % as %25, / as %2F, # as %23 and ? as %3F",
        )
    return PostgresAddress(
        host=host,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")),
        options=dict(parse_qsl(parts.query)),
    )


def target_address(settings: Mapping[str, object]) -> PostgresAddress:
    """Where a dbt target of type postgres is; the settings are its entry of profiles.yml."""
    return PostgresAddress(
        host=str(settings.get("host")),
        port=int(str(settings.get("port", 5432))),
        user=str(settings.get("user")),
        password=str(settings.get("password") or settings.get("pass") or ""),
        database=str(settings.get("dbname") or settings.get("database")),
        options={"sslmode": str(settings.get("sslmode") or "prefer")},
    )


def attach_postgres(con: DuckDBPyConnection, alias: str, address: PostgresAddress) -> None:
    """Attach a PostgreSQL database, read-only, under `alias`.

    The password goes into a DuckDB secret, so that no error message can repeat it.

    Raises:
        SourceUnreachable: the server does not answer.
    """
    given = {
        "type": "postgres",
        "host": address.host,
        "port": str(address.port),
        "user": address.user,
        "password": address.password,
        "database": address.database,
    }
    body = ", ".join(f"{key} {literal(value)}" for key, value in given.items() if value)
    secret = identifier(f"{alias}_secret")
    options = " ".join(f"{key}={value}" for key, value in address.options.items())
    with postgres_errors(address.server):
        con.execute("load postgres_scanner")
        con.execute(f"create or replace secret {secret} ({body})")
        con.execute(
            f"attach {literal(options)} as {identifier(alias)} "
            f"(type postgres, secret {secret}, read_only)"
        )


@contextmanager
def postgres_errors(server: str) -> Iterator[None]:
    """Turn the scanner's errors into Buck's."""
    import duckdb

    try:
        yield
    except duckdb.Error as exc:
        text = str(exc)
        first = text.splitlines()[0]
        if "No space left" in text:
            raise LakeError("the disk is full", hint="free some space and run again") from exc
        if "permission denied" in text:
            raise SourceDenied(
                f"PostgreSQL at {server}: {first}", hint="grant select on the table to this role"
            ) from exc
        raise SourceUnreachable(
            f"PostgreSQL at {server}: {first}", hint="check the address, or `buck doctor`"
        ) from exc
