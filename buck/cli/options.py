"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.completion import complete_pipeline
from buck.errors import ConfigError

if TYPE_CHECKING:
    from buck.records.load import TimeRange

PipelineName = Annotated[
    str,
    typer.Argument(help="A pipeline of .buck.yml, or `all`.", autocompletion=complete_pipeline),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="The run's time, ISO 8601 [default: now, or the sandbox's now]."),
]
Wait = Annotated[
    float, typer.Option("--wait", help="Seconds to wait for another run of this project.")
]
FullRefresh = Annotated[
    bool,
    typer.Option("--full-refresh", help="Read sources whole again, build models from scratch."),
]

Resume = Annotated[
    bool,
    typer.Option("--continue", help="Go on with the newest run, which broke, where it broke."),
]
Due = Annotated[
    str | None,
    typer.Option("--due", help="The moment of a schedule that this run is for; it is run once."),
]

ConfirmDeletions = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm-deletions",
        metavar="TABLE",
        help="Many rows of this SOURCE.TABLE are gone, and that is meant.",
    ),
]


_A_TIME = "2026-01-31 or 2026-01-31T06:00:00+00:00"


def read_time(text: str | None) -> datetime | None:
    """The time an option gives, UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ConfigError(f"{text!r} is not a time", hint=f"write {_A_TIME}") from exc
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_since(text: str | None) -> datetime | None:
    """The moment an option gives: a time, or how long ago."""
    from buck.project import duration_s, is_duration

    if text is not None and is_duration(text):
        return datetime.now(UTC) - timedelta(seconds=duration_s(text))
    try:
        return read_time(text)
    except ConfigError as exc:
        raise ConfigError(exc.what, hint=f"write 2h or 1d for so long ago, or {_A_TIME}") from exc


def read_duration(text: str | None) -> str | None:
    """The length of time an option gives, as `.buck.yml` writes it."""
    from buck.project import is_duration

    if text is not None and not is_duration(text):
        raise ConfigError(f"{text!r} is not a duration", hint="write 30m, 2h or 1d")
    return text


def read_window(text: str | None) -> TimeRange | None:
    """The range that `START..END` names."""
    from buck.records.load import TimeRange

    if text is None:
        return None
    first, dots, last = text.partition("..")
    start_at, end_at = read_time(first), read_time(last) if dots and last else None
    if start_at is None or end_at is None or start_at >= end_at:
        raise ConfigError(
            f"{text!r} is not a range of time", hint="write --window 2026-01-01..2026-02-01"
        )
    return TimeRange(start_at, end_at)
