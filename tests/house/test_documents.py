"""The commands in the README and the tutorial do what the text says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, list_files
from tests.house.readme import read_fences, read_named_blocks

BIN = Path(sys.executable).parent
TUTORIAL = ROOT / "docs" / "tutorial" / "ten-minutes.md"
INSTALLING = {"main", "tests"}
PREFIXES = ("STRIPE_", "SALESFORCE_", "APP_", "BUCK_", "AWS_")


class Reader:
    """Somebody who types what a page says, in a copy of the project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (".buck.yml", "pipelines", "transform"):
            for file in list_files():
                relative = file.relative_to(ROOT)
                if relative.parts[0] == name:
                    (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, folder / relative)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIXES)}
        self.environment["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def type(self, text: str, *, python: bool = False) -> subprocess.CompletedProcess[str]:
        """The outcome of one block, stopped at its first failing command."""
        words = [sys.executable, "-c", text]
        if not python:
            words = ["bash", "-eu", "-c", text.replace(".venv/bin/", f"{BIN}/")]
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return Reader(tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="module")
def followed(reader):
    """Every step of the tutorial, in order, with its outcome; the sandbox is down afterwards."""
    outcomes = {}
    try:
        for title, text in read_named_blocks(TUTORIAL).items():
            name, _, code = title.partition(" exit ")
            outcome = outcomes[name] = reader.type(text)
            said = outcome.stdout + outcome.stderr
            assert outcome.returncode == int(code or 0), f"{name}: {said}"
    finally:
        reader.type("buck sandbox down")
    return outcomes


def test_the_tutorial_can_be_followed(followed):
    assert "published snapshot 000001" in followed["first"].stdout
    assert "usd" in followed["ask"].stdout
    assert "published snapshot 000002" in followed["later"].stdout
    assert "nothing new" in followed["again"].stdout
    assert "000002" in followed["inspect"].stdout
    assert "-" in followed["inspect"].stdout.splitlines()[-1]
    assert "published snapshot 000003" in followed["heal"].stdout
    assert "gate closed" in followed["ledger"].stdout


def test_people_who_changed_have_more_than_one_version(followed):
    rows = followed["history"].stdout.splitlines()[1:]
    assert len(rows) >= 2
    assert len({row.split()[0] for row in rows}) < len(rows)


def test_the_readmes_commands_work(followed, reader):
    blocks = read_named_blocks()
    kinds = {body: kind for kind, body in read_fences(ROOT / "README.md")}
    for name in blocks.keys() - INSTALLING:
        done = reader.type(blocks[name], python=kinds[blocks[name]] == "python")
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        assert "000003" in done.stdout or name == "duckdb"


def test_nothing_is_written_outside_the_project(followed, reader):
    assert {p.name for p in reader.folder.iterdir()} == {
        ".buck.yml",
        "pipelines",
        "transform",
        "lake",
    }
    tree = [p for p in (reader.folder / "transform").rglob("*") if p.is_file()]
    tracked = {f.relative_to(ROOT) for f in list_files()}
    assert [p for p in tree if p.relative_to(reader.folder) not in tracked] == []


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/ten-minutes.md"])
def test_every_command_of_the_page_is_run(page):
    shown = [body for kind, body in read_fences(ROOT / page) if kind in ("bash", "sh", "python")]
    assert shown
    assert shown == list(read_named_blocks(ROOT / page).values())


def test_the_two_commands_need_nothing_but_python():
    blocks = read_named_blocks()
    main, tests = blocks["main"], blocks["tests"]
    assert "\n" not in main
    assert "\n" not in tests
    steps = [shlex.split(step) for step in main.split(" && ")]
    assert steps[0] == ["python3", "-m", "venv", ".venv"]
    assert steps[1][0] == ".venv/bin/pip"
    assert {"-c", "constraints.txt", ".[test]"} <= set(steps[1])
    assert steps[2] == [".venv/bin/buck", "demo"]
    assert tests.startswith(".venv/bin/python -m pytest")


def test_ci_runs_the_two_commands_as_they_stand():
    script = (ROOT / ".ci" / "run").read_text()
    for name in INSTALLING:
        assert re.search(rf"bash -euo pipefail -c .*tests/house/readme\.py {name}\)", script)
    assert "unset PYTHONDONTWRITEBYTECODE" in script


def test_other_pages_name_only_commands_that_exist():
    from tests.house.test_reference import load_generator

    known = {" ".join(path[:2]) for path, _ in load_generator().read_commands() if path}
    groups = {name.split()[0] for name in known if " " in name}
    wrong = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for words in re.findall(r"(?:^|`|- run: )buck((?: --env \w+)?(?: [a-z]+)+)", text, re.M):
            name = re.sub(r"^ --env \w+", "", words).split()
            named = " ".join(name[:2]) if name[0] in groups else name[0]
            if named not in known | groups:
                wrong.append(f"{page.relative_to(ROOT)}: buck {named}")
    assert wrong == []
