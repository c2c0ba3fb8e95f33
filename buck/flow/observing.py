"""Telling other systems of a run's start and end, if `.buck.yml` names any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from buck.errors import BuckError
from buck.flow.knocking import has_proxy, silent_addresses
from buck.flow.lake_access import open_lake
from buck.ledger import RunRecorder, read_events
from buck.names import RawTable, TableRef
from buck.observability import append_lineage, send_lineage, send_trace
from buck.project import Project, resolve
from buck.records.observation import (
    ObservedNode,
    ObservedRun,
    ObservedStep,
    ObservedTable,
    Phase,
)
from buck.records.run import Event, Status

if TYPE_CHECKING:
    from buck.records.build import BuildResult

KNOCK_S: Final = 1.0
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
        _attempt(
            recorder, "openlineage", lambda: _send_lineage(project, recorder, End(Status.RUNNING))
        )


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended, and the tables that its events do not tell of."""

    status: Status
    error: str = ""
    inputs: tuple[ObservedTable, ...] = ()
    outputs: tuple[ObservedTable, ...] = ()


def observe_end(project: Project, recorder: RunRecorder, end: End) -> None:
    """Send the run's last event and its trace; whatever goes wrong is recorded."""
    settings = project.settings.observability
    if settings.openlineage.url or settings.openlineage.file:
        _attempt(recorder, "openlineage", lambda: _send_lineage(project, recorder, end))
    if settings.opentelemetry.url:
        _attempt(recorder, "opentelemetry", lambda: _send_trace(project, recorder, end))


def record_nodes(project: Project, recorder: RunRecorder, built: BuildResult) -> None:
    """Keep when dbt's models and tests ran, if somebody is to be told of it."""
    if not project.settings.observability.opentelemetry.url:
        return
    nodes = [
        (n.name, n.kind, n.status, n.started_at.isoformat(), n.finished_at.isoformat())
        for n in built.nodes
        if n.started_at and n.finished_at
    ]
    recorder.add("nodes_timed", "ok", nodes=nodes)


def _attempt(recorder: RunRecorder, channel: str, send: Callable[[], bool]) -> None:
    try:
        was_sent = send()
    except ImportError:
        why = f"not installed: pip install 'buck-lakehouse[{channel}]'"
        recorder.add("observation_sent", "failed", channel=channel, error=why)
    except UNSENT as exc:
        # Texts of the libraries may hold the address, which may be a secret.
        why = exc.what if isinstance(exc, BuckError) else type(exc).__name__
        recorder.add("observation_sent", "failed", channel=channel, error=why)
    else:
        if was_sent:
            recorder.add("observation_sent", "ok", channel=channel)


def _send_lineage(project: Project, recorder: RunRecorder, end: End) -> bool:
    """Tell the file and the server; not the server if it did not take the run's first event."""
    settings = project.settings.observability.openlineage
    at = "observability.openlineage"
    events = _own_events(project, recorder)
    run = _observe(project, recorder, events, end)
    has_failed = any(
        event.kind == "observation_sent"
        and (event.status, event.facts["channel"]) == ("failed", "openlineage")
        for event in events
    )
    where = project.root / settings.file if settings.file else None
    # What went wrong before is recorded and said already.
    with suppress(ImportError, *UNSENT) if has_failed else nullcontext():
        if where:
            append_lineage(run, where, namespace=settings.namespace)
    if has_failed or not settings.url:
        return not has_failed
    url = str(resolve(settings.url, project.variables, path=f"{at}.url"))
    key = str(resolve(settings.api_key, project.variables, path=f"{at}.api_key"))
    _require_answer(project, url)
    send_lineage(run, namespace=settings.namespace, url=url, api_key=key)
    return True


def _send_trace(project: Project, recorder: RunRecorder, end: End) -> bool:
    settings = project.settings.observability.opentelemetry
    at = "observability.opentelemetry"
    url = str(resolve(settings.url, project.variables, path=f"{at}.url"))
    _require_answer(project, url)
    send_trace(
        _observe(project, recorder, _own_events(project, recorder), end),
        url=url,
        headers=resolve(settings.headers, project.variables, path=f"{at}.headers"),
        service=settings.service,
    )
    return True


def _require_answer(project: Project, url: str) -> None:
    """Find out within a second that nobody is there; the libraries would take theirs."""
    if not has_proxy(project) and silent_addresses([url], patience_s=KNOCK_S):
        raise ConnectionError


def _own_events(project: Project, recorder: RunRecorder) -> list[Event]:
    """All that the run has recorded so far."""
    recorder.flush()
    day = datetime.strptime(recorder.run_id[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    return read_events(open_lake(project).storage, day=day, run_id=recorder.run_id)


def _observe(
    project: Project, recorder: RunRecorder, events: Sequence[Event], end: End
) -> ObservedRun:
    """The run as it has recorded itself."""
    storage, status = open_lake(project).storage, end.status
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
        inputs=(*_inputs(events, storage.url), *end.inputs),
        outputs=(*_outputs(events, storage.url), *end.outputs),
        steps=tuple(_steps(events)),
        error=end.error or ("the gate is closed" if status == Status.GATE_CLOSED else ""),
    )


def _inputs(events: Iterable[Event], url: Callable[[str], str]) -> Iterator[ObservedTable]:
    """Raw tables at the versions that were built from."""
    for event in events:
        for name, version in (event.facts.get("lake_versions") or {}).items():
            source, _, table = name.partition(".")
            yield lake_table(url(RawTable(source, table).path), str(version))


def _outputs(events: Iterable[Event], url: Callable[[str], str]) -> Iterator[ObservedTable]:
    """Marts of the snapshot that was published."""
    for event in events:
        if event.kind == "published":
            for name, rows in event.facts["rows"].items():
                mart = TableRef.parse(name)
                folder = f"marts/{mart.schema}/{mart.name}"
                yield lake_table(url(folder), str(event.facts["snapshot"]), rows=int(rows))


def lake_table(url: str, version: str, *, rows: int | None = None) -> ObservedTable:
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
    nodes: dict[str, list[ObservedNode]] = {}
    for event in events:
        if event.kind == "step_started":
            begun[event.step] = event.at
        elif event.kind == "error":
            errors[event.step] = str(event.facts.get("message") or "")
        elif event.kind == "nodes_timed":
            nodes.setdefault(event.step, []).extend(_nodes(event))
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
                tuple(nodes.get(event.step, ())),
            )


def _nodes(event: Event) -> Iterator[ObservedNode]:
    for name, kind, status, began, ended in event.facts["nodes"]:
        times = (datetime.fromisoformat(began), datetime.fromisoformat(ended))
        yield ObservedNode(name, kind, status, *times)
