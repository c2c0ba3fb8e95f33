"""What the repository must not hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.house.checkout import ROOT, list_files, read_text

# Put together here, so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(
        (
            "/" + "home/[a-z]",
            "/" + "Users/[A-Z]",
            "/" + r"root/\.",
            "/" + "work/",
            "C:" + r"\\Users",
        )
    )
)
REGISTRIES = re.compile(
    "|".join(
        host.replace(".", r"\.")
        for host in ("files.python" + "hosted.org", "pypi" + ".org/simple", "registry.npm" + "js")
    )
    + "|--"
    + "(extra-)?index-url [^ ]|--"
    + "find-links [^ ]"
)
LOCKS = {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "package-lock.json", "yarn.lock"}
PRIVATE = re.compile(r"(^|/)(\.env|secrets\.toml|.*\.pem|.*\.key|id_rsa.*|.*\.duckdb|.*\.wal)$")
CONFLICT = re.compile("^(<{7}|>{7}) ", re.MULTILINE)
LARGEST_BYTES = 500_000


def test_nothing_names_a_machine_or_a_registry():
    found = [
        f"{f.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for f in list_files()
        for number, line in enumerate(read_text(f).splitlines(), start=1)
        if MACHINE.search(line) or REGISTRIES.search(line)
    ]
    assert found == []


def test_no_file_holds_half_a_merge():
    assert [str(f.relative_to(ROOT)) for f in list_files() if CONFLICT.search(read_text(f))] == []
    assert CONFLICT.search("a\n" + "<" * 7 + " HEAD\n")


def test_the_patterns_find_what_they_are_for():
    assert MACHINE.search("see /" + "home/ann/x")
    assert REGISTRIES.search("https://pypi" + ".org/simple/dlt")
    assert PRIVATE.search("pipelines/secrets.toml")
    assert not PRIVATE.search(".env.example")


def test_there_are_no_locks_secrets_or_data():
    names = [str(f.relative_to(ROOT)) for f in list_files()]
    assert [n for n in names if n.rsplit("/", 1)[-1] in LOCKS or PRIVATE.search(n)] == []
    assert [n for n in names if n.startswith("lake/")] == ["lake/README.md"]
    assert [n for n in names if n.startswith(("transform/target", "transform/logs"))] == []


def test_there_are_no_large_files():
    assert [f for f in list_files() if f.stat().st_size > LARGEST_BYTES] == []


def test_constraints_pin_every_package_once_per_python():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    pinned = [line.partition("==") for line in lines]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line)] == []
    plain = [name for name, _, rest in pinned if ";" not in rest]
    assert len(plain) == len(set(plain))


def test_workflows_only_read_and_call_our_own_commands():
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = file.read_text()
        assert re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE), file
        granted = set(re.findall(r"^ +([\w-]+): write\b", text, re.MULTILINE))
        assert granted <= {"pull-requests", "id-token"}, file
        assert text.count(": write") == len(granted), "each is granted to one job"
        for action in re.findall(r"uses: (\S+)", text):
            assert re.search(r"@(v\d+\.\d+\.\d+|[0-9a-f]{40})$", action), action
        for command in re.findall(r"run: (.+)", text):
            recipe = command.removeprefix("pipx run --spec rust-just just ").split()[0]
            assert command == ".ci/run" or recipe in recipes(), command


def recipes() -> list[str]:
    """The names of what `just` can do."""
    return re.findall(r"^([a-z][\w-]*)[^:\n]*:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE)


def test_a_linter_finds_nothing_in_the_workflows():
    program = Path(sys.executable).parent / "zizmor"
    command = [program, "--offline", "--no-progress", "--config", ".github/zizmor.yml"]
    done = subprocess.run(
        [*command, ".github/workflows"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
