"""Object stores in processes of their own, on the loopback, gone with the test run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

KEY, SECRET = "test-key", "test-secret"
WEED_PORTS = (
    *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc"),
)


def weed_program() -> Path:
    """SeaweedFS as its wheel installs it; there may be none for this platform."""
    return Path(sys.executable).parent / "weed"


@contextmanager
def run_seaweedfs(folder: Path) -> Iterator[str]:
    """SeaweedFS, an S3 server that shares no line with moto; its address."""
    ports = dict(zip(WEED_PORTS, free_ports(len(WEED_PORTS)), strict=True))
    command = [
        *(str(weed_program()), "mini", f"-dir={folder}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"),
        *("-admin.ui=false", "-webdav=false", "-s3.port.lance=0", "-s3.port.iceberg=0"),
        # Each bucket takes volumes; by itself it allows as many as full ones would fit on the disk.
        "-volume.max=100000",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    with (folder / "weed.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env)
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    try:
        _wait_until_writable(endpoint, server, folder / "weed.log")
        yield endpoint
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=5)
        server.kill()
        server.wait()
        for port in ports.values():
            # It puts its sockets where no option of it reaches, named after their port.
            for left in Path("/tmp").glob(f"seaweedfs-*{port}.sock"):
                left.unlink(missing_ok=True)


def free_ports(count: int) -> list[int]:
    """Ports that the system says are free, each another one."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def open_files(endpoint: str) -> Any:
    """The store's files, as s3fs shows them."""
    import s3fs

    return s3fs.S3FileSystem(
        key=KEY, secret=SECRET, endpoint_url=endpoint, skip_instance_cache=True
    )


def create_bucket(endpoint: str) -> str:
    """A new bucket's name."""
    name = f"lake-{uuid.uuid4().hex[:12]}"
    open_files(endpoint).mkdir(name)
    return name


def _wait_until_writable(endpoint: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Buckets can be made before there is a volume to write to."""
    give_up_at = time.monotonic() + 60
    files = open_files(endpoint)
    while server.poll() is None and time.monotonic() < give_up_at:
        with suppress(OSError):
            if not files.exists("lake-probe"):
                files.mkdir("lake-probe")
            files.pipe_file("lake-probe/x", b"x")
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-2000:])
