"""What `.buck.yml` says that this Buck does otherwise, each with what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from buck.project.settings import Settings


@dataclass(frozen=True, slots=True)
class Notice:
    """One value and what became of it."""

    path: str
    value: str
    meaning: str
    instead: str = ""
    """What to write so that the file says what happens; empty if the value is simply obeyed."""


NOT_YET = {
    "dbt.models.marts": "kept; each mart says itself how it is built",
}
"""Sections that are read and checked, but that no command of this version acts on yet."""


def read_notices(settings: Settings, origins: Mapping[str, str]) -> tuple[Notice, ...]:
    """The values a reader of the file should know about, in the file's order."""
    return (*_notices(settings), *_kept(origins))


def _kept(origins: Mapping[str, str]) -> Iterator[Notice]:
    for prefix, meaning in NOT_YET.items():
        if any(key == prefix or key.startswith(f"{prefix}.") for key in origins):
            yield Notice(prefix, "set", meaning)


def _notices(settings: Settings) -> Iterator[Notice]:
    if settings.warehouse.type != "duckdb":
        yield Notice(
            "warehouse.type",
            settings.warehouse.type,
            "models are built and checked on DuckDB; this warehouse is written only by a command "
            "that names it",
        )
    if settings.dbt.target != "duckdb":
        yield Notice(
            "dbt.target",
            settings.dbt.target,
            "used only by a command that names a target or an environment",
        )
    for name, source in settings.sources.items():
        if source.connector in ("fivetran", "airbyte"):
            address = source.options.get("address")
            yield Notice(
                f"sources.{name}.connector",
                source.connector,
                f"{source.connector} lands this source; Buck only reads its tables"
                + (f" in {address}" if address else ", once it is told where"),
                ""
                if address
                else f"connector: dlt, to let Buck land it, or sources.{name}.options.address",
            )
        elif source.connector == "debezium" or source.mode == "cdc":
            yield Notice(
                f"sources.{name}.mode",
                source.mode,
                "change data capture is not part of this version; the source is not landed",
                "connector: dlt and mode: batch",
            )
    if settings.data_quality.engine == "great_expectations":
        yield Notice(
            "data_quality.engine",
            "great_expectations",
            "checks are written in SodaCL and run by Soda",
            "engine: soda",
        )
    alerts = settings.orchestration.alerts
    for key, value, needed in (
        ("slack_channel", alerts.slack_channel, "slack_webhook"),
        ("email", alerts.email, "smtp_url"),
    ):
        if value and not getattr(alerts, needed):
            yield Notice(
                f"orchestration.alerts.{key}",
                value,
                f"kept; nothing is sent there without orchestration.alerts.{needed}",
            )
    if settings.orchestration.engine != "builtin":
        yield Notice(
            "orchestration.engine",
            settings.orchestration.engine,
            "schedules are kept for that engine; `buck schedule start` works without it",
        )
