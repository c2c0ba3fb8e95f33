"""Processes measured from outside: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

IN_MB = 1024 * 1024 if sys.platform == "darwin" else 1024
"""The kernel counts `ru_maxrss` in bytes on macOS and in kilobytes on Linux."""


@dataclass(frozen=True, slots=True)
class Once:
    """One process, from start to end."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str = field(repr=False)


@dataclass(slots=True)
class Result:
    """All runs of one piece of work."""

    name: str
    runs: list[Once] = field(default_factory=list)
    aim_s: float | None = None
    relative_to: str = ""
    ratio: float | None = None
    aim_ratio: float | None = None

    @property
    def wall_s(self) -> float:
        """The median."""
        return statistics.median(r.wall_s for r in self.runs)

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "name": self.name,
            "runs": len(self.runs),
            "wall_s": round(self.wall_s, 4),
            "fastest_s": round(min(r.wall_s for r in self.runs), 4),
            "slowest_s": round(max(r.wall_s for r in self.runs), 4),
            "cpu_s": round(statistics.median(r.cpu_s for r in self.runs), 4),
            "peak_mb": round(max(r.peak_mb for r in self.runs), 1),
            "aim_s": self.aim_s,
            "relative_to": self.relative_to,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "aim_ratio": self.aim_ratio,
        }


def run_once(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Once:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; a benchmark of failures measures nothing.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Once(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / IN_MB, output)


def as_table(results: Sequence[Result]) -> str:
    """The results for people."""
    rows = [("work", "median", "fastest", "slowest", "cpu", "peak MB", "ratio", "aim")]
    for result in results:
        one = result.to_dict()
        ratio = f"{result.ratio:.2f} × {result.relative_to}" if result.ratio is not None else ""
        aim = f"≤ {result.aim_s:g} s" if result.aim_s is not None else ""
        if result.aim_ratio is not None:
            aim = f"≤ {result.aim_ratio:g} ×"
        rows.append(
            (
                f"{result.name} ({one['runs']} runs)",
                _time(result.wall_s),
                _time(float(str(one["fastest_s"]))),
                _time(float(str(one["slowest_s"]))),
                _time(float(str(one["cpu_s"]))),
                f"{one['peak_mb']:.0f}",
                ratio,
                aim,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
