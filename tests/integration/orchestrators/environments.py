"""An environment with one orchestrator, and Buck beside it without a package of its own."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

PACKAGES = {
    "dagster": "dagster>=1.13,<2",
    "airflow": "apache-airflow>=3.3,<4",
    "prefect": "prefect>=3.9,<4",
}


class CannotInstall(Exception):
    """The package registry does not have it."""


def install(folder: Path, name: str) -> Path:
    """The Python of an orchestrator's environment in a folder, made once.

    What Buck needs is looked up in the environment of the tests, after the orchestrator's own.
    """
    python, done = folder / "venv" / "bin" / "python", folder / "installed"
    if not done.exists() or done.read_text() != PACKAGES[name]:
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder / "venv")],
            [str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:", PACKAGES[name]],
        ):
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                raise CannotInstall((ended.stderr.strip() or "no reason given").splitlines()[-1])
        done.write_text(PACKAGES[name])
    packages = next((folder / "venv" / "lib").glob("python*/site-packages"))
    (packages / "beside.pth").write_text(
        f"{sysconfig.get_path('purelib')}\n{Path(__file__).parents[3]}\n"
    )
    return python
