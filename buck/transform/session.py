"""One dbt call in this process, quiet, and with nothing left open behind it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from buck.errors import TransformError
from buck.transform.overhead import spare_overhead

_HIDDEN_PREFIX = "DBT_ENV_SECRET"
# dbt keeps its flags, its adapters and its DuckDB environment in globals: one call at a time.
_ONE_AT_A_TIME = threading.Lock()

Message = Any
"""An event of dbt's own: `.info.name`, `.info.msg`, `.info.level`, `.data`."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What dbt gave back."""

    success: bool
    result: Any
    exception: BaseException | None


def preload() -> None:
    """Import dbt, which takes seconds; in a thread that can happen while sources are landing."""
    with _quiet_import():
        for name in ("dbt.cli.main", "dbt.task.build", "dbt.adapters.duckdb"):
            import_module(name)


def accepted_options(command: Sequence[str]) -> frozenset[str]:
    """The options of a dbt command such as `docs generate`, with their leading dashes.

    Raises:
        TransformError: dbt has no such command.
    """
    with _quiet_import():
        from dbt.cli.main import cli
    found: Any = cli
    for word in command:
        found = getattr(found, "commands", {}).get(word)
        if found is None:
            raise TransformError(
                f"dbt has no command {' '.join(command)!r}",
                hint="buck dbt run, test, build, seed, compile, ls or docs generate",
            )
    names = [name for option in found.params for name in (*option.opts, *option.secondary_opts)]
    return frozenset(names)


def invoke(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    on_message: Callable[[Message], None],
    manifest: Any = None,
) -> Invocation:
    """Run one dbt command to its end and close every connection it opened.

    Args:
        arguments: The command and its options.
        env: Values for `env_var()`; the process's own environment is not changed.
        on_message: Receives each of dbt's events, from dbt's worker threads too.
        manifest: A parsed project to use instead of parsing.
    """
    with _quiet_import():
        from dbt.cli.main import dbtRunner
    with _ONE_AT_A_TIME, _environment(env), _silence(), spare_overhead():
        try:
            runner = dbtRunner(manifest=manifest, callbacks=[on_message])
            answer = runner.invoke(list(arguments))
        finally:
            _close()
    if isinstance(answer.exception, KeyboardInterrupt | SystemExit):
        raise answer.exception
    return Invocation(bool(answer.success), answer.result, answer.exception)


@contextmanager
def borrow_dbt(env: Mapping[str, str]) -> Iterator[None]:
    """dbt's modules and globals for the block: quiet, alone, and closed behind it.

    Args:
        env: Values for `env_var()`, as in `invoke`.
    """
    with _quiet_import():
        from dbt.cli.main import dbtRunner  # noqa: F401  it imports all that dbt needs
        from dbt_common.clients.system import get_env
        from dbt_common.context import set_invocation_context
        from dbt_common.events.event_manager_client import cleanup_event_logger
    with _ONE_AT_A_TIME, _silence():
        # Without a call of its own, dbt would tell what it does on standard output.
        cleanup_event_logger()
        set_invocation_context({**get_env(), **env})
        try:
            yield
        finally:
            _close()


def scrub(text: str, env: Mapping[str, str]) -> str:
    """The text without the values of secret variables."""
    for name, value in env.items():
        if name.startswith(_HIDDEN_PREFIX) and value.strip():
            text = text.replace(value, "*****")
    return text


@contextmanager
def _quiet_import() -> Iterator[None]:
    # dbt 1.11 and its libraries warn about themselves while they are imported.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _silence() -> Iterator[None]:
    """Keep dbt's warnings about its own libraries and stray log records off the terminal."""
    stray = logging.NullHandler()
    root = logging.getLogger()
    # Without any handler Python prints warnings of unconfigured loggers to stderr.
    added = not root.handlers
    if added:
        root.addHandler(stray)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if added:
            root.removeHandler(stray)


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    """Let `env_var()` see the caller's values without touching the process's environment.

    dbt 1.11 reads the environment once per call through this one function; the log scrubber
    has its own. Setting the process's variables would hand secrets to every child process.
    """
    requires: Any = import_module("dbt.cli.requires")
    functions: Any = import_module("dbt_common.events.functions")
    surroundings, secrets = requires.get_env, functions.env_secrets
    ours = [
        value for name, value in env.items() if name.startswith(_HIDDEN_PREFIX) and value.strip()
    ]
    requires.get_env = lambda: {**surroundings(), **env}
    functions.env_secrets = lambda: [*secrets(), *ours]
    try:
        yield
    finally:
        requires.get_env, functions.env_secrets = surroundings, secrets


def _close() -> None:
    """Close adapters, the DuckDB environment that dbt-duckdb keeps in a global, and the log."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt_common.events.event_manager_client import cleanup_event_logger

    factory: Any = import_module("dbt.adapters.factory")
    factory.cleanup_connections()
    factory.reset_adapters()
    with DuckDBConnectionManager._LOCK:
        environment = DuckDBConnectionManager._ENV
        if environment is not None:
            # `close_all_connections` only forgets it; the file stays open until it is collected.
            environment.close()
            DuckDBConnectionManager._ENV = None
    cleanup_event_logger()
