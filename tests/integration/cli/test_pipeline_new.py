"""`buck pipeline new` writes a source that lands as it stands."""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.serving import serve

KINDS = ("stripe", "salesforce", "postgres", "rest", "files")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def tickets(tmp_path: Path) -> Iterator[str]:
    """The address of an API with one endpoint."""
    (tmp_path / "api").mkdir()
    rows = [{"id": n, "updated_at": f"2026-01-0{n}T00:00:00Z"} for n in (1, 2, 3)]
    (tmp_path / "api" / "tickets").write_text(json.dumps({"data": rows}))
    handler = functools.partial(Quiet, directory=str(tmp_path / "api"))
    with serve(handler) as address:
        yield f"{address}/"


def test_a_json_api_lands_right_after_it_was_named(project: Any, tickets: str) -> None:
    before = (project.root / ".buck.yml").read_text()
    made = project.buck("pipeline", "new", "desk", "--from", "rest", "--json").expect(0).json
    assert made == {
        "name": "desk",
        "file": "pipelines/desk_pipeline.py",
        "variables": ["DESK_URL", "DESK_TOKEN"],
    }
    after = (project.root / ".buck.yml").read_text()
    difference = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    assert [line for line in difference if line.startswith("- ")] == []
    assert "+   desk:" in difference
    project.env.update({"DESK_URL": tickets, "DESK_TOKEN": "canary-desk"})
    project.python("pipelines/desk_pipeline.py").expect(0)
    done = project.buck(
        "query", "--raw", "select id from raw.raw_desk_tickets order by 1", "--json"
    )
    assert [row["id"] for row in done.expect(0).json] == [1, 2, 3]


def test_files_land_right_after_they_were_named(project: Any) -> None:
    project.buck("pipeline", "new", "plans", "--from", "files").expect(0)
    (project.root / "data" / "targets").mkdir(parents=True)
    (project.root / "data" / "targets" / "2026.csv").write_text("month,target\n2026-01,100\n")
    project.python("pipelines/plans_pipeline.py").expect(0)
    done = project.buck("query", "--raw", "from raw.raw_plans_targets", "--json").expect(0)
    assert [(r["month"], r["target"]) for r in done.json] == [("2026-01", "100")]


def test_a_second_account_of_a_source_lands_under_its_own_name(
    project: Any, published: Any
) -> None:
    project.connect(published.work / "sandbox")
    keys = published.sandbox_variables()
    project.buck("pipeline", "new", "stripe_eu", "--from", "stripe").expect(0)
    project.env.update({"STRIPE_EU_API_KEY": keys["STRIPE_API_KEY"]})
    base = keys["STRIPE_API_BASE"]
    project.edit(
        "pipelines/stripe_eu_pipeline.py", "tables=TABLES", f"tables=TABLES, api_base={base!r}"
    )
    project.python("pipelines/stripe_eu_pipeline.py").expect(0)
    assert {f.name for f in (project.lake / "raw").iterdir()} == {"stripe_eu"}
    theirs = published.newest("stripe")
    mine = project.newest("stripe_eu")
    assert mine["charges"] == theirs["charges"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_says_what_it_misses(project: Any, kind: str) -> None:
    done = project.buck("pipeline", "new", "extra", "--from", kind).expect(0)
    written = (project.root / "pipelines" / "extra_pipeline.py").read_text()
    assert not re.search(r"NAME|PREFIX", written)
    landed = project.python("pipelines/extra_pipeline.py")
    if kind == "files":
        assert "there is no" in landed.expect(1).err
    else:
        assert "EXTRA_" in done.err
        assert "EXTRA_" in landed.expect(2).err


@pytest.mark.parametrize(
    ("name", "said"),
    [("Desk", "cannot name a source"), ("../x", "cannot name"), ("stripe", "is there already")],
)
def test_a_name_that_cannot_be_is_refused(project: Any, name: str, said: str) -> None:
    before = (project.root / ".buck.yml").read_text()
    assert said in project.buck("pipeline", "new", name, "--from", "rest").expect(2).err
    assert (project.root / ".buck.yml").read_text() == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("version: 1\n", 0),
        ("version: 1\nsources:\n", 0),
        ("version: 1\nsources: {}  # none yet\nlake:\n  root: ./lake\n", 0),
        ("sources:\n  # ours\n  a:\n    type: api\n\n# where\nlake:\n  root: ./lake\n", 0),
        ("sources: {a: {type: api}}\n", 2),
    ],
)
def test_any_configuration_takes_another_source(project: Any, text: str, code: int) -> None:
    (project.root / ".buck.yml").write_text(text)
    project.buck("pipeline", "new", "desk", "--from", "rest").expect(code)
    after = (project.root / ".buck.yml").read_text()
    if code:
        assert after == text
        assert not (project.root / "pipelines" / "desk_pipeline.py").exists()
    else:
        assert "desk:" in after
        assert all(line in after for line in text.splitlines() if "sources" not in line)
