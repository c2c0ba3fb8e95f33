"""Scenarios around PostgreSQL: a first load, what changed since, the current state, other tools."""

from __future__ import annotations

import importlib.util
import json
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace

from tests.bench import postgres
from tests.bench.measure import Once, Result, run_once
from tests.bench.scenarios import Bench

TIMES = 6
"""So many rows for each that `--rows` asks for: six million by default."""
CHANGED = 60
"""One row of so many changes: 100,000 of six million."""
PEERS = {
    "dlt sql_database, connectorx": ("connectorx", "dlt", "connectorx"),
    "dlt sql_database, pyarrow": ("sqlalchemy", "dlt", "pyarrow"),
    "sling to Parquet": ("sling", "sling"),
}


def measure_postgres(bench: Bench) -> Iterator[Result]:
    """The bench's own server; rounds are interleaved, ratios are taken within a round."""
    from buck.sandbox.postgres.server import start_server

    server = start_server(bench.folder / "pg", password="bench")
    try:
        yield from _Rounds(bench, server.url()).measure()
    finally:
        server.stop()


class _Rounds:
    def __init__(self, bench: Bench, url: str) -> None:
        self.bench, self.url = bench, url
        self.rows = bench.rows * TIMES
        self.project = bench.folder / "postgres"

    def way(self, *arguments: str) -> Once:
        """One process; its wall time is kept, what it says of itself is in the output."""
        environment = self.bench.environment | {"BENCH_DATABASE_URL": self.url}
        command = (sys.executable, "-m", "tests.bench.postgres", *arguments)
        return run_once(command, folder=self.project, environment=environment)

    def land(self, table: str) -> Once:
        shutil.rmtree(self.project, ignore_errors=True)
        postgres.prepare(self.project, self.url, table)
        return self.way("land", table)

    def measure(self) -> Iterator[Result]:
        postgres.make_table(self.url, "tenth", self.rows // 10)
        postgres.make_table(self.url, "lineitem", self.rows)
        yield from self.first_load()
        yield from self.changes()
        yield from self.peers()

    def first_load(self) -> Iterator[Result]:
        many = f"{self.rows:,} rows of PostgreSQL"
        copy, step = Result(f"{many}: one COPY"), Result(f"{many}: landing step")
        whole = Result(f"{many}: whole command")
        small = Result(f"{self.rows // 10:,} rows: whole command")
        self.project.mkdir(exist_ok=True)
        for _ in range(self.bench.runs):
            copy.runs.append(said(self.way("copy", "lineitem")))
            small.runs.append(self.land("tenth"))
            landed = self.land("lineitem")
            whole.runs.append(landed)
            step.runs.append(said(landed))
        against(step, copy, aim=1.15)
        whole.aim_s = step.wall_s + 2.5
        small.ratio = peak(whole) / peak(small)
        small.relative_to = "is the large one's memory"
        small.aim_ratio = 1.2
        yield from (copy, step, whole, small)

    def changes(self) -> Iterator[Result]:
        """On the lake that the last first load made."""
        many = f"{self.rows // CHANGED:,} changed of {self.rows:,}"
        fetch, step = Result(f"{many}: fetch alone"), Result(f"{many}: landing step")
        commit = Result(f"{many}: compare and commit", aim_s=0.5)
        read = Result(f"{many}: read the current state", aim_s=0.5)
        for _ in range(self.bench.runs):
            postgres.change_rows(self.url, "lineitem", every=CHANGED)
            newest = "(select * from lineitem where updated_at >= now() - interval '5 minutes')"
            fetch.runs.append(said(self.way("copy", newest)))
            landed = self.way("land", "lineitem")
            step.runs.append(said(landed))
            commit.runs.append(said(landed, "commit_s"))
            read.runs.append(said(self.way("read", "lineitem")))
        yield from (fetch, step, commit, read)

    def peers(self) -> Iterator[Result]:
        copy = Result("one COPY, beside the peers")
        copy.runs.append(said(self.way("copy", "lineitem")))
        yield copy
        for name, (package, way, *arguments) in PEERS.items():
            if importlib.util.find_spec(package) is None:
                sys.stderr.write(f"  skipped {name}: {package} is not installed\n")
                continue
            shutil.rmtree(self.project, ignore_errors=True)
            self.project.mkdir()
            result = Result(f"{self.rows:,} rows: {name}")
            try:
                result.runs.append(said(self.way(way, "lineitem", *arguments)))
            except RuntimeError as exc:
                sys.stderr.write(f"  skipped {name}: {str(exc).strip().splitlines()[-1]}\n")
                continue
            yield against(result, copy, aim=None)


def said(once: Once, name: str = "seconds") -> Once:
    """The same process with the seconds that it says a part of it took."""
    return replace(once, wall_s=float(json.loads(once.output.splitlines()[-1])[name]))


def against(result: Result, other: Result, *, aim: float | None) -> Result:
    """The median ratio, round by round."""
    pairs = zip(result.runs, other.runs, strict=True)
    result.ratio = statistics.median(mine.wall_s / theirs.wall_s for mine, theirs in pairs)
    result.relative_to, result.aim_ratio = other.name.rpartition(": ")[2], aim
    return result


def peak(result: Result) -> float:
    """The largest memory of its runs."""
    return max(once.peak_mb for once in result.runs)
