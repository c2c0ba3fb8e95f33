"""Which incidents a run opens, which go on, and which are over. No clock, no channel."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from buck.records.alert import Incident, Kind


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that is wrong at the end of a run."""

    subject: str
    kind: Kind
    owner: str


def advance(
    before: Sequence[Incident],
    wrong: Sequence[Standing],
    judged: Collection[str],
    *,
    pipeline: str,
    run_id: str,
    at: datetime,
) -> list[Incident]:
    """The incidents after a run: those that go on, those that are over, and new ones.

    What is wrong already belongs to one incident, so a second run that finds it opens none. An
    incident is over when none of its subjects is wrong any more and this run looked at all of
    them; a failure that became a warning is over too, and the warning is an incident of its own.

    Args:
        before: After the run before, also those that are over and were not told yet.
        wrong: What is wrong now.
        judged: Every subject that this run looked at.
        pipeline: The run's.
        run_id: The run's.
        at: The run's end.
    """
    now = {(s.subject, s.kind) for s in wrong}
    kept: list[Incident] = []
    known: set[tuple[str, Kind]] = set()
    for incident in before:
        if incident.recovered_at:
            kept.append(incident)
            continue
        standing = [s for s in incident.subjects if (s, incident.kind) in now]
        unknown = [s for s in incident.subjects if s not in judged]
        if standing or unknown:
            seen = incident.runs + bool(standing)
            kept.append(replace(incident, runs=seen))
            known |= {(s, incident.kind) for s in incident.subjects}
        else:
            kept.append(replace(incident, recovered_at=at.isoformat()))
    return kept + _opened(wrong, known, pipeline=pipeline, run_id=run_id, at=at)


def _opened(
    wrong: Sequence[Standing],
    known: Collection[tuple[str, Kind]],
    *,
    pipeline: str,
    run_id: str,
    at: datetime,
) -> list[Incident]:
    """One incident per owner and kind, whatever number of things is wrong."""
    fresh: dict[tuple[str, Kind], list[str]] = {}
    for standing in wrong:
        if (standing.subject, standing.kind) not in known:
            fresh.setdefault((standing.owner, standing.kind), []).append(standing.subject)
    return [
        Incident(
            id=hashlib.sha256(f"{run_id}/{owner}/{kind}".encode()).hexdigest()[:12],
            kind=kind,
            owner=owner,
            pipeline=pipeline,
            subjects=tuple(sorted(set(subjects))),
            opened_at=at.isoformat(),
            title="",
        )
        for (owner, kind), subjects in fresh.items()
    ]


def held_back(sent: Mapping[str, Sequence[datetime]], *, at: datetime, limit: int) -> set[str]:
    """Channels that have had their share within the last hour."""
    since = at - timedelta(hours=1)
    return {channel for channel, times in sent.items() if sum(t > since for t in times) >= limit}
