"""Raw tables loaded into fakesnow by Snowflake's own connector: `just soak-snowflake`.

Fakesnow is not Snowflake: it translates Snowflake's SQL and runs it on DuckDB. It lives in an
environment of its own, as it wants another DuckDB; Buck runs in the tests' and finds the connector
there. What it cannot do is named here, and worked around in the tests only.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.warehouses.bigquery_emulator import CannotInstall, free_port
from tests.integration.warehouses.shop import FIRST, SECOND, deliver, make_shop
from tests.scratch import Done, Scratch

NEEDS = ("fakesnow[server]==0.12.1", "snowflake-connector-python==4.8.0")
PROFILES = Path(__file__).parents[3] / "transform" / "profiles.yml"
TARGET = """
    snowflake:
      type: snowflake
      account: fakesnow
      user: fake
      password: snow
      host: 127.0.0.1
      port: {port}
      protocol: http
      database: lakehouse
      schema: main
      threads: 1
"""
"""In a database called `warehouse` fakesnow shows no objects: it takes the name for a keyword."""
NO_FILE_LISTS = """
import re
from buck.warehouses import snowflake_sql
exact = snowflake_sql.copy
snowflake_sql.copy = lambda *a, **o: re.sub(r" files = \\(.*?\\)", "", exact(*a, **o))
"""
"""It knows no `files = (…)` beside an internal stage; the folder there holds the one file only."""

ASK = """
import json, sys
sys.path.append(sys.argv[1])
from snowflake import connector
there = connector.connect(user="fake", password="snow", account="fakesnow", host="127.0.0.1",
    port=sys.argv[2], protocol="http", database="lakehouse", schema="main")
json.dump(there.cursor().execute(sys.argv[3]).fetchall(), sys.stdout, default=str)
"""
ROWS = (
    "select id, customer, amount, pieces, is_paid, note from raw.raw_shop_orders order by id, note"
)


@dataclass
class Loader:
    """The shop, and Buck as a process that has Snowflake's connector."""

    project: Scratch
    packages: str
    port: int

    def load(self, patch: str) -> Done:
        return self.buck(patch, "warehouse", "load", "snowflake", "--json")

    def buck(self, patch: str, *words: str) -> Done:
        code = f"import sys; sys.path.append({self.packages!r})\n{patch}\n"
        code += "import buck.cli.main as m; m.main()"
        return self.project.buck("-c", code, *words, program=(sys.executable,))

    def ask(self, sql: str) -> list[list[object]]:
        done = subprocess.run(
            [sys.executable, "-c", ASK, self.packages, str(self.port), sql],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        found: list[list[object]] = json.loads(done.stdout)
        return found


def install(folder: Path, needs: tuple[str, ...] = NEEDS) -> Path:
    """Its environment, made once; gives the folder of its programs."""
    programs, done = folder / "venv" / "bin", folder / "installed"
    if done.exists() and done.read_text() == "\n".join(needs):
        return programs
    pip = (str(programs / "python"), "-m", "pip", "install", "-q", "--only-binary", ":all:")
    for command in (
        (sys.executable, "-m", "venv", "--clear", str(folder / "venv")),
        (*pip, *needs),
    ):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise CannotInstall((ended.stderr.strip() or "no reason given").splitlines()[-1])
    done.write_text("\n".join(needs))
    return programs


@pytest.fixture
def loader(pytestconfig: pytest.Config, tmp_path: Path, empty_home: Path) -> Iterator[Loader]:
    try:
        programs = install(pytestconfig.cache.mkdir("fakesnow"))
    except CannotInstall as exc:
        pytest.skip(f"fakesnow cannot be installed: {exc}")
    with running(programs, tmp_path, empty_home) as found:
        yield found


@contextmanager
def served(programs: Path, folder: Path, code: str = "") -> Iterator[int]:
    """Fakesnow runs, or Python code that starts it in another way; gives its port."""
    port = free_port()
    program = [str(programs / "python"), "-c", code] if code else [str(programs / "fakesnow")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*program, "-s", "-p", str(port), "--host", "127.0.0.1"],
            stdout=log,
            stderr=log,
            env={**os.environ, "TMPDIR": str(folder)},
        )
    try:
        give_up_at = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, (folder / "log").read_text()[-2_000:]
                assert time.monotonic() < give_up_at, "fakesnow does not start"
                time.sleep(0.2)
        yield port
    finally:
        server.kill()
        server.wait()


def connected(project: Scratch, programs: Path, port: int) -> Loader:
    """The project's target leads to fakesnow."""
    (packages,) = programs.parent.glob("lib/python*/site-packages")
    profiles = project.root / "transform" / "profiles.yml"
    before, _, _ = profiles.read_text().partition("\n    snowflake:")
    profiles.write_text(before + TARGET.format(port=port))
    return Loader(project, str(packages), port)


@contextmanager
def running(
    programs: Path,
    tmp_path: Path,
    empty_home: Path,
    prepare: Callable[[Scratch], None] = lambda _: None,
) -> Iterator[Loader]:
    """Fakesnow, and the shop with its first orders published on the lake."""
    with served(programs, tmp_path) as port:
        found = connected(make_shop(tmp_path, empty_home, PROFILES), programs, port)
        prepare(found.project)
        found.project.buck("run").expect(0)
        yield found


def test_a_load_holds_exactly_the_lakes_rows(loader: Loader) -> None:
    first = loader.load(NO_FILE_LISTS).expect(0).json
    assert [table["rows"] for table in first["tables"]] == [len(FIRST)]
    there = loader.ask(ROWS)
    assert [row[0] for row in there] == ["1", "2", "3"]
    assert there[1][2:] == ["0.100000000", 2, False, "it's a “gift”"]
    assert there[2] == ["3", "Ångström", "-3.050000000", None, True, FIRST[2][-1]]
    assert loader.load(NO_FILE_LISTS).expect(0).json["tables"] == first["tables"]
    assert loader.ask(ROWS) == there, "a second load changes nothing"

    deliver(loader.project, "second", SECOND)
    loader.project.buck("run").expect(0)
    again = loader.load(NO_FILE_LISTS).expect(0).json
    assert [table["rows"] for table in again["tables"]] == [len(FIRST) + len(SECOND)]
    moment = "select cast(min(ordered_at) as varchar) from raw.raw_shop_orders"
    assert str(loader.ask(moment)[0][0]).startswith("2026-01-01 10:00:00")
    assert loader.ask(
        "select count(*) from information_schema.tables where table_name like '%NEW'"
    ) == [[0]]


def test_fakesnow_still_knows_no_file_lists_on_a_stage(loader: Loader) -> None:
    """Snowflake's documentation has them; without, a load would take whatever lies there."""
    refused = loader.load("").expect(1)
    assert "invalid URL prefix" in refused.err
    assert "raw.raw_shop_orders can't be loaded" in refused.err
