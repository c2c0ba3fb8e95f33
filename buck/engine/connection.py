"""Connections to DuckDB: settings, extensions, and errors in Buck's words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine.extensions import install_extensions
from buck.errors import LakeDamaged, LakeError, LakeLocked, QueryRefused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


FULL = ("No space left", "File too large", "Disk quota exceeded")
UNREADABLE = (
    "Failed to read file",
    "No magic bytes",
    "Footer length error",
    "TProtocolException",
    "too small to be a Parquet file",
)


def connect(
    database: Path | None = None,
    *,
    work: Path,
    read_only: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> DuckDBPyConnection:
    """A DuckDB connection that neither downloads nor writes outside `work` and `database`.

    Args:
        database: The database file; in memory if None.
        work: The project's private folder, for extensions and spilled data.
        read_only: Open the file so that others may read it too.
        threads: How many threads to use; DuckDB's choice if None.
        memory_limit: For example `4GB`; DuckDB's choice if None.

    Raises:
        LakeLocked: another process holds the file for writing.
        LakeDamaged: the file is not a database this DuckDB can read.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "extension_directory": str(work / "extensions"),
        "autoinstall_known_extensions": "false",
        "allow_persistent_secrets": "false",
        "temp_directory": str(work / "spill"),
    }
    if threads:
        config["threads"] = str(threads)
    if memory_limit:
        config["memory_limit"] = memory_limit
    work.mkdir(parents=True, exist_ok=True)
    with translate_errors():
        target = ":memory:" if database is None else str(database)
        con = duckdb.connect(target, read_only=read_only, config=config)
        row = con.execute("pragma platform").fetchone()
        install_extensions(work / "extensions", str(row[0] if row else ""), duckdb.__version__)
        con.execute("set TimeZone = 'UTC'")
    return con


def connect_frugal(*, work: Path) -> DuckDBPyConnection:
    """An in-memory connection for loads: what does not fit into 512 MB is spilled into `work`.

    At most four threads, because each of them wants memory of its own.
    """
    threads = min(4, os.cpu_count() or 1)
    return connect(work=work, threads=threads, memory_limit="512MB")


@contextmanager
def sql_errors() -> Iterator[None]:
    """Say that a user's SQL is wrong, in DuckDB's own words."""
    import duckdb

    try:
        with translate_errors():
            yield
    except duckdb.Error as exc:
        raise QueryRefused(
            str(exc).strip(),
            hint='tables: `buck query "select table_schema, table_name '
            'from information_schema.tables"`',
        ) from exc


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn DuckDB's errors about files into Buck's; errors in SQL text stay DuckDB's own."""
    import duckdb

    try:
        yield
    except duckdb.IOException as exc:
        text = str(exc)
        if "could not set lock" in text.lower() or "conflicting lock" in text.lower():
            held = re.search(r"PID (\d+)", text)
            who = f"process {held.group(1)}" if held else "another process"
            raise LakeLocked(
                f"the database is being written by {who}",
                hint="wait for it, or see `buck pipeline status`",
            ) from exc
        if any(sign in text for sign in FULL):
            raise LakeError("the disk is full", hint="free some space and run again") from exc
        raise LakeDamaged(text.splitlines()[0], hint="buck doctor") from exc
    except duckdb.InvalidInputException as exc:
        if any(sign in str(exc) for sign in UNREADABLE):
            raise LakeDamaged(str(exc).splitlines()[0], hint="buck doctor") from exc
        raise
    except duckdb.OutOfMemoryException as exc:
        raise LakeError(
            f"not enough memory or spill space: {str(exc).splitlines()[0]}",
            hint="free disk space, or raise performance.memory_limit in .buck.yml",
        ) from exc
