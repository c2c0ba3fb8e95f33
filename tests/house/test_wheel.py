"""What the wheel holds: the toolkit, and nothing that belongs to a user or a machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, list_files

TEMPLATE = "buck/template/"
RUNBOOKS = "buck/runbooks/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the checkout that also holds what must stay out."""
    tree = tmp_path_factory.mktemp("tree")
    for file in list_files():
        parts = file.relative_to(ROOT).parts
        if parts[0] == "tests" or (parts[0] == "docs" and parts[1] != "runbooks"):
            continue
        copy = tree / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)
    for stray in (
        "pipelines/.dlt/secrets.toml",
        "transform/target/run.json",
        "lake/marts.duckdb",
        "lake/raw/x.parquet",
        ".env",
        "buck/secrets.toml",
    ):
        (tree / stray).parent.mkdir(parents=True, exist_ok=True)
        (tree / stray).write_text("secret")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [file] = out.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_the_toolkit_whole(wheel):
    expected = {
        str(f.relative_to(ROOT)) for f in list_files() if f.relative_to(ROOT).parts[0] == "buck"
    }
    held = {n for n in wheel if n.startswith("buck/") and not n.startswith((TEMPLATE, RUNBOOKS))}
    assert held == expected
    assert all(
        Path(n).suffix in {".py", ".yml", ".typed", ".sql", ".json", ".css"} for n in expected
    )


def test_it_holds_the_pages_that_explain_leads_to(wheel):
    pages = {p.name: p.read_bytes() for p in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert {n: wheel[f"{RUNBOOKS}{n}"] for n in pages} == pages


def test_it_holds_what_a_new_project_is_made_from(wheel):
    parts = ("pipelines", "transform", "justfile", ".buck.yml", ".gitignore")
    expected = {
        str(f.relative_to(ROOT)) for f in list_files() if f.relative_to(ROOT).parts[0] in parts
    } | {"lake/README.md"}
    assert {n.removeprefix(TEMPLATE) for n in wheel if n.startswith(TEMPLATE)} == expected
    for name in expected:
        assert wheel[f"{TEMPLATE}{name}"] == (ROOT / name).read_bytes()


def test_it_holds_nothing_else(wheel):
    others = {n.partition("/")[0] for n in wheel if not n.startswith("buck/")}
    assert {name.rpartition(".")[2] for name in others} == {"dist-info"}
    assert [n for n in wheel if "secret" in n or n.endswith((".env", ".duckdb", ".parquet"))] == []


def test_it_is_named_and_described(wheel):
    [name] = [n for n in wheel if n.endswith("/METADATA")]
    metadata = message_from_string(wheel[name].decode())
    assert metadata["Name"] == "buck-lakehouse"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "test" in metadata.get_all("Provides-Extra")
    assert metadata.get_payload().startswith("# Buck")
    [entry] = [n for n in wheel if n.endswith("/entry_points.txt")]
    assert b"buck = buck.cli.main:main" in wheel[entry]
    assert any(n.endswith("/licenses/LICENSE") for n in wheel)
