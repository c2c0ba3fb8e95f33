"""Loads in processes of their own, which are killed at chosen or at random moments.

Run as a program it is a nursery: it imports what a load needs once, then forks one child for each
order it reads from standard input (a line of JSON) and answers with a line that says what became
of it. A kill therefore costs a load's time and no start of Python.

The source is a table of eleven rows that somebody changes, one after the other, and sometimes
deletes: change number k concerns row k * 7 mod 11. A load brings it to change `until`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from buck.errors import BuckError
from buck.lake import delta_log, file_log
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.records.access import S3Access
from buck.records.table import Column, TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import TableLoad

SPEC = TableSpec(
    "shop", "items", ("id",), (Column("id", "bigint"), Column("name", "text")), cursor="id"
)
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = 11
OVERLAP = 3
POINTS = ("before-files", "after-files", "before-commit", "after-commit", "before-acknowledgement")


@dataclass(frozen=True)
class Order:
    """One load. It dies at `point`, or `kill_after_s` after its start, or not at all."""

    root: str
    work: str
    format: str
    load_id: str
    until: int
    point: str = ""
    kill_after_s: float = 0.0
    endpoint: str = ""
    key_id: str = "k"
    secret: str = "s"
    gate: str = ""
    """A file to wait for between opening the table and committing."""
    ballast: int = 0
    """Bytes that make each row larger, and that no compression makes smaller."""

    def lake(self) -> Lake:
        access = S3Access(endpoint=self.endpoint, key_id=self.key_id, secret=self.secret)
        return Lake(
            self.root,
            Path(self.work),
            s3=access if self.endpoint else None,
            formats={"shop": self.format},  # type: ignore[dict-item]
        )


def changed_rows(since: int, until: int) -> list[dict[str, Any]]:
    """The rows that changed after `since`, as they are at `until`; `op` says if one is gone."""
    newest = {k * 7 % KEYS: k for k in range(1, until + 1)}
    return [
        {"id": key, "name": None if k % 5 == 0 else f"change {k}", "op": "d" if k % 5 == 0 else "u"}
        for key, k in sorted(newest.items(), key=lambda pair: pair[1])
        if k > since
    ]


def land(
    lake: Lake, load_id: str, *, until: int, point: str = "", gate: str = "", ballast: int = 0
) -> dict[str, Any]:
    """Bring the lake from its mark to `until`, reading a little again as real sources make one."""
    landing = lake.landing("shop", load_id, facts={})
    try:
        opened = landing.open(SPEC)
        if gate:
            wait_for(Path(gate))
        table = TableLoad(SPEC, load_id, AS_OF, opened.sequence + 1, opened.position)
        rows = changed_rows(max(0, opened.position.get("until", 0) - OVERLAP), until)
        die(point, "before-files")
        file = landing.scratch / "rows.parquet"
        records = [{"id": r["id"], "name": widen(r["name"], ballast)} for r in rows]
        pq.write_table(table.arrow(records, op=[r["op"] for r in rows]), file)
        die(point, "after-files")
        with dying_commit(point):
            report = landing.commit(
                SPEC,
                [file],
                schema=full_schema([file], spec_schema(SPEC)),
                marks={"until": until},
            )
        die(point, "before-acknowledgement")
    finally:
        landing.close()
    return {"landed": report.rows_landed, "version": report.version}


def widen(name: str | None, ballast: int) -> str | None:
    return name and name + random.Random(name).randbytes(ballast // 2).hex()


def wait_for(file: Path) -> None:
    file.with_suffix(f".{os.getpid()}").touch()
    give_up_at = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < give_up_at
        time.sleep(0.002)


def die(point: str, here: str) -> None:
    if point == here:
        os.kill(os.getpid(), signal.SIGKILL)


class dying_commit:  # noqa: N801  a context manager used like a function
    """Dies right before or right after the step that makes a commit visible."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.steps = [(delta_log.DeltaLog, "_append"), (delta_log.DeltaLog, "_create")]

    def __enter__(self) -> None:
        self.before = [getattr(owner, name) for owner, name in self.steps]
        self.write, self.commit = file_log.FileLog._write, file_log.FileLog.commit
        for (owner, name), original in zip(self.steps, self.before, strict=True):
            setattr(owner, name, self.around(original, "before-commit", "after-commit"))
        file_log.FileLog._write = self.around(self.write, "", "before-commit")  # type: ignore[method-assign]
        file_log.FileLog.commit = self.around(self.commit, "", "after-commit")  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        for (owner, name), original in zip(self.steps, self.before, strict=True):
            setattr(owner, name, original)
        file_log.FileLog._write = self.write  # type: ignore[method-assign]
        file_log.FileLog.commit = self.commit  # type: ignore[method-assign]

    def around(self, step: Any, before: str, after: str) -> Any:
        def wrapped(*args: Any, **given: Any) -> Any:
            die(self.point, before or "never")
            result = step(*args, **given)
            die(self.point, after)
            return result

        return wrapped


def run_child(order: Order, answer: int) -> None:
    """What a forked child does; it never returns."""
    code = 0
    try:
        lake = order.lake()
        lake.sweep() if not order.gate else None
        said = land(
            lake,
            order.load_id,
            until=order.until,
            point=order.point,
            gate=order.gate,
            ballast=order.ballast,
        )
    except BuckError as exc:
        said, code = {"error": type(exc).__name__, "what": exc.what, "hint": exc.hint}, 1
    os.write(answer, json.dumps(said).encode())
    os._exit(code)


def start(order: Order) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run_child(order, writing)
    os.close(writing)
    return child, reading


def finish(child: int, reading: int, *, kill_after_s: float = 0.0) -> dict[str, Any]:
    started = time.monotonic()
    if kill_after_s:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    said = b"".join(iter(lambda: os.read(reading, 65536), b""))
    os.close(reading)
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - started
    if os.WIFSIGNALED(status):
        return {"killed": True, "signal": os.WTERMSIG(status), "seconds": seconds}
    return {"killed": False, "seconds": seconds, **json.loads(said or b"{}")}


def serve() -> None:
    """Answer orders until there are no more; several at once run side by side."""
    import deltalake  # noqa: F401
    import duckdb  # noqa: F401
    import s3fs  # noqa: F401

    for line in sys.stdin:
        orders = [Order(**one) for one in json.loads(line)]
        running = [start(order) for order in orders]
        if gate := orders[0].gate:
            waiting = Path(gate)
            while len(list(waiting.parent.glob(f"{waiting.stem}.*"))) < len(orders):
                time.sleep(0.002)
            waiting.touch()
        done = [
            finish(*run, kill_after_s=order.kill_after_s)
            for order, run in zip(orders, running, strict=True)
        ]
        sys.stdout.write(json.dumps(done) + "\n")
        sys.stdout.flush()


def random_moments(count: int, *, longest_s: float, seed: int) -> list[float]:
    """Moments from the start of a load to a little after its end."""
    dice = random.Random(seed)
    return [dice.uniform(0.001, longest_s * 1.1) for _ in range(count)]


def as_order(order: Order, **changes: Any) -> dict[str, Any]:
    """What the nursery reads."""
    return asdict(replace(order, **changes))


if __name__ == "__main__":
    serve()
