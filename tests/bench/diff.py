"""One piece of work of the diff scenario, in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect
from buck.parity import compare

if TYPE_CHECKING:
    from buck.engine.types import Connection

CHANGED = 100
ROWS = """
select 'pay_' || lpad(i::varchar, 12, '0') as payment_id,
    (hash(i) % 500000)::bigint as customer_id,
    (hash(i + 1) % 1000000)::bigint as amount_minor,
    ((hash(i + 2) % 10000000) / 100)::decimal(18, 2) as amount,
    case hash(i + 3) % 3 when 0 then 'usd' when 1 then 'eur' else 'jpy' end as currency,
    timestamptz '2024-01-01 00:00:00+00' + to_seconds((i * 3)::bigint) as created_at,
    i % 7 = 0 as is_refunded,
    i as charge_seq
from range({rows}) r(i)
"""
MEMORY = "640MB"
"""As `buck diff` limits itself."""


def make(con: Connection, rows: int) -> None:
    """Two files of the same rows in another order, of which some differ by one minor unit."""
    select = ROWS.format(rows=rows)
    step = rows // CHANGED
    con.execute(f"copy ({select}) to 'left.parquet'")
    con.execute(
        "copy (select * replace "
        f"(amount_minor + (charge_seq % {step} = 17)::bigint as amount_minor)"
        f" from ({select}) order by hash(charge_seq)) to 'right.parquet'"
    )


def scan(con: Connection) -> None:
    """Read every value of both files, and do as little with it as DuckDB lets one."""
    for file in ("left", "right"):
        names = [row[0] for row in con.execute(f"describe from '{file}.parquet'").fetchall()]
        con.execute(f"select bit_xor(hash({', '.join(names)})) from '{file}.parquet'").fetchall()


def deliver(con: Connection) -> None:
    """Read every value of both files and hand it over, as whoever compares elsewhere has to."""
    for file in ("left", "right"):
        for _ in con.execute(f"from '{file}.parquet'").to_arrow_reader(100_000):
            pass


def main() -> None:
    """Do it, and say how long it took."""
    way, rows = sys.argv[1], int(sys.argv[2])
    con = connect(work=Path("work"), memory_limit=MEMORY)
    con.execute("set preserve_insertion_order = false")
    started = time.perf_counter()
    if way == "make":
        make(con, rows)
    elif way in ("scan", "deliver"):
        {"scan": scan, "deliver": deliver}[way](con)
    else:
        files = ("'left.parquet'", "'right.parquet'")
        found = compare(con, *files, key=["payment_id"], figures=way == "figures")
        counts = (found.added, found.removed, found.changed, dict(found.changed_columns))
        assert counts == (0, 0, CHANGED, {"amount_minor": CHANGED}), counts
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - started}) + "\n")


if __name__ == "__main__":
    main()
