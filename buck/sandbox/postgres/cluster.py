"""A database cluster's files: made by `initdb`, never reused."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from buck.errors import SandboxError
from buck.sandbox.postgres.installation import Attempt, Route
from buck.sandbox.postgres.leftover import end_leftover

USER = "buck"


def clear_folder(folder: Path) -> None:
    """End what still serves the folder's cluster, and remove it.

    Raises:
        SandboxError: another user's files or server are in the way.
    """
    end_leftover(folder / "data")
    try:
        if (folder / "data").exists():
            shutil.rmtree(folder / "data")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SandboxError(
            f"PostgreSQL's folder {folder} cannot be made anew: {exc}",
            hint=f"remove {folder} as the user who made it",
        ) from exc


def init_data(folder: Path, attempt: Attempt, password: str) -> str | None:
    """Make the data folder; the reason why not, if it did not work."""
    data, password_file = folder / "data", folder / "password"
    arguments = [f"--pgdata={data}", f"--username={USER}", f"--pwfile={password_file}"]
    arguments += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    arguments += ["--wal-segsize=1", "--no-sync", "--no-instructions"]
    try:
        data.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        if attempt.route is Route.USER:
            for path in (data, password_file):
                os.chown(path, attempt.account.user_id, attempt.account.group_id)
        done = subprocess.run(
            attempt.command("initdb", arguments, tied=False),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return str(exc)
    finally:
        password_file.unlink(missing_ok=True)
    return None if done.returncode == 0 else _last_line(done.stderr)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line or "route " in line]
    return (errors or lines or ["no message"])[-1]
