"""Which of dbt's adapters are here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from buck.errors import ConfigError

EXTRAS = ("bigquery", "databricks", "postgres", "redshift", "snowflake")
"""Kinds of warehouses whose adapter is an extra of Buck's, by its name."""


def adapter_version(kind: str) -> str | None:
    """The version of dbt's adapter for a kind of warehouse; None if it is not installed."""
    try:
        return version(f"dbt-{kind}")
    except PackageNotFoundError:
        return None


def install_line(kind: str) -> str:
    """What brings the adapter."""
    wanted = f"'buck-lakehouse[{kind}]'" if kind in EXTRAS else f"dbt-{kind}"
    return f"pip install {wanted}"


def require_adapter(settings: Mapping[str, object]) -> None:
    """See to it that a target can be built on.

    Args:
        settings: The target's entry of profiles.yml.

    Raises:
        ConfigError: its adapter is not installed.
    """
    kind = str(settings.get("type") or "")
    if kind and adapter_version(kind) is None:
        raise ConfigError(f"dbt's adapter for {kind} is not installed", hint=install_line(kind))
