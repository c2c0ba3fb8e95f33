"""`buck dbt docs generate|serve`: the project's documentation, in a real browser, offline."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OWN_TRAFFIC = (".google.com", ".googleapis.com", ".gvt1.com", ".gstatic.com")
"""What a browser asks for by itself, whatever page it shows."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def documented(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A copy of the published project with its documentation generated."""
    project = published.copy(tmp_path_factory.mktemp("docs") / "project")
    project.buck("dbt", "docs", "generate", "--static").expect(0)
    return project


@pytest.fixture(scope="module")
def address(documented: Any) -> Iterator[str]:
    """Where `buck dbt docs serve` answers."""
    port = free_port()
    server = documented.start("dbt", "docs", "serve", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        give_up_at = time.monotonic() + 120
        while True:
            try:
                httpx.get(url, trust_env=False)
                break
            except httpx.TransportError:
                assert server.poll() is None, server.communicate()
                assert time.monotonic() < give_up_at, "the documentation is not served"
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.communicate()


def test_the_page_is_one_file_that_fetches_nothing(documented: Any) -> None:
    page = (documented.work / "dbt" / "target" / "static_index.html").read_text(encoding="utf-8")
    assert "One row per live Stripe charge" in page
    for part in ("<script src", '<link rel="stylesheet" href="http', "fonts.googleapis.com"):
        assert part not in page
    # dbt's page would report its readers if usage statistics were sent.
    assert '"send_anonymous_usage_stats": true' not in page


def test_it_is_served_on_this_machine_only_and_blocks_no_run(documented: Any, address: str) -> None:
    manifest = httpx.get(f"{address}/manifest.json", trust_env=False).json()
    catalog = httpx.get(f"{address}/catalog.json", trust_env=False).json()
    assert "model.buck.fct_payments" in manifest["nodes"]
    assert catalog["nodes"]["model.buck.fct_payments"]["columns"]
    port = int(address.rpartition(":")[2])
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex((socket.gethostbyname(socket.gethostname()), port)) != 0 or (
            socket.gethostbyname(socket.gethostname()).startswith("127.")
        )
    lock = documented.work / "run.lock"
    import fcntl

    with lock.open("a+") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.skipif(CHROMIUM is None, reason="apt install chromium")
def test_a_browser_shows_a_model_without_the_internet(address: str, tmp_path: Any) -> None:
    asked: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def record() -> None:
        """A proxy that forwards nothing and remembers whom the browser wanted."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                asked.append(client.recv(4096).split(b"\r\n")[0].decode(errors="replace"))

    threading.Thread(target=record, daemon=True).start()
    try:
        done = subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
                f"--user-data-dir={tmp_path}",
                f"--proxy-server=127.0.0.1:{listener.getsockname()[1]}",
                "--proxy-bypass-list=127.0.0.1",
                "--virtual-time-budget=15000",
                "--dump-dom",
                f"{address}/#!/model/model.buck.fct_payments",
            ],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    finally:
        listener.close()
    assert "One row per live Stripe charge" in done.stdout, done.stderr[-2000:]
    assert "customer_key" in done.stdout
    hosts = {line.split()[1].removeprefix("http://").split("/")[0] for line in asked if line}
    outside = {host.partition(":")[0] for host in hosts}
    assert {host for host in outside if not host.endswith(OWN_TRAFFIC)} == set()
