"""A Stripe account of many charges, read in two ways: `python -m tests.bench.stripe ROLE …`.

serve ROWS LATENCY_S RATE: the sandbox's server, until standard input closes; the first line it
prints is its address, the last one says how busy it was. fetch ADDRESS: all charges in 16 windows
by 8 workers, decoded and forgotten, as fast as one would without a lake. land ADDRESS RATE: the
connector's first load into Delta. rest_api ADDRESS: dlt's own rest_api into Delta, as its
documentation shows it. The working folder is the project. All print their seconds of work, imports
apart.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

KEY = "rk_live_sandbox00"
DAYS = 365
WINDOWS, WORKERS = 16, 8


def serve(rows: int, latency_s: float, rate: float) -> None:
    """Charges of about 3 kB, evenly over a year."""
    from buck.sandbox.company import Change, Company, day_start
    from buck.sandbox.http import Clock
    from buck.sandbox.stripe import StripeServer, StripeStore

    model = next(
        c.record
        for c in Company(customers=4).changes(30)
        if c.table == "charges" and c.livemode and c.record["status"] == "succeeded"
    )
    filling = {f"note_{n}": "x" * 60 for n in range(14)}
    first_s, step_s = int(day_start(0).timestamp()), DAYS * 86_400 / rows
    store = StripeStore()
    for number in range(rows):
        created = first_s + int(number * step_s)
        record = {
            **model,
            "id": f"ch_{number:024d}",
            "amount": 100 + number,
            "created": created,
            "metadata": {**filling, "order": str(number)},
        }
        at = datetime.fromtimestamp(created, UTC)
        store.apply([Change(at, "stripe", "charges", "insert", record["id"], record)])
    for entry in store.shelf("charges", live=True).entries:
        entry.body()
    server = StripeServer(store, clock=Clock(day_start(DAYS)), control_token="bench")
    server.faults.add({"delay_s": latency_s})
    server.faults.add({"rate_per_s": rate})
    sys.stdout.write(f"{server.start()}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()
    busiest = server.rate.busiest["/v1/charges"]
    sys.stdout.write(json.dumps({"busiest_second": busiest, "limit": rate}) + "\n")


def fetch(address: str) -> None:
    """The wire's own cost."""
    import httpx
    import orjson

    started = _start()
    headers = {"Authorization": f"Bearer {KEY}"}
    limits = httpx.Limits(max_connections=WORKERS)
    with httpx.Client(
        base_url=address, headers=headers, limits=limits, trust_env=False, timeout=60
    ) as http:

        def read(window: tuple[int, int]) -> int:
            params: dict[str, str | int] = {
                "limit": 100,
                "created[gte]": window[0],
                "created[lt]": window[1],
            }
            found = 0
            while True:
                answer = http.get("/v1/charges", params=params)
                answer.raise_for_status()
                page = orjson.loads(answer.content)
                found += len(page["data"])
                if not page["has_more"]:
                    return found
                params["starting_after"] = page["data"][-1]["id"]

        first_s = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
        width_s = DAYS * 86_400 // WINDOWS + 1
        windows = [(first_s + n * width_s, first_s + (n + 1) * width_s) for n in range(WINDOWS)]
        with ThreadPoolExecutor(WORKERS) as pool:
            rows = sum(pool.map(read, windows))
    _tell(rows, started)


def land(address: str, rate: float) -> None:
    """The same into a lake, exactly once; an empty list is landed first, for the imports' sake."""
    from buck.flow.lake_access import open_lake
    from buck.lake import full_schema
    from buck.pipelines import load_module, run_source
    from buck.project import open_project

    lake = open_lake(open_project(Path.cwd()))
    folder = Path("bench")
    folder.mkdir(exist_ok=True)
    started, rows = _start(), 0
    for table in ("disputes", "charges"):
        (folder / "stripe_pipeline.py").write_text(
            "from buck.sources import stripe\n\n\ndef source():\n    return stripe.source(\n"
            f"        api_key={KEY!r}, api_base={address!r}, tables=[{table!r}],\n"
            f"        requests_per_s={rate},\n    )\n",
            encoding="utf-8",
        )
        module = load_module(folder, "stripe")
        started = _start()
        landing = lake.landing("stripe", f"bench-{table}", facts={})
        try:
            report = run_source(
                module,
                landing,
                load_id=f"bench-{table}",
                as_of=datetime(2027, 1, 1, tzinfo=UTC),
                options={},
                merge_schema=full_schema,
            )
        finally:
            landing.close()
        rows = report.rows_landed
    _tell(rows, started)


def rest_api(address: str) -> None:
    """A peer: one declared resource, page after page, into a Delta table."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    pages = {
        "type": "cursor",
        "cursor_path": "data[-1].id",
        "cursor_param": "starting_after",
        "has_more_path": "has_more",
    }
    source = rest_api_source(
        {
            "client": {
                "base_url": address,
                "auth": {"type": "bearer", "token": KEY},
                "paginator": pages,
            },
            "resources": [
                {
                    "name": "charges",
                    "table_format": "delta",
                    "write_disposition": "append",
                    "endpoint": {
                        "path": "v1/charges",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "peer",
        pipelines_dir="dlt",
        destination=dlt.destinations.filesystem(bucket_url=Path("peer").absolute().as_uri()),
        dataset_name="raw",
    )
    started = _start()
    pipeline.run(source)
    assert pipeline.last_trace.last_normalize_info is not None
    _tell(pipeline.last_trace.last_normalize_info.row_counts["charges"], started)


def _start() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _tell(rows: int, started: tuple[float, float]) -> None:
    seconds = time.perf_counter() - started[0]
    cpu_seconds = time.process_time() - started[1]
    told = {"rows": rows, "seconds": seconds, "cpu_seconds": cpu_seconds}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    role, *given = sys.argv[1:]
    if role == "serve":
        serve(int(given[0]), float(given[1]), float(given[2]))
    elif role == "fetch":
        fetch(given[0])
    elif role == "rest_api":
        rest_api(given[0])
    else:
        land(given[0], float(given[1]))
