"""A BigQuery emulator in an environment of its own, for what its SQL can tell.

It is not BigQuery: it translates BigQuery's SQL and runs it on DuckDB. What holds there is
`emulated`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

NEEDS = (
    "bqemulator==1.4.0",
    "duckdb==1.5.5",
    "duckdb-extension-spatial==1.5.5",
    # What it uses without asking for it.
    "numpy",
    "pytz",
)
DBT = ("dbt-core>=1.11.16,<1.12", "dbt-bigquery==1.12.1")
"""What builds a project there, through Google's own client."""

SPATIAL = """
import duckdb, pathlib, sysconfig
folder = pathlib.Path(sysconfig.get_path("purelib"), "duckdb_extension_spatial")
duckdb.connect().execute(f"install '{next(folder.rglob('spatial.duckdb_extension'))}'")
"""
NINE_DECIMALS = """
import sys
from bqemulator.cli import main
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
known = DuckDB.Generator.TYPE_PARAM_SETTINGS
for kind in (exp.DataType.Type.DECIMAL, exp.DataType.Type.BIGDECIMAL):
    known[kind] = ((38, 9), (38, 38))
sys.exit(main())
"""
"""Its NUMERIC has three decimals, its BIGNUMERIC five; BigQuery's have nine and 38.

It is started with nine for both, which is as many as the tests' numbers need. And it lets a cast
take digits, `cast(x as numeric(18, 3))`, which BigQuery refuses: `test_macros_bigquery`.
"""
READ = {
    "INTEGER": int,
    "NUMERIC": Decimal,
    "BIGNUMERIC": Decimal,
    "BOOLEAN": lambda text: text == "true",
    "DATE": date.fromisoformat,
    "STRING": str,
}


class CannotInstall(Exception):
    """The package registry does not have it, or not for this machine."""


class Refused(Exception):
    """The emulator's answer to a query that it cannot run."""


@dataclass(frozen=True)
class Emulator:
    """One that runs."""

    address: str
    programs: Path

    @property
    def endpoint(self) -> str:
        """What a client takes in place of Google's address."""
        return self.address.partition("/bigquery/")[0]

    def value(self, sql: str) -> Any:
        """The one value of a query.

        Raises:
            Refused: it could not run it.
        """
        asked = {"query": sql, "useLegacySql": False}
        answer = httpx.post(f"{self.address}/queries", json=asked, trust_env=False, timeout=60)
        found = answer.json()
        if found.get("errors") or found.get("error"):
            raise Refused(str(found.get("errors") or found["error"]))
        text = found["rows"][0]["f"][0]["v"]
        return None if text is None else READ[found["schema"]["fields"][0]["type"]](text)


def install(folder: Path, more: tuple[str, ...] = ()) -> Path:
    """Its environment in a folder, made once; gives the folder of its programs.

    Args:
        folder: Keeps it between runs of the tests.
        more: What else belongs into the environment.

    Raises:
        CannotInstall: see there.
    """
    done, needs = folder / "installed", (*NEEDS, *more)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    if done.exists() and done.read_text() == "\n".join(needs):
        return programs
    python = str(programs / "python")
    # pip looks for its settings in the person's home, the emulator for the extension in its own.
    for command, env in (
        ([sys.executable, "-m", "venv", "--clear", str(folder / "venv")], None),
        ([python, "-m", "pip", "install", "-q", "--only-binary", ":all:", *needs], None),
        ([python, "-c", SPATIAL], environment(folder)),
    ):
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        if ended.returncode:
            raise CannotInstall((ended.stderr.strip() or "no reason given").splitlines()[-1])
    done.write_text("\n".join(needs))
    return programs


def environment(folder: Path) -> dict[str, str]:
    """The machine's, with a home of the emulator's own."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "HOME": str(home)}


@contextmanager
def run_emulator(folder: Path, more: tuple[str, ...] = ()) -> Iterator[Emulator]:
    """Start it, wait until it answers, and end it."""
    programs = install(folder, more)
    rest, grpc = free_port(), free_port()
    address = f"http://127.0.0.1:{rest}/bigquery/v2/projects/buck"
    ports = ("--rest-port", str(rest), "--grpc-port", str(grpc), "--project", "buck")
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [str(programs / "python"), "-c", NINE_DECIMALS, "start", *ports],
            stdout=log,
            stderr=log,
            env=environment(folder),
        )
    try:
        give_up_at = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{address}/datasets", trust_env=False)
                break
            except httpx.TransportError:
                assert server.poll() is None, (folder / "log").read_text()[-2_000:]
                assert time.monotonic() < give_up_at, "the BigQuery emulator does not start"
                time.sleep(0.2)
        yield Emulator(address, programs)
    finally:
        server.kill()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
