"""The transform step's ways, each a process of its own: `python -m tests.bench.transform WAY`.

prepare ROWS: land bulk payments, four times as many order lines, their orders, and products.
dbt: build every model with dbt from nothing; writes the SQL it ran to compiled.json.
sql: the same SQL in the same order, straight on DuckDB, from nothing.
change: one in a hundred payments, refunds of them, and one in a hundred order lines arrive anew.
arrive: one more payment, order and order line for each hundred, all of the last days.
increment: build with dbt what either changed.
full: build with dbt from nothing again, to compare with.
checks: put every dbt test, every Soda check and every anomaly check to what was built.
anomalies: the last of these alone.

The working folder is the project. The last line printed is what it took, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.measure import IN_MB

Took = tuple[float, float]
"""Seconds by the clock, seconds of processors; of the work alone, without imports and parsing."""

AS_OF = datetime(2027, 1, 2, tzinfo=UTC)
DATABASE = Path("lake/.buck/build.duckdb")
COMPILED = Path("compiled.json")
LINES_PER_PAYMENT = 4
LINES_PER_ORDER = 3
NEXT = 10**12
"""Above every number that was given out."""


def prepare(rows: str) -> Took:
    """A build database whose raw views read landed files, other tables empty."""
    from buck.flow.building import gather_inputs, prepare_database
    from buck.flow.bulk import land_bulk_payments
    from buck.flow.lake_access import open_lake, pin_tables
    from buck.names import RawTable
    from buck.project import open_project
    from buck.sources.arrow import spec_schema
    from tests.integration.transform.models.conftest import SPECS

    project = open_project(Path.cwd())
    land_bulk_payments(project, int(rows))
    lake = open_lake(project)
    pins = pin_tables(project, lake, [RawTable("stripe", "charges")])
    prepare_database(project, lake, gather_inputs(project, pins, AS_OF))
    with _connect() as con:
        _write_orders(con, int(rows) * LINES_PER_PAYMENT)
        for (source, name), spec in SPECS.items():
            table = f"raw.raw_{source}_{name}"
            con.register("arriving", spec_schema(spec).empty_table())
            made = Path("bulk") / f"{source}_{name}.parquet"
            if (source, name) == ("stripe", "charges"):
                con.execute(f"create view landed as {pins[0].select_sql}")
                con.execute(f"create or replace table changed_{name} as from arriving")
                con.execute(
                    f"create or replace view {table} as from landed "
                    f"union all by name from changed_{name}"
                )
            elif made.exists():
                con.execute(f"create table changed_{name} as from arriving")
                con.execute(
                    f"create view {table} as from '{made.resolve()}' "
                    f"union all by name from changed_{name}"
                )
            else:
                con.execute(f"create table {table} as from arriving")
    _build("seed")
    return 0.0, 0.0


def _write_orders(con: Any, lines: int) -> None:
    """Orders as landed files: about three lines each, placed over a year by ever more users."""
    Path("bulk").mkdir()
    orders = lines // LINES_PER_ORDER
    users = max(orders // 20, 1)
    system = (
        "'bulk' as _buck_load_id, timestamptz '2027-01-01' as _buck_observed_at, "
        "'r' as _buck_op, timestamptz '2026-01-01' as _buck_source_ts, "
        "i + 1 as _buck_seq, (hash(i) >> 1)::bigint as _buck_row_hash"
    )
    placed = f"timestamptz '2026-01-01' + to_seconds(i * 31536000 // {orders})"
    queries = {
        "users": f"select i as id, 'u' || i || '@bulk.example' as email, 'U' || i as full_name, "
        f"null::varchar as organisation_id, timestamptz '2026-01-01' as created_at, "
        f"null::timestamptz as updated_at, {system} from range({users}) t(i)",
        "products": "select i as id, 'P' || i as name, 'sku' || i as sku, 'usd' as currency, "
        f"timestamptz '2026-01-01' as created_at, {system} from range(100) t(i)",
        "orders": f"select i as id, cast(hash(i) % {users} as bigint) as user_id, "
        "case when i % 20 = 0 then 'cancelled' else 'paid' end as status, 'usd' as currency, "
        f"'web' as channel, {placed} as placed_at, 'pi_' || i as stripe_payment_intent_id, "
        f"null::varchar as note, {placed} as updated_at, {system} from range({orders}) t(i)",
        "order_items": f"select i as id, i // {LINES_PER_ORDER} as order_id, "
        "cast(hash(i) % 100 as bigint) as product_id, 1 + i % 5 as quantity, "
        "(5 + i % 900)::decimal(12, 3) as unit_price, 0::decimal(12, 3) as discount, "
        f"timestamptz '2026-01-01' as updated_at, {system} from range({lines}) t(i)",
    }
    for name, query in queries.items():
        file = f"bulk/app_{name}.parquet"
        con.execute(f"copy ({query}) to '{file}' (format parquet, compression zstd)")


def dbt() -> Took:
    """Every model from nothing; the SQL is kept."""
    result, took = _build("run", full_refresh=True)
    models = [
        {"schema": m.schema, "table": m.table, "as": m.materialized, "sql": m.sql}
        for m in result.models
    ]
    COMPILED.write_text(json.dumps(models))
    return took


def sql() -> Took:
    """The same statements without dbt, over the same raw tables and seeds."""
    models = json.loads(COMPILED.read_text())
    with _connect() as con:
        for model in reversed(models):
            kind = "view" if model["as"] == "view" else "table"
            con.execute(f"drop {kind} if exists {model['schema']}.{model['table']} cascade")
        con.execute("checkpoint")
        started = _now()
        for model in models:
            kind = "view" if model["as"] == "view" else "table"
            name = f"{model['schema']}.{model['table']}"
            con.execute(f"create {kind} {name} as {model['sql']}")
        return _since(started)


def change() -> Took:
    """New versions of one in a hundred, as the next load would bring them; again, newer ones."""
    with _connect() as con:
        for table, other in (
            ("stripe_charges", "disputed = not disputed"),
            ("app_order_items", "quantity = quantity + 1"),
        ):
            name = table.split("_", 1)[1]
            column, value = other.split(" = ")
            newest = f"select max(_buck_seq) from raw.raw_{table}"
            con.execute(
                f"insert into changed_{name} by name select * replace ({value} as {column}, "
                "'change' as _buck_load_id, 'u' as _buck_op, "
                f"({newest}) + row_number() over () as _buck_seq) from ("
                f"from raw.raw_{table} where hash(id) % 100 = 7 qualify row_number() over "
                "(partition by id order by _buck_seq desc) = 1)"
            )
        con.execute(
            "insert into raw.raw_stripe_refunds by name select 're_' || id as id, id as charge, "
            "amount, currency, created, 'succeeded' as status, 'change' as _buck_load_id, "
            "_buck_observed_at, 'c' as _buck_op, _buck_source_ts, _buck_seq, _buck_row_hash "
            "from changed_charges where hash(id) % 3 = 0 and not exists ("
            "select 1 from raw.raw_stripe_refunds as seen where seen.charge = changed_charges.id)"
        )
    return 0.0, 0.0


def arrive() -> Took:
    """Payments, orders and their lines of the last days of the year, one for a hundred known."""
    moment = "timestamptz '2026-12-29' + to_seconds((hash({}) % 259200)::bigint)"
    new = {
        "stripe_charges": f"'new_' || id as id, 'new_' || payment_intent as payment_intent, "
        f"epoch({moment.format('id')})::bigint as created",
        "app_orders": f"{NEXT} + id as id, 'new_' || id as stripe_payment_intent_id, "
        f"{moment.format('id')} as placed_at",
        "app_order_items": f"{NEXT} + id as id, {NEXT} + order_id as order_id",
    }
    with _connect() as con:
        for table, columns in new.items():
            name = table.split("_", 1)[1]
            order = "order_id" if table == "app_order_items" else "id"
            newest = f"select max(_buck_seq) from raw.raw_{table}"
            con.execute(
                f"insert into changed_{name} by name select * replace ({columns}, "
                "'arrive' as _buck_load_id, 'c' as _buck_op, "
                f"({newest}) + row_number() over () as _buck_seq) "
                f"from (from raw.raw_{table} where hash({order}) % 100 = 3 qualify row_number() "
                "over (partition by id order by _buck_seq desc) = 1)"
            )
    return 0.0, 0.0


def increment() -> Took:
    """What a run does after that."""
    return _build("run")[1]


def full() -> Took:
    """The same state from nothing."""
    return _build("run", full_refresh=True)[1]


def checks() -> Took:
    """What judging the candidates takes; that checks fail on made-up data costs nothing less."""
    from buck.flow.anomalies import measure_tables
    from buck.flow.checking import judge
    from buck.project import open_project
    from buck.quality import preload

    preload()
    project = open_project(Path.cwd())
    tested, tests = _build("test")
    started = _now()
    volumes = measure_tables(project, as_of=AS_OF)
    judge(project, tested, as_of=AS_OF, run_id="bench", volumes=volumes)
    judged = _since(started)
    return tests[0] + judged[0], tests[1] + judged[1]


def anomalies() -> Took:
    """Counting rows and empty cells, and comparing them: a part of `checks`."""
    from buck.flow.anomalies import judge_anomalies, measure_tables
    from buck.project import open_project
    from buck.transform import models

    project = open_project(Path.cwd())
    facts = models(project.work / "dbt" / "target")
    started = _now()
    judge_anomalies(project, measure_tables(project, as_of=AS_OF), facts)
    return _since(started)


def _build(command: Any, *, full_refresh: bool = False) -> tuple[Any, Took]:
    from buck.flow.building import workspace
    from buck.project import open_project
    from buck.transform import build, ensure_parsed, raise_for_models, steady_nodes

    import_module("dbt.cli.main")
    space = workspace(open_project(Path.cwd()), AS_OF)
    ensure_parsed(space)
    steady = steady_nodes(space.target_path, runtime_vars=space.runtime_vars)
    started = _now()
    result = build(
        space,
        command=command,
        full_refresh=full_refresh,
        exclude=_exclude(command, full_refresh, steady),
        write_manifest=False,
    )
    took = _since(started)
    raise_for_models(result)
    for node in sorted(result.models, key=lambda n: -n.seconds)[:8]:
        sys.stdout.write(f"{node.name}: {node.seconds:.2f} s\n")
    return result, took


def _now() -> Took:
    return time.perf_counter(), time.process_time()


def _since(started: Took) -> Took:
    return time.perf_counter() - started[0], time.process_time() - started[1]


def _exclude(command: str, full_refresh: bool, steady: list[str]) -> list[str]:
    if command == "test":
        return ["resource_type:unit_test"]
    return [] if full_refresh or command == "seed" else steady


def _connect() -> Any:
    from buck.engine import connect

    return connect(DATABASE, work=DATABASE.parent, memory_limit="3GB")


WAYS: dict[str, Callable[..., Took]] = {
    "prepare": prepare,
    "dbt": dbt,
    "sql": sql,
    "change": change,
    "arrive": arrive,
    "increment": increment,
    "full": full,
    "checks": checks,
    "anomalies": anomalies,
}

if __name__ == "__main__":
    wall_s, cpu_s = WAYS[sys.argv[1]](*sys.argv[2:])
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / IN_MB
    measured = {"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb}
    sys.stdout.write(f"{json.dumps(measured)}\n")
