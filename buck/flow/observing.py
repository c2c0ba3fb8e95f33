"""Telling other systems of a run's start and end, if `.buck.yml` names any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from buck.errors import BuckError
from buck.flow.lake_access import open_lake
from buck.ledger import RunRecorder, read_events
from buck.names import RawTable, TableRef
from buck.observability import send_lineage, send_trace
from buck.project import Project, resolve
from buck.records.observation import ObservedRun, ObservedStep, ObservedTable, Phase
from buck.records.run import Event, Status

PHASES: Final[dict[Status, Phase]] = {
    Status.OK: "completed",
    Status.UNCHANGED: "completed",
    Status.DEGRADED: "completed",
    Status.RUNNING: "started",
    Status.CANCELLED: "aborted",
}
"""Everything else is `failed`: a closed gate, too, publishes nothing."""
UNSENT: Final = (BuckError, OSError, RuntimeError, ValueError, TypeError, AttributeError)
"""What sending can end with: the network, an address that is none, a library that has changed."""
LEFT_OUT: Final = (Status.KEPT, Status.BLOCKED)


def observe_start(project: Project, recorder: RunRecorder) -> None:
    """Send the run's first event; whatever goes wrong is recorded and changes nothing."""
    settings = project.settings.observability.openlineage
    if settings.url or settings.file:
        _attempt(recorder, "openlineage", lambda: _send_lineage(project, recorder, Status.RUNNING))


def observe_end(
    project: Project, recorder: RunRecorder, status: Status, *, error: str = ""
) -> None:
    """Send the run's last event and its trace; whatever goes wrong is recorded."""
    settings = project.settings.observability
    if settings.openlineage.url or settings.openlineage.file:
        _attempt(recorder, "openlineage", lambda: _send_lineage(project, recorder, status, error))
    if settings.opentelemetry.url:
        _attempt(recorder, "opentelemetry", lambda: _send_trace(project, recorder, status, error))


def _attempt(recorder: RunRecorder, channel: str, send: Callable[[], None]) -> None:
    try:
        send()
    except ImportError:
        why = f"not installed: pip install 'buck-lakehouse[{channel}]'"
        recorder.add("observation_sent", "failed", channel=channel, error=why)
    except UNSENT as exc:
        # Texts of the libraries may hold the address, which may be a secret.
        why = exc.what if isinstance(exc, BuckError) else type(exc).__name__
        recorder.add("observation_sent", "failed", channel=channel, error=why)
    else:
        recorder.add("observation_sent", "ok", channel=channel)


def _send_lineage(project: Project, recorder: RunRecorder, status: Status, error: str = "") -> None:
    settings = project.settings.observability.openlineage
    at = "observability.openlineage"
    send_lineage(
        _observe(project, recorder, status, error),
        namespace=settings.namespace,
        url=str(resolve(settings.url, project.variables, path=f"{at}.url")),
        api_key=str(resolve(settings.api_key, project.variables, path=f"{at}.api_key")),
        file=project.root / settings.file if settings.file else None,
    )


def _send_trace(project: Project, recorder: RunRecorder, status: Status, error: str) -> None:
    settings = project.settings.observability.opentelemetry
    at = "observability.opentelemetry"
    send_trace(
        _observe(project, recorder, status, error),
        url=str(resolve(settings.url, project.variables, path=f"{at}.url")),
        headers=resolve(settings.headers, project.variables, path=f"{at}.headers"),
        service=settings.service,
    )


def _observe(project: Project, recorder: RunRecorder, status: Status, error: str) -> ObservedRun:
    """The run as it has recorded itself so far."""
    recorder.flush()
    storage = open_lake(project).storage
    day = datetime.strptime(recorder.run_id[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    events = read_events(storage, day=day, run_id=recorder.run_id)
    begun = next(event for event in events if event.kind == "run_started")
    nominal = begun.facts.get("due_at") or begun.facts.get("as_of")
    is_start = status == Status.RUNNING
    return ObservedRun(
        run_id=recorder.run_id,
        pipeline=recorder.pipeline,
        phase=PHASES.get(status, "failed"),
        status=str(status),
        started_at=begun.at,
        at=begun.at if is_start else datetime.now(UTC),
        environment=str(begun.facts.get("environment") or ""),
        nominal_at=datetime.fromisoformat(nominal) if nominal else None,
        inputs=tuple(_inputs(events, storage.url)),
        outputs=tuple(_outputs(events, storage.url)),
        steps=tuple(_steps(events)),
        error=error or ("the gate is closed" if status == Status.GATE_CLOSED else ""),
    )


def _inputs(events: Iterable[Event], url: Callable[[str], str]) -> Iterator[ObservedTable]:
    """Raw tables at the versions that were built from."""
    for event in events:
        for name, version in (event.facts.get("lake_versions") or {}).items():
            source, _, table = name.partition(".")
            yield _table(url(RawTable(source, table).path), str(version))


def _outputs(events: Iterable[Event], url: Callable[[str], str]) -> Iterator[ObservedTable]:
    """Marts of the snapshot that was published."""
    for event in events:
        if event.kind == "published":
            for name, rows in event.facts["rows"].items():
                mart = TableRef.parse(name)
                folder = f"marts/{mart.schema}/{mart.name}"
                yield _table(url(folder), str(event.facts["snapshot"]), rows=int(rows))


def _table(url: str, version: str, *, rows: int | None = None) -> ObservedTable:
    """Named as OpenLineage names files: a bucket and a key, or `file` and a path."""
    parts = urlsplit(url)
    if parts.scheme and parts.netloc:
        namespace = f"{parts.scheme}://{parts.netloc}"
        return ObservedTable(namespace, parts.path.lstrip("/"), version, rows)
    return ObservedTable("file", url, version, rows)


def _steps(events: Sequence[Event]) -> Iterator[ObservedStep]:
    """Steps that have ended, and the one that broke with its error."""
    begun: dict[str, datetime] = {}
    errors: dict[str, str] = {}
    for event in events:
        if event.kind == "step_started":
            begun[event.step] = event.at
        elif event.kind == "error":
            errors[event.step] = str(event.facts.get("message") or "")
        elif event.kind == "step_finished" and event.status not in LEFT_OUT:
            facts = {
                name: value
                for name, value in event.facts.items()
                if isinstance(value, str | int | float | bool)
            }
            yield ObservedStep(
                event.step,
                begun.get(event.step, event.at),
                event.at,
                event.status,
                errors.get(event.step, "") if event.status == Status.FAILED else "",
                facts,
            )
