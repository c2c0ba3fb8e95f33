"""Stripe's charges over a slow wire into Delta, beside fetching them alone."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.bench.measure import Once, Result
from tests.bench.scenarios import Bench

LATENCY_S = 0.1
RATE_PER_S = 100.0
"""Stripe's own limit for an account; the server refuses what comes above it."""


def measure_stripe(bench: Bench) -> Iterator[Result]:
    """Work only, start-up apart: that is measured elsewhere, and would hide what the wire costs."""
    rows = min(20_000, max(2_000, bench.rows // 10))
    name = f"{rows:,} Stripe charges at {LATENCY_S * 1000:.0f} ms"
    fetched, landed = Result(f"{name}: fetch alone"), Result(f"{name}: into Delta")
    peer = Result(f"{name}: dlt rest_api")
    server = subprocess.Popen(
        _command("serve", rows, LATENCY_S, RATE_PER_S),
        cwd=bench.folder,
        env=bench.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        address = server.stdout.readline().strip()
        for number in range(bench.runs):
            project = bench.project(f"stripe-{number}")
            for result, role in ((fetched, ("fetch",)), (landed, ("land", RATE_PER_S))):
                command = _command(role[0], address, *role[1:])
                once = bench.once(*command, folder=project)
                told = json.loads(once.output.splitlines()[-1])
                assert told["rows"] == rows
                result.runs.append(_work(once, told))
            shutil.rmtree(project)
        # Once: it asks page after page, so it takes as long as all of the above.
        project = bench.project("stripe-peer")
        once = bench.once(*_command("rest_api", address), folder=project)
        told = json.loads(once.output.splitlines()[-1])
        assert told["rows"] == rows
        peer.runs.append(_work(once, told))
    finally:
        server.stdin.close()
        busy = json.loads(server.stdout.read().splitlines()[-1])
        server.wait(timeout=30)
        server.stdout.close()
    assert busy["busiest_second"] <= RATE_PER_S, busy
    landed.relative_to = f"fetching; at most {busy['busiest_second']} requests in a second"
    # Per round, so that a busy minute cancels out.
    pairs = zip(fetched.runs, landed.runs, strict=True)
    landed.ratio = statistics.median(land.wall_s / fetch.wall_s for fetch, land in pairs)
    landed.aim_ratio = 1.2
    peer.relative_to = "fetching"
    peer.ratio = peer.runs[0].wall_s / statistics.median(run.wall_s for run in fetched.runs)
    yield from (fetched, landed, peer)


def _command(role: str, *given: Any) -> list[str]:
    return [sys.executable, "-m", "tests.bench.stripe", role, *map(str, given)]


def _work(once: Once, told: dict[str, Any]) -> Once:
    """The run as its own clock saw it."""
    return replace(once, wall_s=told["seconds"], cpu_s=told["cpu_seconds"])
