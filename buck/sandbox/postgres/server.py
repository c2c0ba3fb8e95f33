"""A private PostgreSQL server: one folder, one port on the loopback, gone with its owner."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from buck.errors import SandboxError
from buck.sandbox.postgres.cluster import USER, clear_folder, init_data
from buck.sandbox.postgres.installation import Attempt, plan_attempts

HOST = "127.0.0.1"
DATABASE = "app"
SETTINGS = {
    "listen_addresses": HOST,
    # A path of a deep project folder exceeds what a socket's name may hold; TCP has no such limit.
    "unix_socket_directories": "",
    "wal_level": "logical",
    "max_wal_senders": "8",
    "max_replication_slots": "8",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "max_wal_size": "256MB",
    # The data is generated again whenever it is lost, so durability would only cost time.
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
PORT_TRIES = 5


@dataclass(slots=True)
class PostgresServer:
    """A running server; make one with `start_server`."""

    folder: Path
    port: int
    password: str = field(repr=False)
    attempt: Attempt
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.process.pid

    def url(self) -> str:
        """The address of the application's database, the password in it."""
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{DATABASE}"

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A new connection in autocommit mode, in UTC.

        Raises:
            SandboxError: the server does not answer.
        """
        try:
            return _open_connection(self.port, self.password, database=database)
        except psycopg.OperationalError as exc:
            raise SandboxError(
                f"the sandbox's PostgreSQL server on port {self.port} does not answer: {exc}",
                hint=f"see {self.folder / 'postgres.log'}",
            ) from exc

    def is_alive(self) -> bool:
        """Whether the process is there; it may still be starting."""
        return self.process.poll() is None

    def stop(self, *, patience_s: float = 10.0) -> None:
        """End the server and wait for it: politely first, at once when that takes too long."""
        for number, wait_s in ((signal.SIGINT, patience_s), (signal.SIGQUIT, 5.0)):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=wait_s)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=5)
        if self.process.stdin is not None:
            self.process.stdin.close()


def start_server(
    folder: Path,
    *,
    password: str,
    port: int = 0,
    database: str = DATABASE,
    attempts: Sequence[Attempt] | None = None,
    wait_s: float = 30.0,
) -> PostgresServer:
    """A fresh, empty server with its data in `folder`, answering on the loopback.

    Whatever an earlier server left in the folder is ended and removed. The server ends when the
    calling thread does, so call it from a thread that lives as long as the server is wanted.

    Args:
        folder: Holds `data/` and `postgres.log`; made when missing.
        password: Of the only user.
        port: Tried first when not 0; the system chooses otherwise.
        database: Its name; there are no tables in it.
        attempts: Ways to run the programs, best first; by default all that may work here.
        wait_s: How long one start may take.

    Raises:
        SandboxError: none of the ways works; each one's reason is in the message.
    """
    folder = folder.resolve()
    reasons: list[str] = []
    clear_folder(folder)
    ways = plan_attempts(folder) if attempts is None else list(attempts)
    for attempt in ways:
        clear_folder(folder)
        reason = init_data(folder, attempt, password)
        if reason is None:
            try:
                return _start_on_some_port(
                    folder,
                    attempt,
                    password=password,
                    port=port,
                    database=database,
                    wait_s=wait_s,
                )
            except SandboxError as exc:
                reason = exc.what
        reasons.append(f"{attempt}: {reason}")
    raise SandboxError(
        "no way to run PostgreSQL works here: " + "; ".join(reasons),
        hint="run as an ordinary user, or install a PostgreSQL server (apt-get install postgresql)",
    )


def _start_on_some_port(
    folder: Path, attempt: Attempt, *, password: str, port: int, database: str, wait_s: float
) -> PostgresServer:
    # Between choosing a free port and the server taking it somebody else may: then choose again.
    candidates = [port] if port else []
    reason = ""
    for _ in range(PORT_TRIES):
        chosen = candidates.pop() if candidates else _find_free_port()
        server = _launch(folder, attempt, password=password, port=chosen)
        reason = _wait_until_ready(server, database, wait_s=wait_s)
        if not reason:
            return server
        server.stop(patience_s=0.5)
        if "could not create any TCP/IP sockets" not in reason:
            break
    raise SandboxError(reason, hint=f"see {folder / 'postgres.log'}")


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _launch(folder: Path, attempt: Attempt, *, password: str, port: int) -> PostgresServer:
    arguments = ["-D", str(folder / "data")]
    for name, value in {**SETTINGS, "port": str(port)}.items():
        arguments += ["-c", f"{name}={value}"]
    # The log is opened here, so that the server may write to it whoever it runs as.
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            attempt.command("postgres", arguments, tied=True),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return PostgresServer(folder, port, password, attempt, process)


def _wait_until_ready(server: PostgresServer, database: str, *, wait_s: float) -> str:
    """Wait for the first answer and make the database; the reason why not, or ''."""
    give_up_at = time.monotonic() + wait_s
    while server.is_alive():
        try:
            with _open_connection(server.port, server.password, database="postgres") as connection:
                if not _is_ours(connection, server.folder):
                    time.sleep(0.03)
                    continue
                connection.execute(f"create database {database} template template0")
        except psycopg.OperationalError as exc:
            if time.monotonic() > give_up_at:
                return f"no answer on port {server.port} within {wait_s:g} s: {exc}"
            time.sleep(0.03)
        else:
            return ""
    return _fatal_line(server.folder / "postgres.log")


def _is_ours(connection: psycopg.Connection, folder: Path) -> bool:
    """Whether it is this folder's server that answers, and not another one on the same port."""
    row = connection.execute("show data_directory").fetchone()
    return row is not None and row[0] == str(folder / "data")


def _fatal_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL" in line or "route " in line]
    return (fatal or lines or ["the server ended without a message"])[-1]


def _open_connection(port: int, password: str, *, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=HOST,
        port=port,
        user=USER,
        password=password,
        dbname=database,
        sslmode="disable",
        gssencmode="disable",
        connect_timeout=5,
        autocommit=True,
        options="-c timezone=UTC",
    )
