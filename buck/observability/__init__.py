"""Telling other systems of runs: OpenLineage and OpenTelemetry, each by its own library."""

from buck.observability.openlineage import append_lineage, send_lineage
from buck.observability.opentelemetry import send_trace

__all__ = ["append_lineage", "send_lineage", "send_trace"]
