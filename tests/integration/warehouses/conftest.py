"""A PostgreSQL server of the tests' own, as the warehouse beside the lake."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from buck.sandbox.postgres.server import PostgresServer, start_server

PASSWORD = "canary-7f3a"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = start_server(
        tmp_path_factory.mktemp("warehouse"), password=PASSWORD, database="warehouse"
    )
    yield server
    server.stop()


@pytest.fixture(scope="session")
def access(server: PostgresServer) -> dict[str, str]:
    """What a person sets in the environment to reach it."""
    return {
        "BUCK_POSTGRES_HOST": "127.0.0.1",
        "BUCK_POSTGRES_PORT": str(server.port),
        "BUCK_POSTGRES_USER": "buck",
        "BUCK_POSTGRES_DATABASE": "warehouse",
        "BUCK_POSTGRES_SSLMODE": "disable",
        "BUCK_WAREHOUSE_THREADS": "2",
        "DBT_ENV_SECRET_POSTGRES_PASSWORD": PASSWORD,
    }


@pytest.fixture
def connection(server: PostgresServer) -> Iterator[psycopg.Connection]:
    with server.connect("warehouse") as connection:
        yield connection
