"""What git knows about the user's project."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git_commit(root: Path) -> str:
    """The commit of a project, so that a run can be traced to its code; empty without git."""
    return _ask(root, "rev-parse", "--short=12", "HEAD")


def current_branch(root: Path) -> str:
    """The git branch that is checked out; `main` where there is no git."""
    return _ask(root, "rev-parse", "--abbrev-ref", "HEAD") or "main"


def top_level(root: Path) -> str:
    """The folder of the repository that a project lies in; empty without git."""
    return _ask(root, "rev-parse", "--show-toplevel")


def resolve_ref(root: Path, name: str) -> str:
    """The whole commit id that a branch, tag or commit names; empty if there is no such one."""
    return _ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def _ask(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],  # noqa: S607  the one on the system's path
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            env={"PATH": os.defpath},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
