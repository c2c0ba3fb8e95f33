"""What happened: runs, their events, and what is published."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from buck.flow.lake_access import open_lake
from buck.lake import SnapshotStore
from buck.ledger import new_objects, read_events, read_object, read_runs
from buck.project import Project
from buck.records.run import Event, RunSummary

POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """The newest runs, newest first, and the published snapshot."""

    runs: tuple[RunSummary, ...]
    snapshot: str
    as_of: datetime | None
    published_at: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "snapshot": self.snapshot or None,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "runs": [run.to_dict() for run in self.runs],
        }


def read_status(project: Project, *, limit: int) -> ProjectStatus:
    """The project as its ledger and its snapshots tell it; reads only."""
    storage = open_lake(project).storage
    current = SnapshotStore(storage).current()
    return ProjectStatus(
        runs=tuple(read_runs(storage, limit=limit)),
        snapshot=current.id if current else "",
        as_of=current.as_of if current else None,
        published_at=current.published_at if current else None,
    )


def read_logs(
    project: Project, pipeline: str, *, day: date | None = None, since: datetime | None = None
) -> list[Event]:
    """A pipeline's recorded events in order, of one day's runs or since a moment.

    Commands that record themselves have names too, as `buck pipeline status` shows them: `land
    stripe`, `quarantine drop`.

    Raises:
        ConfigError: there is no such pipeline, and nothing is recorded under the name.
    """
    events = read_events(open_lake(project).storage, pipeline=pipeline, day=day)
    if not events:
        project.pipeline(pipeline)
    return [e for e in events if since is None or e.at >= since]


def follow_logs(
    project: Project, pipeline: str, *, since: datetime | None = None
) -> Iterator[Event]:
    """A pipeline's events since a moment (now, if none is given), then those to come, for ever.

    An event is there when its step is over; each comes once.

    Raises:
        ConfigError: there is no such pipeline.
    """
    project.pipeline(pipeline)
    storage = open_lake(project).storage
    start = since or datetime.now(UTC)
    seen: set[str] = set()
    day = None if since else start.date()
    while True:
        for name in new_objects(storage, seen, since=day):
            seen.add(name)
            for event in read_object(storage, name):
                if event.pipeline == pipeline and event.at >= start:
                    yield event
        time.sleep(POLL_S)
