"""A backfill in parts: a range cut by the calendar, and what of it earlier, broken runs have done.

The ledger is the only memory: a part is done when its step in a run for the same range has ended
well. What a killed run had landed of a part is landed again and found known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from buck.flow.lake_access import open_lake
from buck.flow.landing import choose_sources
from buck.lake import Lake
from buck.ledger import read_events
from buck.project import Project
from buck.records.backfill import BackfillPart
from buck.records.load import TimeRange
from buck.records.run import Event, Status

Granularity = Literal["hour", "day", "month", "year"]
RUNS = 200
"""Runs looked through for earlier ones of the same range."""
BROKEN = (Status.FAILED, Status.CANCELLED, Status.INTERRUPTED)


@dataclass(slots=True)
class Progress:
    """What runs for one range have done so far."""

    done: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """Source and part to the run that landed it, and its new rows."""
    failed: dict[str, str] = field(default_factory=dict)
    """Part to what went wrong, as of the newest run."""


def split_span(span: TimeRange, granularity: Granularity) -> tuple[TimeRange, ...]:
    """The range cut where hours, days, months or years (UTC) begin, oldest part first."""
    parts = []
    start_at = span.start_at
    while start_at < span.end_at:
        end_at = min(_next_start(start_at, granularity), span.end_at)
        parts.append(TimeRange(start_at, end_at))
        start_at = end_at
    return tuple(parts)


def part_name(part: TimeRange) -> str:
    """A part as steps and grids call it."""
    form = "%Y-%m-%d"
    if any((at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0) for at in _ends(part)):
        form = "%Y-%m-%dT%H:%M:%S"
    return "..".join(f"{at:{form}}" for at in _ends(part))


def find_progress(
    lake: Lake, pipeline: str, span: TimeRange, tables: Sequence[str], *, with_ended: bool = False
) -> Progress:
    """What broken runs of a pipeline for exactly this range have done since the last that ended.

    A run that the gate stopped has ended: what was bad may have been repaired in the source.

    Args:
        lake: The lake.
        pipeline: The pipeline.
        span: The whole range.
        tables: The tables it was limited to.
        with_ended: The newest run counts also if it came to its end.
    """
    progress = Progress()
    for number, events in enumerate(_runs(lake, pipeline, span, tables)):
        last = events[-1]
        has_ended = last.kind == "run_finished" and last.status not in BROKEN
        if has_ended and (number or not with_ended):
            break
        for event in events:
            told = event.facts.get("part")
            if event.kind != "step_finished" or not told:
                continue
            key = (str(event.facts["source"]), str(told))
            if event.status == Status.OK and key not in progress.done:
                progress.done[key] = (event.run_id, int(event.facts.get("rows_landed", 0)))
            elif event.status == Status.FAILED and not number:
                progress.failed[key[1]] = _error_of(events, event.step)
    return progress


def read_grid(
    project: Project, name: str, span: TimeRange, *, tables: Sequence[str] = ()
) -> list[BackfillPart]:
    """What of a range is done, failed and left; nothing is landed.

    Raises:
        ConfigError: there is no such pipeline.
    """
    chosen, pipeline = project.pipeline(name)
    sources = choose_sources(project, pipeline.sources)
    if tables:
        named = {table.partition(".")[0] for table in tables}
        sources = [source for source in sources if source in named]
    found = find_progress(open_lake(project), chosen, span, tables, with_ended=True)
    granularity = project.settings.performance.partitioning.default_granularity
    return [_part(part, sources, found) for part in split_span(span, granularity)]


def _part(part: TimeRange, sources: Sequence[str], found: Progress) -> BackfillPart:
    name = part_name(part)
    done = {s: found.done[s, name] for s in sources if (s, name) in found.done}
    runs = {source: run for source, (run, _) in done.items()}
    rows = sum(rows for _, rows in done.values())
    if len(done) == len(sources):
        return BackfillPart(part, "done", rows, runs)
    if name in found.failed:
        return BackfillPart(part, "failed", rows, runs, found.failed[name])
    return BackfillPart(part, "left", rows, runs)


def _runs(
    lake: Lake, pipeline: str, span: TimeRange, tables: Sequence[str]
) -> Iterator[list[Event]]:
    """The events of each run for exactly this range, newest run first."""
    by_run: dict[str, list[Event]] = {}
    for event in read_events(lake.storage, since_runs=RUNS):
        by_run.setdefault(event.run_id, []).append(event)
    for run_id in sorted(by_run, reverse=True):
        events = by_run[run_id]
        begun = events[0].facts
        is_same = begun.get("span") == str(span) and begun.get("span_tables", []) == sorted(tables)
        if events[0].pipeline == pipeline and is_same:
            yield events


def _error_of(events: Sequence[Event], step: str) -> str:
    told = (e.facts.get("message") for e in events if e.kind == "error" and e.step == step)
    return str(next(told, ""))


def _ends(part: TimeRange) -> tuple[datetime, datetime]:
    return part.start_at, part.end_at


def _next_start(at: datetime, granularity: Granularity) -> datetime:
    """When the hour, day, month or year after the one of a moment begins."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if granularity == "hour":
        return hour + timedelta(hours=1)
    day = hour.replace(hour=0)
    if granularity == "day":
        return day + timedelta(days=1)
    if granularity == "month":
        # Every month is over 32 days after its first.
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day.replace(year=at.year + 1, month=1, day=1)
