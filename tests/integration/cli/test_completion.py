"""Bash completes commands and options from what the command line itself says."""

from __future__ import annotations

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
    done = subprocess.run(
        ["bash", "-c", SCRIPT.format(buck=BUCK, words=words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert expected <= set(done.stdout.split())
    assert all(word.startswith(words.rsplit(maxsplit=1)[-1]) for word in done.stdout.split())
