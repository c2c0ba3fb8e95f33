"""One OpenTelemetry trace of a run that has ended: a span a step, and below for dbt's nodes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from buck.records.observation import ObservedNode, ObservedRun

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

PATIENCE_S: Final = 3.0


def send_trace(run: ObservedRun, *, url: str, headers: Mapping[str, str], service: str) -> None:
    """Send the trace to a collector by OTLP over HTTP.

    Args:
        run: The run, as it ended.
        url: The collector's address, with its path.
        headers: Sent along.
        service: The service's name.

    Raises:
        ImportError: the library is not installed.
        ConnectionError: the collector did not take it.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    with _silence("opentelemetry"):
        exporter = OTLPSpanExporter(endpoint=url, headers=dict(headers), timeout=PATIENCE_S)
        try:
            result = exporter.export(_spans(run, service))
        finally:
            exporter.shutdown()  # type: ignore[no-untyped-call]  # it has no annotations
    if result is not SpanExportResult.SUCCESS:
        raise ConnectionError("the collector did not take the trace")


def _spans(run: ObservedRun, service: str) -> tuple[ReadableSpan, ...]:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    held = InMemorySpanExporter()
    resource = Resource(
        {"service.name": service, "deployment.environment.name": run.environment or "dev"}
    )
    provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(held))
    tracer = provider.get_tracer("buck")
    # A context of its own: this is no part of a trace that the caller may be in.
    root = tracer.start_span(
        run.pipeline,
        context=Context(),
        start_time=_nanoseconds(run.started_at),
        attributes={
            "buck.run_id": run.run_id,
            "buck.pipeline": run.pipeline,
            "buck.status": run.status,
            "buck.inputs": [table.name for table in run.inputs],
            "buck.outputs": [table.name for table in run.outputs],
        },
    )
    inside = trace.set_span_in_context(root, Context())
    failed = trace.StatusCode.ERROR
    for step in run.steps:
        span = tracer.start_span(
            step.name, context=inside, start_time=_nanoseconds(step.started_at)
        )
        span.set_attributes({"buck.status": step.status})
        span.set_attributes({f"buck.{name}": value for name, value in step.facts.items()})
        if step.error or step.status == "failed":
            span.set_status(failed, step.error)
        below = trace.set_span_in_context(span, Context())
        for node in step.nodes:
            _node_span(tracer, node, below)
        span.end(_nanoseconds(step.finished_at))
    if run.phase != "completed":
        root.set_status(failed, run.error)
    root.end(_nanoseconds(run.at))
    return held.get_finished_spans()


def _node_span(tracer: Tracer, node: ObservedNode, context: Context) -> None:
    from opentelemetry.trace import StatusCode

    span = tracer.start_span(
        node.name,
        context=context,
        start_time=_nanoseconds(node.started_at),
        attributes={"buck.kind": node.kind, "buck.status": node.status},
    )
    if node.is_broken:
        span.set_status(StatusCode.ERROR)
    span.end(_nanoseconds(node.finished_at))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000


@contextmanager
def _silence(name: str) -> Iterator[None]:
    """The library logs what the ledger says anyway, and the address with it."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
