"""The checkout as git sees it: what house rules are about."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IGNORED = {".venv", "__pycache__", ".git", "dist", "build", "site", "node_modules"}


@cache
def list_files() -> tuple[Path, ...]:
    """Every tracked or not yet added file, sorted; ignored files are not part of the checkout."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names = [name for name in done.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # an archive without git
        found = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
        names = [str(p) for p in found if not IGNORED & set(p.parts)]
    return tuple(sorted(ROOT / name for name in names if (ROOT / name).is_file()))


def list_python(*folders: str) -> list[Path]:
    """Python files below some top-level folders."""
    return [
        f for f in list_files() if f.suffix == ".py" and f.relative_to(ROOT).parts[0] in folders
    ]


def read_text(file: Path) -> str:
    """A file's text; empty for what is not text."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
