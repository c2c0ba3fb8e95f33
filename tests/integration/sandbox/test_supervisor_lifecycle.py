"""The background process: started, told what to do, killed, brought back, ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from buck import sandbox
from buck.errors import SandboxError
from buck.sandbox.supervisor.folder import SandboxFolder

REPOSITORY = Path(__file__).parents[3]
SMALL: dict[str, Any] = {"seed": 3, "customers": 15, "days": 12}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "lake" / ".buck" / "sandbox"
    yield folder
    sandbox.down(folder, forget=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One sandbox for the tests that only look."""
    folder = tmp_path_factory.mktemp("project") / "sandbox"
    sandbox.up(folder, **SMALL)
    yield folder
    sandbox.down(folder, forget=True)


def processes_about(folder: Path) -> list[int]:
    """Every living process with the folder in its command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(folder) in words and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def wait_until(condition: Any, *, wait_s: float = 15) -> bool:
    give_up_at = time.monotonic() + wait_s
    while not condition():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.05)
    return True


def environment(folder: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((folder / "environment.json").read_text())
    return content


def app_rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("organisations", "users", "products", "orders", "order_items", "usage_events")
    with psycopg.connect(environment(folder)["APP_DATABASE_URL"]) as connection:
        return {
            table: connection.execute(f"select * from {table} order by id".encode()).fetchall()
            for table in tables
        }


def test_up_serves_the_company_and_writes_what_a_project_needs(running: Path) -> None:
    status = sandbox.up(running)
    assert status.running
    assert (status.seed, status.customers, status.days) == (3, 15, 12)
    assert status.now_at.isoformat() == "2026-01-13T00:00:00+00:00"
    assert {system.name for system in status.systems} == {"stripe", "salesforce", "app"}
    for system in status.systems:
        assert sum(system.records.values()) > 0, system
    variables = environment(running)
    assert set(variables) >= {
        "STRIPE_API_KEY",
        "STRIPE_API_BASE",
        "SALESFORCE_LOGIN_URL",
        "SALESFORCE_CLIENT_ID",
        "SALESFORCE_CLIENT_SECRET",
        "APP_DATABASE_URL",
        "BUCK_AS_OF",
    }
    assert variables["BUCK_AS_OF"] == "2026-01-13T00:00:00+00:00"
    rows = app_rows(running)
    assert {table: len(found) for table, found in rows.items()} == status.system("app").records


def test_secrets_are_readable_by_their_owner_alone_and_in_no_status(running: Path) -> None:
    status = sandbox.up(running)
    for name in ("state.json", "environment.json"):
        assert stat.S_IMODE((running / name).stat().st_mode) == 0o600, name
    state = json.loads((running / "state.json").read_text())
    secrets = [state[n] for n in ("token", "postgres_password", "stripe_key")]
    said = json.dumps(status.to_dict()) + (running / "supervisor.log").read_text()
    assert not [secret for secret in secrets if secret in said]


def test_up_again_changes_nothing(running: Path) -> None:
    first = sandbox.up(running)
    second = sandbox.up(running)
    assert (second.pid, second.systems) == (first.pid, first.systems)


def test_two_who_start_at_once_get_one_sandbox(folder: Path) -> None:
    found: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(sandbox.up(folder, **SMALL).pid))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_another_seed_is_refused_rather_than_served(running: Path) -> None:
    with pytest.raises(SandboxError, match="seed 3, not 4"):
        sandbox.up(running, seed=4)


def test_advancing_shows_the_same_as_starting_later(folder: Path, tmp_path: Path) -> None:
    sandbox.up(folder, **SMALL)
    before = app_rows(folder)
    advanced = sandbox.advance(folder, days=6)
    assert environment(folder)["BUCK_AS_OF"] == "2026-01-19T00:00:00+00:00"
    after = app_rows(folder)
    assert len(after["orders"]) > len(before["orders"])
    other = tmp_path / "other"
    try:
        started = sandbox.up(other, **{**SMALL, "days": 18})
        assert app_rows(other) == after
        counts = [{s.name: s.records for s in status.systems} for status in (advanced, started)]
        assert counts[0] == counts[1]
    finally:
        sandbox.down(other, forget=True)


def test_killed_supervisor_comes_back_with_the_same_data_and_ports(folder: Path) -> None:
    sandbox.up(folder, **SMALL)
    sandbox.advance(folder, days=3)
    before = sandbox.spoil(folder, "duplicates")
    rows = app_rows(folder)
    variables = environment(folder)
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    # The database goes with it at once, by itself.
    assert wait_until(lambda: processes_about(folder) == [])
    assert not sandbox.status(folder).running
    after = sandbox.up(folder)
    assert after.pid != before.pid
    assert (after.days, after.now_at, after.spoils) == (15, before.now_at, ("duplicates",))
    assert after.systems == before.systems
    assert app_rows(folder) == rows
    assert environment(folder) == variables


def test_killed_database_is_replaced_on_the_same_port(folder: Path) -> None:
    before = sandbox.up(folder, **SMALL)
    rows = app_rows(folder)
    pid = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)

    def answers() -> bool:
        try:
            return app_rows(folder) == rows
        except psycopg.OperationalError:  # anything else would mean a half filled database
            return False

    assert wait_until(answers)
    after = sandbox.status(folder)
    assert (after.pid, after.system("app").port) == (before.pid, before.system("app").port)


def test_down_leaves_no_process_and_can_be_said_twice(folder: Path) -> None:
    status = sandbox.up(folder, **SMALL)
    assert status.pid in processes_about(folder)
    sandbox.down(folder)
    assert processes_about(folder) == []
    assert not (folder / "environment.json").exists()
    sandbox.down(folder)
    stopped = sandbox.status(folder)
    assert (stopped.running, stopped.days, stopped.systems) == (False, 12, ())
    with pytest.raises(SandboxError, match="is not running"):
        sandbox.advance(folder, days=1)


def test_sandboxes_in_two_folders_do_not_disturb_each_other(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    try:
        first = sandbox.up(folder, **SMALL)
        second = sandbox.up(other, **{**SMALL, "seed": 4})
        ports = [system.port for status in (first, second) for system in status.systems]
        assert len(set(ports)) == len(ports)
        assert app_rows(folder)["users"] != app_rows(other)["users"]
        sandbox.down(other)
        assert sandbox.status(folder).running
        assert app_rows(folder)["users"]
    finally:
        sandbox.down(other, forget=True)


def test_process_ends_when_its_folder_is_removed(folder: Path) -> None:
    sandbox.up(folder, **SMALL)
    shutil.rmtree(folder)
    assert wait_until(lambda: processes_about(folder) == [])
    assert not folder.exists()


def test_unused_process_ends_by_itself(folder: Path) -> None:
    sandbox.up(folder, idle_limit_s=1.5, **SMALL)
    assert wait_until(lambda: processes_about(folder) == [])
    # A process that is ending has no command line any more, and may still hold its lock.
    assert wait_until(lambda: not SandboxFolder(folder).is_running())


def test_a_reader_of_the_database_keeps_it_from_being_idle(folder: Path) -> None:
    sandbox.up(folder, idle_limit_s=3, **SMALL)
    variables = environment(folder)
    for _ in range(16):
        with psycopg.connect(variables["APP_DATABASE_URL"]) as connection:
            connection.execute("select 1")
        time.sleep(0.3)
    assert SandboxFolder(folder).is_running()


def test_failed_start_says_why_and_leaves_nothing(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "postgres").write_text("in the way")
    with pytest.raises(SandboxError, match=r"folder .*postgres cannot be made anew"):
        sandbox.up(folder, **SMALL)
    assert wait_until(lambda: processes_about(folder) == [])
    # A process that is ending has no command line any more, and may still hold its lock.
    assert wait_until(lambda: not SandboxFolder(folder).is_running())
    (folder / "postgres").unlink()
    assert sandbox.up(folder, **SMALL).running


def test_damaged_state_is_named_with_what_to_do(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "state.json").write_text('{"format": 1, "seed"')
    with pytest.raises(SandboxError, match=r"state\.json is damaged") as caught:
        sandbox.up(folder)
    assert "remove" in caught.value.hint


def test_no_sandbox_is_an_error_with_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="there is no sandbox") as caught:
        sandbox.status(tmp_path)
    assert caught.value.hint == "buck sandbox up"


def test_importing_the_room_is_cheap() -> None:
    code = "import sys, buck.sandbox; print([m for m in sys.modules if m.startswith('buck.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    assert done.stdout.strip() == "['buck.sandbox']"
