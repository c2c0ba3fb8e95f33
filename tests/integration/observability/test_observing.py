"""OpenLineage events and traces: told by their own libraries, and never a reason to fail."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from buck.errors import SourceUnreachable
from buck.flow.lake_access import open_lake
from buck.flow.observing import End, observe_end, observe_start
from buck.ledger import RunRecorder, read_events
from buck.project import open_project
from buck.records.run import Status
from tests.scratch import Scratch
from tests.serving import serve

LINEAGE, TRACES = "/api/v1/lineage", "/v1/traces"
NOWHERE = "http://127.0.0.1:9"
SECRET = "s3cret"


@dataclass
class Collector:
    """A server on this machine that remembers what it was sent."""

    url: str = ""
    status: int = 200
    bodies: dict[str, list[bytes]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies.get(LINEAGE, ())]

    @property
    def spans(self) -> list[Any]:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        return [
            span
            for body in self.bodies.get(TRACES, ())
            for part in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in part.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.bodies.setdefault(self.path, []).append(body)
            found.keys |= {self.headers.get("Authorization", ""), self.headers.get("api-key", "")}
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serve(Handler) as found.url:
        yield found


def configure(place: Scratch, url: str) -> None:
    settings = place.root / ".buck.yml"
    kept = settings.read_text().split("\nobservability:\n")[0]
    settings.write_text(
        f"{kept}\nobservability:\n"
        '  openlineage: { url: "{{ LINEAGE }}", api_key: "{{ KEY }}", file: told/lineage.jsonl }\n'
        '  opentelemetry: { url: "{{ TRACES }}", headers: { api-key: "{{ KEY }}" } }\n'
    )
    (place.root / ".env").write_text(f"LINEAGE={url}\nTRACES={url}{TRACES}\nKEY={SECRET}\n")


def facts(span: Any) -> dict[str, str]:
    return {fact.key: fact.value.string_value for fact in span.attributes}


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_run_tells_what_it_read_published_and_took(
    early: Scratch, copy_of: Any, collector: Collector
) -> None:
    place = copy_of(early)
    configure(place, collector.url)
    told = place.buck("run", "--json").expect(0).json
    begun, ended = collector.events
    assert lines_of(place.root / "told" / "lineage.jsonl") == [begun, ended]
    assert (begun["eventType"], ended["eventType"]) == ("START", "COMPLETE")
    assert begun["run"]["runId"] == ended["run"]["runId"]
    assert ended["job"]["namespace"] == "buck"
    assert (begun["inputs"], begun["outputs"]) == ([], [])
    snapshot = place.snapshot()
    outputs = {
        o["name"]: o["outputFacets"]["outputStatistics"]["rowCount"] for o in ended["outputs"]
    }
    assert outputs == {
        str(place.lake / "marts" / t["schema"] / t["name"]): t["rows"] for t in snapshot["tables"]
    }
    inputs = {i["name"]: i["facets"]["version"]["datasetVersion"] for i in ended["inputs"]}
    assert inputs == {
        str(place.lake / "raw" / Path(*table.split("."))): str(version)
        for table, version in snapshot["lake_versions"].items()
    }
    [root] = [span for span in collector.spans if not span.parent_span_id]
    below = [span for span in collector.spans if span.parent_span_id]
    assert {span.trace_id for span in below} == {root.trace_id}
    steps = [span for span in below if span.parent_span_id == root.span_id]
    names = ["land stripe", "land salesforce", "land app", "pin raw tables"]
    names += ["build candidates", "check candidates", "publish"]
    assert sorted(span.name for span in steps) == sorted(names)
    assert all(root.start_time_unix_nano <= span.start_time_unix_nano for span in steps)
    assert all(span.end_time_unix_nano <= root.end_time_unix_nano for span in steps)
    # Below the step that built, dbt's own nodes, each within it.
    nodes = [span for span in below if span.parent_span_id != root.span_id]
    [building] = [span for span in steps if span.name == "build candidates"]
    assert {span.parent_span_id for span in nodes} == {building.span_id}
    kinds = {facts(span)["buck.kind"] for span in nodes}
    assert {"model", "test"} <= kinds
    for span in nodes:
        assert building.start_time_unix_nano <= span.start_time_unix_nano
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= building.end_time_unix_nano
    assert facts(next(s for s in nodes if s.name == "fct_payments"))["buck.status"] == "ok"
    assert len({span.name for span in nodes if facts(span)["buck.kind"] == "model"}) > 40
    assert collector.keys >= {f"Bearer {SECRET}", SECRET}
    # The other side goes down: the next run ends as it would, and says it once for each.
    configure(place, NOWHERE)
    done = place.buck("run").expect(0)
    run_id = place.runs()[0]["run_id"]
    assert "nothing new" in done.out
    assert done.err.count("openlineage was not told of this run: ConnectionError") == 1
    assert done.err.count("opentelemetry was not told of this run: ConnectionError") == 1
    assert SECRET not in done.out + done.err
    assert "127.0.0.1:9" not in done.out + done.err
    assert len(lines_of(place.root / "told" / "lineage.jsonl")) == 4, "the file got all the same"
    project = open_project(place.root)
    events = read_events(open_lake(project).storage, run_id=run_id)
    sent = [(e.status, e.facts["channel"]) for e in events if e.kind == "observation_sent"]
    assert sent == [
        ("failed", "openlineage"),
        ("failed", "opentelemetry"),
    ]
    assert events[-1].kind == "run_finished"
    assert told["run_id"] != run_id
    assert "127.0.0.1:9" not in json.dumps([e.to_dict() for e in events])


def break_a_run(place: Scratch) -> list[Any]:
    """A run whose landing fails; what it recorded about its events."""
    project = open_project(place.root)
    lake = open_lake(project)
    recorder = RunRecorder(lake.storage, "20260301T000010-aaaaaaaa", pipeline="all")
    recorder.start(as_of="2026-03-01T00:00:00+00:00", environment="dev")
    observe_start(project, recorder)
    times = [f"2026-03-01T00:00:1{second}+00:00" for second in (1, 2)]
    nodes = [("dim_day", "model", "ok", *times), ("dim_place", "model", "errored", *times)]

    def fail() -> None:
        recorder.add("nodes_timed", "ok", nodes=nodes)
        raise SourceUnreachable("stripe does not answer", hint="later")

    with pytest.raises(SourceUnreachable), recorder.step("land stripe"):
        fail()
    recorder.leave_out("publish", Status.BLOCKED, by=["land stripe"])
    observe_end(project, recorder, End(Status.FAILED, "stripe does not answer"))
    recorder.finish(Status.FAILED)
    events = read_events(lake.storage, run_id=recorder.run_id)
    return [
        (e.status, e.facts["channel"], e.facts.get("error", ""))
        for e in events
        if e.kind == "observation_sent"
    ]


def test_a_failure_is_told_with_its_reason(project: Scratch, collector: Collector) -> None:
    configure(project, collector.url)
    assert {status for status, _, _ in break_a_run(project)} == {"ok"}
    begun, ended = collector.events
    assert (begun["eventType"], ended["eventType"]) == ("START", "FAIL")
    assert ended["run"]["facets"]["errorMessage"]["message"] == "stripe does not answer"
    assert ended["outputs"] == []
    [root] = [span for span in collector.spans if not span.parent_span_id]
    [step] = [span for span in collector.spans if span.parent_span_id == root.span_id]
    models = {s.name: s.status.code for s in collector.spans if s.parent_span_id == step.span_id}
    assert models == {"dim_day": 0, "dim_place": 2}
    assert (step.name, step.status.message) == ("land stripe", "stripe does not answer")
    assert step.status.code == root.status.code == 2, "what was blocked has no span"


@pytest.mark.parametrize(
    ("status", "event", "message"),
    [
        (Status.GATE_CLOSED, "FAIL", "the gate is closed"),
        (Status.DEGRADED, "COMPLETE", None),
        (Status.CANCELLED, "ABORT", None),
    ],
)
def test_a_run_that_published_nothing_says_how_it_ended(
    project: Scratch, collector: Collector, status: Status, event: str, message: str | None
) -> None:
    configure(project, collector.url)
    opened = open_project(project.root)
    recorder = RunRecorder(open_lake(opened).storage, "20260301T000010-aaaaaaaa", pipeline="all")
    recorder.start(due_at="2026-03-01T06:00:00+00:00")
    observe_end(opened, recorder, End(status))
    [told] = collector.events
    assert told["eventType"] == event
    facets = told["run"]["facets"]
    assert facets["nominalTime"]["nominalStartTime"] == "2026-03-01T06:00:00+00:00"
    assert facets.get("errorMessage", {}).get("message") == message
    [span] = collector.spans
    assert (span.status.code == 2) is (event != "COMPLETE")


def test_a_server_that_refuses_is_recorded_without_its_address(
    project: Scratch, collector: Collector
) -> None:
    collector.status = 400
    configure(project, collector.url)
    assert break_a_run(project) == [
        ("failed", "openlineage", "HTTPError"),
        ("failed", "opentelemetry", "ConnectionError"),
    ]


def test_an_address_that_swallows_everything_costs_seconds(project: Scratch) -> None:
    """Nobody there takes a connection up or refuses it; both libraries would wait their time."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # Its queue is full: what comes now is neither taken nor refused.
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        configure(project, f"http://127.0.0.1:{address[1]}")
        started = time.monotonic()
        told = break_a_run(project)
        took_s = time.monotonic() - started
        for one in waiting:
            one.close()
    assert told == [
        ("failed", "openlineage", "ConnectionError"),
        ("failed", "opentelemetry", "ConnectionError"),
    ]
    assert took_s < 4, "a second for each; asked thrice with patience it was fifteen"


