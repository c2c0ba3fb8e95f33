"""The README's fenced commands by name; also a script for .ci/run, by the standard library alone.

A block is named by the comment before it: `<!-- run: main -->`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"^<!-- run: (?P<name>[\w -]+) -->\n```(?:bash|sh|python|sql)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def read_named_blocks(file: Path = ROOT / "README.md") -> dict[str, str]:
    """Every named block's text."""
    found = BLOCK.finditer(file.read_text(encoding="utf-8"))
    return {match["name"]: match["body"].strip() for match in found}


def read_fences(file: Path) -> list[tuple[str, str]]:
    """Every fenced block as its kind and text."""
    found = FENCE.finditer(file.read_text(encoding="utf-8"))
    return [(match["kind"], match["body"].strip()) for match in found]


if __name__ == "__main__":
    sys.stdout.write(read_named_blocks()[sys.argv[1]] + "\n")
