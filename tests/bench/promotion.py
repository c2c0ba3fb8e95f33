"""Sending a raw table to PostgreSQL, beside a bare COPY of the same rows.

`python -m tests.bench.promotion ROWS RUNS` works in the current folder, a project, and prints the
seconds of each round and the process's peak memory as JSON. The server is the bench's own; the
bare COPY reads a file that holds exactly the lines that a promotion sends.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import psycopg

from buck.engine import Rows, connect
from buck.flow.bulk import land_bulk_payments
from buck.flow.lake_access import open_lake
from buck.names import RawTable
from buck.project import open_project
from buck.records.promotion import RawLoad
from buck.sandbox.postgres.server import start_server
from buck.warehouses import open_promotions, open_warehouse
from buck.warehouses.postgres import copy_line

CHUNK_BYTES = 1 << 20
TABLE = "raw_stripe_charges"


def main(rows: int, runs: int) -> None:
    """Both ways, in turns."""
    project = open_project(Path.cwd())
    land_bulk_payments(project, rows)
    lake = open_lake(project)
    pin = lake.pin_raw(RawTable("stripe", "charges"))
    server = start_server(Path("pg"), password="bench", database="warehouse")
    settings = {
        "type": "postgres",
        "host": "127.0.0.1",
        "port": server.port,
        "user": "buck",
        "password": "bench",
        "dbname": "warehouse",
        "sslmode": "disable",
    }
    seconds: dict[str, list[float]] = {"bare COPY": [], "promoted": []}
    con = connect(work=project.work)
    warehouse = open_warehouse("postgres", settings)
    try:
        promotions = open_promotions(warehouse, prefix="")
        held = Rows(pin.columns, pin.select_sql, con)
        lines = Path("lines.txt")
        with lines.open("wb") as file:
            for chunk in held.lines(copy_line(pin.columns)):
                file.write(chunk)
        for number in range(runs):
            entry = RawLoad(f"raw.{TABLE}", number, 0, rows, rows)
            started = time.perf_counter()
            promotions.load(
                "raw",
                TABLE,
                held,
                entry=entry,
                lake=lake.identity,
                is_whole=True,
            )
            seconds["promoted"].append(time.perf_counter() - started)
            with server.connect("warehouse") as connection:
                seconds["bare COPY"].append(copy(connection, lines))
    finally:
        con.close()
        warehouse.close()
        server.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({"seconds": seconds, "peak": peak}) + "\n")


def copy(connection: psycopg.Connection, lines: Path) -> float:
    """What the wire and the server cost, `analyze` included, which both ways end with."""
    connection.execute("drop table if exists bare")
    connection.execute(f"create table bare (like raw.{TABLE})".encode())
    started = time.perf_counter()
    with (
        lines.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(b"copy bare from stdin") as into,
    ):
        while chunk := file.read(CHUNK_BYTES):
            into.write(chunk)
    connection.execute("analyze bare")
    connection.commit()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
