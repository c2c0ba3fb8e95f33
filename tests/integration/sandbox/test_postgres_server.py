"""A real PostgreSQL server, started every way that this machine allows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from buck.errors import SandboxError
from buck.sandbox.postgres.installation import (
    Account,
    Attempt,
    Installation,
    Route,
    find_account,
    find_installations,
    find_wheel,
    plan_attempts,
    routes_for,
)
from buck.sandbox.postgres.server import PostgresServer, start_server

PASSWORD = "a-password"
REPOSITORY = Path(__file__).parents[3]

# An ordinary user but for one thing: the interpreter may lie in a folder that only root enters.
AS_NOBODY = [
    "/usr/bin/setpriv",
    f"--reuid={find_account().user_id}",
    f"--regid={find_account().group_id}",
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
]

START_AND_WAIT = """
import sys
from pathlib import Path
from buck.sandbox.postgres.server import start_server

server = start_server(Path(sys.argv[1]), password="a-password")
print(server.pid, server.port, flush=True)
sys.stdin.read()
server.stop()
"""


def processes_about(text: str) -> list[int]:
    """Every living process with the text in its command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if text in words and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def wait_until_gone(text: str, *, wait_s: float = 10) -> list[int]:
    give_up_at = time.monotonic() + wait_s
    while (left := processes_about(text)) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return left


def ask(server: PostgresServer, statement: str) -> object:
    with server.connect() as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def test_server_answers_on_loopback_only_and_leaves_nothing(tmp_path: Path) -> None:
    server = start_server(tmp_path / "pg", password=PASSWORD)
    try:
        assert ask(server, "show listen_addresses") == "127.0.0.1"
        assert ask(server, "show wal_level") == "logical"
        assert ask(server, "show server_encoding") == "UTF8"
        assert ask(server, "select current_database()") == "app"
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select 'Žluťoučký 東京'").fetchone() == ("Žluťoučký 東京",)
    finally:
        server.stop()
    assert processes_about(str(tmp_path)) == []


def test_wrong_password_is_refused_and_the_right_one_is_in_no_repr(tmp_path: Path) -> None:
    server = start_server(tmp_path / "pg", password=PASSWORD)
    try:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url().replace(PASSWORD, "another"))
        assert PASSWORD not in repr(server)
        assert not (tmp_path / "pg" / "password").exists()
    finally:
        server.stop()


def workable_routes() -> list[Route]:
    routes = routes_for(os.geteuid(), linux=sys.platform == "linux")
    if Route.NAMESPACE in routes:
        allowed = subprocess.run(
            ["/usr/bin/unshare", "--user", "true"], capture_output=True, check=False
        )
        if allowed.returncode != 0:
            routes.remove(Route.NAMESPACE)
    return routes


@pytest.mark.parametrize("route", workable_routes())
def test_each_route_of_this_machine_works_alone(tmp_path: Path, route: Route) -> None:
    attempts = [a for a in plan_attempts(tmp_path / "pg") if a.route is route]
    server = start_server(tmp_path / "pg", password=PASSWORD, attempts=attempts[:1])
    try:
        assert server.attempt.route is route
        owner = (tmp_path / "pg" / "data").stat().st_uid
        assert owner == (find_account().user_id if route is Route.USER else os.geteuid())
        assert ask(server, "select 1") == 1
    finally:
        server.stop()
    assert processes_about(str(tmp_path)) == []


def test_at_least_one_route_was_tried_here() -> None:
    assert workable_routes()


def test_root_takes_a_namespace_and_then_another_user() -> None:
    assert routes_for(0, linux=True) == [Route.NAMESPACE, Route.USER]
    assert routes_for(0, linux=False) == [Route.USER]
    assert routes_for(501, linux=False) == [Route.SELF]
    assert routes_for(1000, linux=True)[0] is Route.SELF


def test_wheel_comes_before_installed_servers() -> None:
    assert find_installations()[0] == find_wheel()


