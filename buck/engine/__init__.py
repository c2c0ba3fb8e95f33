"""The one door to DuckDB: every connection of the toolkit is opened here."""

from buck.engine.connection import connect, connect_frugal, sql_errors, translate_errors
from buck.engine.extensions import install_extensions
from buck.engine.postgres import (
    PostgresAddress,
    attach_postgres,
    parse_address,
    postgres_errors,
    target_address,
)
from buck.engine.rows import Rows
from buck.engine.texts import joined_texts

__all__ = [
    "PostgresAddress",
    "Rows",
    "attach_postgres",
    "connect",
    "connect_frugal",
    "install_extensions",
    "joined_texts",
    "parse_address",
    "postgres_errors",
    "sql_errors",
    "target_address",
    "translate_errors",
]
