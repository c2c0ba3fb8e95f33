"""`buck doctor`: green where all is well, and what is wrong with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import make_bucket
from tests.serving import serve


def findings(project: Any, code: int, **env: str) -> dict[str, dict[str, Any]]:
    done = project.buck("doctor", "--json", env=env).expect(code)
    return {f["subject"]: f for f in done.json}


def test_a_working_project_has_no_problems(published: Any) -> None:
    found = findings(published, 0)
    assert {f["status"] for f in found.values()} <= {"passed", "warned"}
    assert found["lake"]["status"] == "passed"
    assert found["source stripe"]["what"].endswith("(the sandbox's)")
    told = published.buck("doctor").expect(0)
    assert "no problems" in told.err


def test_looking_leaves_the_lake_as_it_was(published: Any) -> None:
    before = {p: p.stat().st_mtime_ns for p in published.lake.rglob("*") if ".buck" not in p.parts}
    findings(published, 0)
    after = {p: p.stat().st_mtime_ns for p in published.lake.rglob("*") if ".buck" not in p.parts}
    assert set(before) == set(after)


def test_missing_secrets_are_problems_with_their_names(project: Any) -> None:
    found = findings(project, 1)
    assert found["source stripe"]["status"] == "failed"
    assert "STRIPE_API_KEY" in found["source stripe"]["what"]
    assert found["source stripe"]["hint"]
    assert found["lake"]["status"] == "passed"


def test_a_missing_dbt_project_is_a_problem(project: Any) -> None:
    project.edit(".buck.yml", "project_dir: ./transform", "project_dir: ./models")
    found = findings(project, 1)
    assert found["dbt project"]["status"] == "failed"
    assert "./models" in found["dbt project"]["what"]


def test_an_unreachable_source_is_a_problem(published: Any) -> None:
    """The hint of an unreachable source sends people here."""
    found = findings(published, 1, STRIPE_API_BASE="http://127.0.0.1:9")
    assert found["source stripe"]["status"] == "failed"
    assert "127.0.0.1:9" in found["source stripe"]["what"]
    assert found["source salesforce"]["status"] == "passed"


def test_an_unreachable_bucket_is_a_problem(project: Any) -> None:
    env = {"BUCK__LAKE__ROOT": "s3://nowhere/team", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    found = findings(project, 1, **env)
    assert found["lake"]["status"] == "failed"
    assert "s3://nowhere" in found["lake"]["what"]


def test_a_setting_is_shown_with_where_it_comes_from(published: Any) -> None:
    env = {"BUCK__PERFORMANCE__THREADS": "2"}
    rows = published.buck("doctor", "--config", "--json", env=env).expect(0).json
    origin = {row["key"]: (row["value"], row["from"]) for row in rows}
    assert origin["performance.threads"] == ("2", "variable BUCK__PERFORMANCE__THREADS")
    assert origin["lake.root"] == ("./lake", ".buck.yml")
    assert origin["sources.stripe.options.api_key"][0] == "{{ STRIPE_API_KEY }}"


@pytest.fixture
def careless_store(s3_endpoint: str) -> Iterator[str]:
    """An S3 server that overwrites whatever it is told not to overwrite."""
    import httpx

    behind = urlsplit(s3_endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            unwanted = {"if-none-match", "transfer-encoding", "connection"}
            headers = {k: v for k, v in self.headers.items() if k.lower() not in unwanted}
            answer = httpx.request(
                self.command,
                f"http://{behind.netloc}{self.path}",
                headers=headers,
                content=self.rfile.read(length),
                trust_env=False,
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with serve(Handler) as address:
        yield address


def test_a_store_that_ignores_conditions_is_found(
    published: Any, s3_endpoint: str, careless_store: str
) -> None:
    env = {
        "BUCK__LAKE__ROOT": make_bucket(s3_endpoint).root,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    careful = findings(published, 0, AWS_ENDPOINT_URL=s3_endpoint, **env)
    assert careful["lake"]["status"] == "passed"
    careless = findings(published, 1, AWS_ENDPOINT_URL=careless_store, **env)
    assert careless["lake"]["status"] == "failed"
    assert "If-None-Match" in careless["lake"]["what"]
    assert "conditional" in careless["lake"]["hint"]


def test_a_slip_in_a_pipeline_that_nobody_has_started_is_a_problem(project: Any) -> None:
    project.edit(".buck.yml", "sources: [salesforce, app]", "sources: [salesforc, app]")
    [slip] = [f for s, f in findings(project, 1).items() if s.startswith(".buck.yml:")]
    assert "no source 'salesforc'" in slip["what"]
    assert "salesforce" in slip["hint"]
