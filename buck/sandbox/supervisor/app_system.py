"""The application's database as one of the company's systems."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from buck.errors import SandboxError
from buck.sandbox.company.change import Change
from buck.sandbox.postgres.schema import create_schema
from buck.sandbox.postgres.server import DATABASE, HOST, PostgresServer, start_server
from buck.sandbox.postgres.writer import apply_changes, count_rows, load_changes

CLOSED = "closed"
LOADING = "loading"
"""The database's name until everything is in it, so that nobody finds it half filled."""
_ALLOW = f"alter database {DATABASE} with allow_connections %s"


class AppSystem:
    """A PostgreSQL server holding the application's tables.

    One fault: `{"closed": true}` throws every client out and lets none in.
    """

    name = "app"

    def __init__(self, folder: Path, *, password: str, port: int = 0) -> None:
        """Start an empty server; from a thread that lives as long as the server is wanted."""
        self._folder = folder
        self._password = password
        self._is_closed = False
        self._lock = threading.RLock()
        self._server: PostgresServer = start_server(
            folder, password=password, port=port, database=LOADING
        )
        self._connection: psycopg.Connection | None = None

    @property
    def ports(self) -> dict[str, int]:
        """Where it listens."""
        return {"app": self._server.port}

    @property
    def url(self) -> str:
        """The address without the password."""
        return f"postgresql://{HOST}:{self._server.port}/{DATABASE}"

    def environment(self) -> dict[str, str]:
        """What a project needs to connect."""
        return {"APP_DATABASE_URL": self._server.url()}

    def load(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Make the tables, in the state after all changes."""
        with self._lock:
            with self._server.connect(LOADING) as connection:
                create_schema(connection)
                load_changes(connection, [c for c in changes if c.system == "app"])
            with self._server.connect("postgres") as connection:
                connection.execute(f"alter database {LOADING} rename to {DATABASE}")

    def apply(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Write the changes in order."""
        with self._lock:
            apply_changes(self._connect(), [c for c in changes if c.system == "app"])

    def count_records(self) -> dict[str, int]:
        """Rows by table."""
        with self._lock:
            return count_rows(self._connect())

    def faults(self) -> list[Mapping[str, Any]]:
        """The faults made at present."""
        return [{CLOSED: True}] if self._is_closed else []

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Make one more fault.

        Raises:
            SandboxError: an unknown fault.
        """
        if dict(fault) != {CLOSED: True}:
            raise SandboxError(
                f"the app's database has no fault {dict(fault)}", hint='it has {"closed": true}'
            )
        with self._lock, self._server.connect("postgres") as connection:
            own = self._connect().info.backend_pid
            connection.execute(_ALLOW % "false")
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = %s and pid <> %s",
                (DATABASE, own),
            )
            self._is_closed = True

    def clear_faults(self) -> None:
        """Make no more faults."""
        with self._lock, self._server.connect("postgres") as connection:
            connection.execute(_ALLOW % "true")
            self._is_closed = False

    def count_activity(self) -> int:
        """A number that grows when somebody uses the database."""
        with self._lock:
            row = (
                self._connect()
                .execute("select sessions from pg_stat_database where datname = %s", (DATABASE,))
                .fetchone()
            )
        return int(row[0]) if row else 0

    def is_alive(self) -> bool:
        """Whether the server runs."""
        return self._server.is_alive()

    def restart(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """A new server on the same port, if it is still free, with everything loaded again."""
        with self._lock:
            self._forget_connection()
            self._server.stop(patience_s=1)
            self._server = start_server(
                self._folder,
                password=self._password,
                port=self._server.port,
                database=LOADING,
            )
            self._is_closed = False
            self.load(changes, now_at=now_at)

    def stop(self) -> None:
        """End the server."""
        with self._lock:
            self._forget_connection()
            self._server.stop()

    def _connect(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._server.connect()
        return self._connection

    def _own_backend(self) -> int:
        return -1 if self._connection is None else self._connection.info.backend_pid

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