def test_next_way_is_taken_when_one_fails(tmp_path: Path) -> None:
    broken = Installation(tmp_path / "no-such-bin", "system")
    account = Account(65534, 65534)
    attempts = [Attempt(broken, Route.SELF, account), *plan_attempts(tmp_path / "pg")]
    server = start_server(tmp_path / "pg", password=PASSWORD, attempts=attempts)
    server.stop()
    assert server.attempt == attempts[1]


def test_no_way_at_all_says_why_each_failed(tmp_path: Path) -> None:
    broken = Installation(tmp_path / "no-such-bin", "system")
    attempts = [Attempt(broken, Route.SELF, Account(65534, 65534))]
    with pytest.raises(SandboxError, match=r"no-such-bin as self: .*No such file") as caught:
        start_server(tmp_path / "pg", password=PASSWORD, attempts=attempts)
    assert "apt-get install postgresql" in caught.value.hint


def test_wanted_port_is_taken_when_free_and_another_when_not(tmp_path: Path) -> None:
    first = start_server(tmp_path / "one", password=PASSWORD)
    second = start_server(tmp_path / "two", password=PASSWORD, port=first.port)
    try:
        assert second.port != first.port
        assert ask(first, "select 1") == ask(second, "select 1") == 1
    finally:
        first.stop()
        second.stop()
    again = start_server(tmp_path / "one", password=PASSWORD, port=first.port)
    again.stop()
    assert again.port == first.port


def test_killed_parent_takes_the_server_along(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path / "pg")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        assert processes_about(str(tmp_path / "pg" / "data"))
        parent.send_signal(signal.SIGKILL)
    assert wait_until_gone(str(tmp_path / "pg" / "data")) == []


@pytest.mark.parametrize("quit_is", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
def test_watched_server_ends_with_its_parent_too(quit_is: signal.Handlers) -> None:
    """The way of systems without a parent death signal, which works on every system."""
    launcher = REPOSITORY / "buck" / "sandbox" / "postgres" / "launcher.py"
    options = ["--route", "self", "--parent-pid", "0", "--tie", "watch", "--"]
    mark = f"{4000 + os.getpid() % 1000}.125"
    # A shell ignores the signal for its background jobs, and children inherit that.
    before = signal.signal(signal.SIGQUIT, quit_is)
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(launcher), *options, "/bin/sleep", mark],
        stdin=subprocess.PIPE,
    )
    signal.signal(signal.SIGQUIT, before)
    with watcher:
        give_up_at = time.monotonic() + 5
        while len(processes_about(mark)) < 2 and time.monotonic() < give_up_at:
            time.sleep(0.02)
        assert len(processes_about(mark)) == 2
        assert watcher.stdin is not None
        watcher.stdin.close()
        assert watcher.wait(timeout=5) != 0
    assert wait_until_gone(mark) == []


def test_server_left_by_a_crash_is_ended_and_replaced(tmp_path: Path) -> None:
    # A server with no tie to its parent is what a crash of an untied system leaves behind.
    first = start_server(tmp_path / "pg", password=PASSWORD)
    with first.connect() as connection:
        connection.execute("create table left_behind (id int)")
    second = start_server(tmp_path / "pg", password=PASSWORD)
    try:
        first.process.wait(timeout=5)
        assert ask(second, "select to_regclass('left_behind') is null") is True
    finally:
        first.stop()
        second.stop()


def test_stale_pid_file_of_some_other_program_harms_nobody(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["/bin/sleep", "60"])
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"{bystander.pid}\n{data}\n")
    with bystander:
        try:
            start_server(tmp_path / "pg", password=PASSWORD).stop()
            assert bystander.poll() is None
        finally:
            bystander.terminate()


@pytest.mark.skipif(os.geteuid() != 0, reason="already an ordinary user")
def test_ordinary_user_runs_the_server_directly(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"buck-test-{os.getpid()}"  # pytest's own folder is closed to others
    folder.mkdir(mode=0o755)
    account = find_account()
    os.chown(folder, account.user_id, account.group_id)
    try:
        done = subprocess.run(
            [*AS_NOBODY, sys.executable, "-c", START_AND_WAIT, str(folder / "pg")],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (folder / "pg" / "data").stat().st_uid == account.user_id
        assert processes_about(str(folder)) == []
    finally:
        subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)
