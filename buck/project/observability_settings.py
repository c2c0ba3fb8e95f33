"""The section `observability` of `.buck.yml`."""

from __future__ import annotations

from pydantic import Field

from buck.project.sections import Section


class OpenLineage(Section):
    """Where events of runs go, with what they read and wrote; nowhere if not given."""

    url: str = Field(default="", repr=False)
    """A server that takes OpenLineage events, such as Marquez; its `/api/v1/lineage` is called."""
    api_key: str = Field(default="", repr=False)
    """Sent along to the server, as a reference: `{{ OPENLINEAGE_API_KEY }}`."""
    file: str | None = None
    """A file in the project that gets a line for each event, for example `lake/lineage.jsonl`."""
    namespace: str = "buck"
    """What the names of pipelines belong to, for servers that know several teams'."""


class OpenTelemetry(Section):
    """Where traces of runs go; nowhere if not given."""

    url: str = Field(default="", repr=False)
    """A collector that takes OTLP over HTTP, with its path: `http://localhost:4318/v1/traces`."""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    """Sent along, for example `{ api-key: "{{ TRACES_KEY }}" }`."""
    service: str = "buck"
    """The service's name in traces."""


class Observability(Section):
    """What other systems are told of runs. Nothing here changes how a run ends."""

    openlineage: OpenLineage = OpenLineage()
    opentelemetry: OpenTelemetry = OpenTelemetry()
