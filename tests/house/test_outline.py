"""Commands that cannot be called are built from their docstring alone, and nobody notices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from buck.cli import commands  # noqa: F401  importing registers every command
from buck.cli.app import app
from buck.cli.outline import outline
from tests.house.test_reference import load_generator

PATHS = [path for path, _ in load_generator().read_commands() if path != ("dbt",)]


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_is_the_same_as_when_everything_is_built(path):
    words = [*path, "--help"]
    full = CliRunner().invoke(app, words)
    lean = CliRunner().invoke(outline(app, words), words)
    assert lean.exit_code == full.exit_code == 0
    assert lean.output == full.output


def test_a_command_after_an_option_that_is_named_like_one_is_found():
    words = ["--project", "demo", "pipeline", "list", "--help"]
    assert "schedules" in CliRunner().invoke(outline(app, words), words).output


def test_the_application_itself_stays_whole():
    outline(app, ["demo"])
    assert "--full-refresh" in CliRunner().invoke(app, ["run", "--help"]).output


def test_a_misspelt_command_is_told_the_nearest_one():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "buck"), "rnu"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "run" in done.stderr
