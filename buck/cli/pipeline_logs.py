"""`buck pipeline logs`."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.options import AsJson, PipelineName, read_since
from buck.cli.pipeline import group
from buck.cli.render import MARKS, mark, say, show, show_json, show_json_line
from buck.errors import ConfigError

if TYPE_CHECKING:
    from buck.records.run import Event


FOR_PROGRAMS = frozenset(
    {"config", "lake_versions", "load_id", "marks_to", "metrics", "nodes", "pid", "host"}
)
"""Facts that fill a screen and are read by programs, from --json."""
FIGURES = frozenset({"table_measured", "nodes_timed"})
WELL = frozenset({"passed", "unjudged"})
"""Hundreds in every run; how many there were is told with their step."""
OFTEN_NONE = frozenset({"rows_quarantined", "rows_unchanged"})


@group.command("logs")
def logs(
    context: typer.Context,
    name: PipelineName,
    day: Annotated[
        str | None, typer.Option("--date", help="Runs that started on this day (UTC).")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="Only what happened since: 2h, or a time (ISO 8601, UTC)."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until interrupted; with --json, JSON lines.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a pipeline's runs recorded, step by step."""
    from buck.flow.history import follow_logs, read_logs

    try:
        on = date.fromisoformat(day) if day else None
    except ValueError as exc:
        raise ConfigError(f"{day!r} is not a day", hint="write --date 2026-01-31") from exc
    project, after = context.obj.project(), read_since(since)
    shown = _Shown()
    if follow:
        for event in follow_logs(project, name, since=after):
            if as_json:
                show_json_line(event.to_dict())
            else:
                shown.add(event)
        return
    events = read_logs(project, name, day=on, since=after)
    if as_json:
        show_json([event.to_dict() for event in events])
        return
    for event in events:
        shown.add(event)
    if events:
        say("next: --json has everything: checks that passed, marks, versions, figures")
    else:
        within = f" on {day}" if day else f" since {since}" if since else ""
        say(f"nothing of {name} is recorded{within}")


class _Shown:
    """One line for each event, below a line for its run."""

    def __init__(self) -> None:
        self._run_id = ""

    def add(self, event: Event) -> None:
        """Show an event, unless it only says that something is well."""
        if event.kind in FIGURES or (event.kind == "check_judged" and event.status in WELL):
            return
        if event.run_id != self._run_id:
            self._run_id = event.run_id
            show(f"run {event.run_id} of {event.pipeline}")
        facts = [f"{k}={_text(v)}" for k, v in event.facts.items() if _is_told(k, v)]
        status = mark(event.status, err=False) if event.status in MARKS else event.status
        what = f"{event.kind:<14} {status}"
        show(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.step:<17} {what} {' '.join(facts)}".rstrip())
        sys.stdout.flush()


def _text(value: object) -> str:
    """Counts with what they count, and who let something pass instead of all that was decided."""
    if not isinstance(value, dict):
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)
    if "approved_by" in value:
        return ": ".join(filter(None, (value["approved_by"], value["reason"])))
    return ",".join(f"{number} {name}" for name, number in value.items() if number)


def _is_told(name: str, value: object) -> bool:
    """Whether a fact says something to a person."""
    if name in OFTEN_NONE and value == 0:
        return False
    if name == "rows" and isinstance(value, dict):
        return False
    return name not in FOR_PROGRAMS and value not in (None, "", {}, [])