def test_a_missing_library_or_variable_is_recorded_with_what_helps(
    project: Scratch, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(project, collector.url)
    (project.root / ".env").write_text(f"LINEAGE={collector.url}\nKEY={SECRET}\n")
    for name in [n for n in sys.modules if n.partition(".")[0] == "openlineage"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openlineage", None)
    lineage, trace = break_a_run(project)
    assert lineage[2] == "not installed: pip install 'buck-lakehouse[openlineage]'"
    assert "TRACES, which is not set" in trace[2]
    assert collector.bodies == {}


def test_doctor_says_whether_they_can_be_told(project: Scratch, collector: Collector) -> None:
    def found() -> dict[str, tuple[str, str]]:
        told = project.buck("doctor", "--json").json
        return {f["subject"]: (f["status"], f["what"]) for f in told if "open" in f["subject"]}

    assert found() == {}, "what is not asked for is not looked at"
    configure(project, collector.url)
    assert {status for status, _ in found().values()} == {"passed"}
    configure(project, NOWHERE)
    status, what = found()["opentelemetry"]
    assert status == "warned"
    assert what.startswith("does not answer: 127.0.0.1:9")
    (project.root / ".env").unlink()
    assert "LINEAGE, which is not set" in found()["openlineage"][1]
    assert collector.bodies == {}, "looking tells nobody anything"


def test_nothing_is_told_unasked(project: Scratch) -> None:
    assert break_a_run(project) == []
