"""Bash completes commands and options from what the command line itself says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUCK = Path(sys.executable).with_name("buck")
SCRIPT = """
source <("{buck}" --show-completion bash)
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_buck_completion "{buck}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
PROJECT = """
orchestration:
  schedules:
    stripe_daily: {cron: "0 6 * * *"}
pipelines:
  my_own: {sources: [stripe]}
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("buck pipe", {"pipeline"}),
        ("buck lake c", {"compact", "cost"}),
        ("buck run --cont", {"--continue"}),
        ("buck promote --tar", {"--target"}),
    ],
)
def test_bash_completes(words: str, expected: set[str]) -> None:
    found = complete(words)
    assert expected <= found
    assert all(word.startswith(words.rsplit(maxsplit=1)[-1]) for word in found)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("buck run stripe_d", {"stripe_daily"}),
        ("buck pipeline run stripe_d", {"stripe_daily"}),
        ("buck pipeline logs a", {"all"}),
        ("buck pipeline pause my_o", {"my_own"}),
        ("buck pipeline resume my_o", {"my_own"}),
        ("buck pipeline show my_o", {"my_own"}),
        ("buck pipeline cancel my_o", {"my_own"}),
        ("buck explain fct_m", {"fct_mine"}),
        ("buck explain my_o", {"my_own"}),
        ("buck explain GateC", {"GateClosed"}),
    ],
)
def test_bash_completes_names_of_the_project(
    tmp_path: Path, words: str, expected: set[str]
) -> None:
    (tmp_path / ".buck.yml").write_text(PROJECT)
    model = tmp_path / "transform" / "models" / "marts" / "fct_mine.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select 1 as n")
    below = tmp_path / "transform"
    assert complete(words, below) == expected
    if "explain" not in words:
        assert complete(words) == set(), "there is no project"
        assert complete(words.replace("buck", f"buck --project {below}", 1)) == expected


def test_a_file_that_cannot_be_read_completes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".buck.yml").write_text("pipelines: [\n")
    assert complete("buck run a", tmp_path) == set()


def test_completing_a_name_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / ".buck.yml").write_text(PROJECT)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", BUCK],
        env={
            **os.environ,
            "_BUCK_COMPLETE": "complete_bash",
            "COMP_WORDS": "buck run my",
            "COMP_CWORD": "2",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["my_own"]
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "yaml" in imported
    assert not imported & {"buck.project", "duckdb", "dlt", "dbt", "polars", "pyarrow", "httpx"}


def complete(words: str, folder: Path | None = None) -> set[str]:
    """What Bash would offer in a folder; nothing is said beside it."""
    done = subprocess.run(
        ["bash", "-c", SCRIPT.format(buck=BUCK, words=words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=folder or "/",
    )
    assert done.stderr == ""
    return set(done.stdout.split())
