"""Telling other systems of runs: OpenLineage and OpenTelemetry, each by its own library."""

from buck.observability.openlineage import send_lineage
from buck.observability.opentelemetry import send_trace

__all__ = ["send_lineage", "send_trace"]
