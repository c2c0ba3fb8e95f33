"""PostgreSQL into Delta, beside one COPY and other tools, on a server of the bench's own.

The table is like TPC-H's lineitem: sixteen columns, about 155 bytes a row as binary COPY. Each way
is a process of its own: `python -m tests.bench.postgres WAY FOLDER [ARGUMENTS]`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

COLUMNS = """
    l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int,
    l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2),
    l_tax numeric(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date,
    l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text, l_comment text,
    updated_at timestamptz not null
"""
FILL = """
    select n / 4 + 1, (n * 7919) % 200000 + 1, (n * 104729) % 10000 + 1, n % 4 + 1,
        n % 50 + 1, (n * 31 % 9000000) / 100.0 + 900, n % 11 / 100.0, n % 9 / 100.0,
        substr('NAR', (n % 3)::int + 1, 1), substr('OF', (n % 2)::int + 1, 1),
        date '1992-01-02' + (n * 13 % 2500)::int, date '1992-01-31' + (n * 17 % 2500)::int,
        date '1992-01-05' + (n * 19 % 2500)::int,
        (array['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[n * 7 % 4 + 1],
        (array['AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB', 'REG AIR'])[n * 11 % 7 + 1],
        'even ' || substr(md5(n::text), 1, 4 + (n % 23)::int), timestamptz '2026-01-01'
            + n * interval '1 second'
    from generate_series(0::bigint, %(rows)s - 1) n
"""
PIPELINE = """
import dlt
from buck.sources import postgres

TABLES = (
    postgres.table("{table}", source="{table}", cursor="updated_at"),
)


@dlt.source(name="{table}", section="{table}")
def source(url: str = dlt.secrets.value):
    return postgres.resources(url, tables=TABLES, compare_keys_h=24)
"""


def make_table(url: str, name: str, rows: int) -> None:
    """The table with its key and an index on the update time."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as con:
        con.execute(f"create table {name} ({COLUMNS})")
        con.execute("set synchronous_commit = off")
        con.execute(f"insert into {name} {FILL.replace('%(rows)s', str(rows))}")
        con.execute(f"alter table {name} add primary key (l_orderkey, l_linenumber)")
        con.execute(f"create index on {name} (updated_at)")
        con.execute(f"vacuum (freeze, analyze) {name}")


def change_rows(url: str, name: str, *, every: int) -> int:
    """Change one row of so many; how many that are."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as con:
        done = con.execute(
            f"update {name} set l_tax = l_tax + 1, updated_at = now() "
            f"where l_orderkey % {every} = 0"
        )
        return done.rowcount


def prepare(folder: Path, url: str, table: str) -> None:
    """A project that lands the table."""
    pipelines = folder / "pipelines"
    pipelines.mkdir(parents=True, exist_ok=True)
    (pipelines / f"{table}_pipeline.py").write_text(PIPELINE.format(table=table))
    source = {"type": "database", "options": {"url": "{{ BENCH_DATABASE_URL }}"}}
    (folder / ".buck.yml").write_text(json.dumps({"version": 1, "sources": {table: source}}))
    (folder / ".env").write_text(f"BENCH_DATABASE_URL={url}\n")


def copy(query: str) -> None:
    """What the wire costs: binary COPY by psql, into nothing."""
    from buck.sandbox.postgres.installation import find_system, find_wheel

    wheel = find_wheel()
    places = [wheel, *find_system()] if wheel else find_system()
    psql = next(str(p.bin / "psql") for p in places if (p.bin / "psql").is_file())
    url = os.environ["BENCH_DATABASE_URL"]
    started = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        subprocess.run(
            [psql, url, "-qc", f"copy {query} to stdout (format binary)"],
            stdout=nowhere,
            check=True,
        )
    tell(seconds=time.perf_counter() - started)


def land(table: str) -> None:
    """What a user's command does.

    The landing step, from the first question about rows to the commit, is told apart from what
    starting Python, dlt and DuckDB cost.
    """
    import buck
    from buck.lake.landing import Landing
    from buck.sources.postgres import source

    read_s = clock(source, "read_horizon", "has_nan", "copy_rows", "newest_in", "compare_keys")
    commit_s = clock(Landing, "commit")
    report = buck.land(Path("pipelines") / f"{table}_pipeline.py")
    rows = sum(t["rows_landed"] for t in report["tables"])
    read, commit = sum(read_s), sum(commit_s)
    tell(seconds=read + commit, commit_s=commit, load_s=report["seconds"], rows=rows)


def clock(owner: Any, *names: str) -> list[float]:
    """Let functions keep how long each call took."""
    spent: list[float] = []

    def timed(original: Any) -> Any:
        def call(*args: Any, **given: Any) -> Any:
            started = time.perf_counter()
            try:
                return original(*args, **given)
            finally:
                spent.append(time.perf_counter() - started)

        return call

    for name in names:
        setattr(owner, name, timed(getattr(owner, name)))
    return spent


def read_current(table: str) -> None:
    """The current state, aggregated, from a lake that holds the table and its changes."""
    from buck.engine import connect
    from buck.flow.lake_access import open_lake
    from buck.lake.current import current_sql
    from buck.project import open_project

    project = open_project(Path.cwd())
    lake = open_lake(project)
    log = lake.raw(table, table)
    state = log.state()
    con = connect(work=project.work)
    started = time.perf_counter()
    sql = current_sql(log, state, key=("l_orderkey", "l_linenumber"))
    answer = con.execute(
        f"select count(*), sum(l_tax), sum(l_extendedprice) from ({sql})"
    ).fetchone()
    tell(seconds=time.perf_counter() - started, answer=str(answer))


def dlt_sql_database(table: str, backend: str) -> None:
    """dlt as its documentation shows it: sql_database into a Delta table."""
    import dlt
    from dlt.sources.sql_database import sql_table

    url = os.environ["BENCH_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    if backend == "connectorx":
        url = os.environ["BENCH_DATABASE_URL"]
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    pipeline = dlt.pipeline(
        "peer",
        pipelines_dir="dlt",
        destination=dlt.destinations.filesystem(bucket_url=Path("peer").absolute().as_uri()),
        dataset_name="raw",
    )
    started = time.perf_counter()
    pipeline.run(sql_table(url, table=table, backend=backend), table_format="delta")
    tell(seconds=time.perf_counter() - started)


def sling(table: str) -> None:
    """Sling into Parquet files."""
    # The wheel beside it that is the program; left alone, sling would download one.
    program = importlib.util.find_spec("sling_linux_amd64")
    if program is not None and program.origin is not None:
        binary = Path(program.origin).parent / "bin" / "sling-linux-amd64"
        os.environ.setdefault("SLING_BINARY", str(binary))
    from sling import Replication, ReplicationStream

    replication = Replication(
        source="PEER",
        target="FILE",
        streams={
            f"public.{table}": ReplicationStream(object="file://sling/{stream_table}.parquet")
        },
        env={"PEER": os.environ["BENCH_DATABASE_URL"], "FILE": "file://."},
    )
    started = time.perf_counter()
    replication.run()
    tell(seconds=time.perf_counter() - started)


def tell(**facts: Any) -> None:
    """The last line of the output, for the scenario."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({**facts, "peak": peak}) + "\n")


if __name__ == "__main__":
    WAYS = {
        "copy": copy,
        "land": land,
        "read": read_current,
        "dlt": dlt_sql_database,
        "sling": sling,
    }
    WAYS[sys.argv[1]](*sys.argv[2:])
