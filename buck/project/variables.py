"""The process's environment: the only place where it is read or written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from buck.errors import ConfigError

QUIET = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "SODA_CORE_TELEMETRY_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


def read_variables(root: Path, sandbox: Path | None) -> dict[str, str]:
    """What references may use: the sandbox's values, over them `.env`, then the environment."""
    found: dict[str, str] = {}
    if sandbox is not None:
        found |= read_sandbox(sandbox)
    env_file = root / ".env"
    if env_file.is_file():
        from dotenv import dotenv_values

        try:
            _refuse_broken_lines(env_file)
            found |= {k: v for k, v in dotenv_values(env_file).items() if v is not None}
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(
                f".env cannot be read: {type(exc).__name__}", hint="save it as UTF-8"
            ) from exc
    return found | dict(os.environ)


def _refuse_broken_lines(env_file: Path) -> None:
    """Python-dotenv would pass over them with a warning; what stands there is told to nobody."""
    from dotenv.parser import parse_stream

    with env_file.open(encoding="utf-8") as text:
        for one in parse_stream(text):
            if one.error:
                raise ConfigError(
                    f".env: line {one.original.line} cannot be read", hint="write NAME=value"
                )


def read_sandbox(file: Path) -> dict[str, str]:
    """The variables of a running sandbox; none if it is not up."""
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(k): str(v) for k, v in loaded.items()} if isinstance(loaded, dict) else {}


def variable_origin(name: str, *, root: Path, sandbox: Path | None) -> str:
    """Where a variable's value would be taken from; empty if nothing says it."""
    if name in os.environ:
        return "the environment"
    if name in read_variables(root, None):
        return ".env"
    if sandbox is not None and name in read_sandbox(sandbox):
        return "the sandbox"
    return ""


def is_sandboxed(sandbox: Path, variables: Mapping[str, str]) -> bool:
    """Whether every variable the sandbox offers is the one that would be used."""
    offered = read_sandbox(sandbox)
    return bool(offered) and all(variables.get(k) == v for k, v in offered.items())


def wants_colour() -> bool:
    """Whether a terminal may be written to in colour: not with `NO_COLOR`, nor on a dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def quiet_dependencies(work: Path) -> None:
    """Turn the telemetry of dlt, dbt and Soda off, and keep their files inside the project."""
    os.environ.update(QUIET)
    os.environ.setdefault("DLT_DATA_DIR", str(work / "dlt"))
    os.environ.setdefault("DLT_PROJECT_DIR", str(work / "dlt"))


def export(values: Mapping[str, str]) -> None:
    """Set variables for libraries that read their settings from the environment alone (dbt)."""
    os.environ.update(values)
