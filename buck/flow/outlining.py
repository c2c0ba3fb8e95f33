"""A pipeline as the project's file describes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from buck.flow.lake_access import open_lake
from buck.flow.landing import choose_sources
from buck.flow.run import BUILDING
from buck.flow.schedule import describe_missed, is_scheduling, next_due, read_paused
from buck.ledger import newest, read_events, read_runs
from buck.project import Pipeline, Project
from buck.records.freshness import duration_text
from buck.records.run import Event, RunSummary

RUNS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and the steps or pipelines it needs."""

    name: str
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PipelineOutline:
    """What a pipeline does, by which rules, and how it went last."""

    name: str
    owner: str
    steps: tuple[Step, ...]
    rules: dict[str, str]
    last: RunSummary | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"last": self.last.to_dict() if self.last else None}


def outline_pipeline(project: Project, name: str) -> PipelineOutline:
    """The steps of a pipeline in their order; reads only.

    Raises:
        ConfigError: there is no such pipeline, or its schedule cannot be read.
    """
    chosen, pipeline = project.pipeline(name)
    return PipelineOutline(
        name=chosen,
        owner=pipeline.owner or "",
        steps=tuple(_steps(project, pipeline)),
        rules=dict(_rules(project, chosen, pipeline)),
        last=newest(read_runs(open_lake(project).storage, limit=RUNS)).get(chosen),
    )


def _steps(project: Project, pipeline: Pipeline) -> Iterator[Step]:
    upstream = tuple(f"pipeline {name}" for name in pipeline.depends_on)
    sources = tuple(f"land {source}" for source in choose_sources(project, pipeline.sources))
    for source in sources:
        yield Step(source, upstream)
    before = sources or upstream
    for name in BUILDING:
        yield Step(name, before)
        before = (name,)


def _last_latency(project: Project, name: str) -> str:
    """How long the newest run took since it was due, and what its readers waited for an event."""
    storage = open_lake(project).storage
    own = [e for e in read_events(storage, since_runs=RUNS) if e.pipeline == name]
    ended = next((e for e in reversed(own) if "since_due_s" in e.facts), None)
    if ended is None:
        return ""
    told = f"; the newest run ended {_seconds(ended, 'since_due_s')} after it was due or began"
    seen = [e for e in own if e.run_id == ended.run_id and "event_latency_s" in e.facts]
    waited = f", {_seconds(seen[-1], 'event_latency_s')} after its newest event" if seen else ""
    return told + waited


def _seconds(event: Event, name: str) -> str:
    return duration_text(max(1, round(event.facts[name])))


def _if_somebody_does(project: Project) -> str:
    engine = project.settings.orchestration.engine
    if engine != "builtin":
        return f", by {engine}"
    return "" if is_scheduling(project) else ", if a scheduler runs then; none does now"


def _rules(project: Project, name: str, pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    if pipeline.select:
        yield "models", pipeline.select
    if pipeline.checks.strict:
        yield "warnings that close the gate", ", ".join(pipeline.checks.strict)
    retries = pipeline.retries
    if retries.count:
        yield "retries", f"{retries.count}, from {retries.delay} to {retries.max_delay} apart"
    if pipeline.timeout:
        yield "timeout", pipeline.timeout
    if pipeline.sla:
        yield "published within", f"{pipeline.sla}{_last_latency(project, name)}"
    schedule = project.settings.orchestration.schedules.get(name)
    if schedule is None:
        return
    yield "schedule", f"{schedule.cron} ({schedule.timezone}); {describe_missed(schedule)}"
    yield "next", f"{next_due(schedule):%Y-%m-%d %H:%M} UTC{_if_somebody_does(project)}"
    if since := read_paused(project).get(name):
        yield "paused", f"since {since}"
