"""Floors, doors, sizes, and what may stand where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, list_files, list_python, read_text

LONGEST = 400
LONG = 200
TOP_LEVEL = {
    "pyproject.toml",
    "buck",
    "pipelines",
    "transform",
    "lake",
    "tests",
    "justfile",
    "README.md",
    ".buck.yml",
    "constraints.txt",
    ".ci",
    ".github",
    "docs",
    "LICENSE",
    "CHANGELOG.md",
    "mkdocs.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
}
EMPTY_NAMES = {"utils", "helpers", "common", "core", "base", "manager", "handler", "misc"}


def test_imports_go_down_and_engines_have_one_door():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_too_long_to_read(record_testsuite_property):
    lengths = {
        str(f.relative_to(ROOT)): len(read_text(f).splitlines())
        for f in list_files()
        if f.suffix == ".py"
    }
    long = {name: n for name, n in sorted(lengths.items(), key=lambda i: -i[1]) if n > LONG}
    record_testsuite_property("files above 200 lines", long)
    assert {name: n for name, n in long.items() if n > LONGEST} == {}


def test_the_top_level_holds_what_it_should_and_nothing_else():
    found = {f.relative_to(ROOT).parts[0] for f in list_files()}
    assert found - TOP_LEVEL == set()
    assert {"buck", "pipelines", "transform", "lake", "tests", "justfile"} <= found


def test_no_module_has_an_empty_name():
    named = [f for f in list_python("buck", "pipelines") if EMPTY_NAMES & set(f.parts[-2:])]
    stems = [f for f in list_python("buck", "pipelines") if f.stem in EMPTY_NAMES]
    assert named + stems == []


def calls(file: Path) -> set[str]:
    """Dotted names that a file calls or reads, as far as they are plain names."""
    found = set()
    for node in ast.walk(ast.parse(read_text(file))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(f"{node.func.id}()")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
    return found


@pytest.mark.parametrize(
    ("forbidden", "allowed"),
    [
        ({"print()"}, ()),
        ({"sys.exit", "exit()", "quit()"}, ("buck/cli/", "buck/sandbox/supervisor/")),
        ({"os.environ", "os.getenv", "os.putenv"}, ("buck/project/",)),
        ({"logging.basicConfig"}, ()),
    ],
    ids=["print", "exit", "environment", "logging"],
)
def test_words_that_belong_to_one_room_stay_there(forbidden, allowed):
    found = {
        str(f.relative_to(ROOT)): forbidden & calls(f)
        for f in list_python("buck", "pipelines")
        if not str(f.relative_to(ROOT)).startswith(allowed or "-")
    }
    assert {name: words for name, words in found.items() if words} == {}


def test_the_rule_about_words_finds_them(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text("import os\nprint(os.environ['HOME'])\n")
    assert {"print()", "os.environ"} <= calls(file)


def is_raised_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only looks at what passes by."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


CATCHES_EVERYTHING = {
    "buck/cli/app.py",  # the boundary: anything else is a bug of ours
    "buck/flow/alerting.py",  # a message that cannot be sent never changes a verdict
    "buck/quality/custom.py",  # a check that users wrote in Python may raise anything
}


def test_only_the_boundary_and_two_neighbours_catch_everything():
    found = [
        str(f.relative_to(ROOT))
        for f in list_python("buck", "pipelines")
        for node in ast.walk(ast.parse(read_text(f)))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not is_raised_again(node)
    ]
    assert sorted(found) == sorted(CATCHES_EVERYTHING)


def test_every_exemption_from_a_rule_names_the_rule():
    bare = re.compile(r"#\s*(noqa|type:\s*ignore)\s*(?![:\[])", re.IGNORECASE)
    found = [
        f"{f.relative_to(ROOT)}: {line.strip()}"
        for f in list_python("buck", "pipelines", "tests", "docs")
        for line in read_text(f).splitlines()
        if bare.search(line) and "bare = re" not in line
    ]
    assert found == []
