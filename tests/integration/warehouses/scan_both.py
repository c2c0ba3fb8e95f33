"""Reads every value of a mart once in the lake and once in PostgreSQL, as `buck diff` reaches them.

`scan_both.py MARTS_DATABASE SCHEMA.TABLE` says how many seconds that took; the server is the one of
the environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from buck.engine import attach_postgres, connect
from buck.engine.postgres import parse_address
from buck.names import TableRef, identifier


def main() -> None:
    """Do as little with each value as the engine lets one, and tell the time."""
    database, table = sys.argv[1], TableRef.parse(sys.argv[2])
    host, port, name = (os.environ[f"BUCK_POSTGRES_{n}"] for n in ("HOST", "PORT", "DATABASE"))
    password = os.environ["DBT_ENV_SECRET_POSTGRES_PASSWORD"]
    con = connect(Path(database), work=Path("scan"), memory_limit="640MB", read_only=True)
    attach_postgres(
        con, "there", parse_address(f"postgresql://buck:{password}@{host}:{port}/{name}")
    )
    con.execute("set preserve_insertion_order = false")
    started = time.perf_counter()
    for held in (table.sql, identifier("there", table.schema, table.name)):
        columns = [row[0] for row in con.execute(f"describe {held}").fetchall()]
        con.execute(f"select bit_xor(hash({', '.join(columns)})) from {held}").fetchall()
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - started}) + "\n")


if __name__ == "__main__":
    main()
