"""Publishing's steps in a process of its own: `python -m tests.bench.publishing ROWS ROUNDS`.

The candidates are as many payments as asked for, the same widened for dashboards, and their months.
The working folder holds the lake. Prints one JSON document: seconds of every step, round by round,
and what a reader in another process waited meanwhile.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from buck.records.layout import Layout

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED = 0.01

PAYMENTS = """
    select
        md5(cast(range as varchar)) as payment_key,
        'ch_' || lpad(cast(range as varchar), 24, '0') as charge_id,
        'cus_' || cast(hash(range) % {customers} as varchar) as customer_id,
        md5(cast(hash(range) % {customers} as varchar)) as customer_key,
        'pi_' || lpad(cast(range as varchar), 24, '0') as payment_intent_id,
        'txn_' || lpad(cast(range as varchar), 24, '0') as balance_transaction_id,
        'person' || cast(hash(range) % {customers} as varchar) || '@example.org' as customer_email,
        'Person ' || cast(hash(range) % {customers} as varchar) as customer_name,
        ['SMB', 'Enterprise'][cast(1 + hash(range) % 2 as bigint)] as customer_segment,
        ['usd', 'eur', 'gbp', 'jpy'][cast(1 + hash(range) % 4 as bigint)] as currency,
        cast(hash(range * 7) % 100000 as bigint) as gross_amount_minor,
        cast(0 as bigint) as amount_refunded_minor,
        cast(gross_amount_minor as decimal(18, 3)) * 0.01 as gross_amount,
        cast(0 as decimal(18, 3)) as amount_refunded,
        range % 20 <> 0 as is_paid,
        case when range % 20 <> 0 then 'completed' else 'failed' end as payment_status,
        timestamptz '2024-01-01 00:00:00+00' + to_seconds(range * 60 % 63072000) as created_at,
        cast(created_at as date) as payment_date,
        cast(date_trunc('month', created_at) as date) as payment_month,
        cast(range as bigint) as charge_seq
    from range({rows})
"""
WIDE = """
    select *, gross_amount - amount_refunded as net_amount, 'usd' as reporting_currency
    from finance.fct_payments
"""
MONTHS = """
    select payment_month, currency, sum(gross_amount) as gross_amount, count(*) as payments
    from finance.fct_payments group by all
"""
LAYOUT = Layout("payment_date", "month", ("customer_id", "created_at"), min_rows=100_000)
QUESTIONS = (
    "select payment_month, currency, sum(gross_amount) from finance.fct_payments group by all",
    "select customer_segment, count(distinct customer_id) from finance.fct_payments group by all",
    "select * from finance.fct_payments where charge_id = 'ch_000000000000000000000042'",
    "select sum(net_amount) from finance.finance_payments where payment_date >= date '2025-06-01'",
)
READER = """
import sys, time, json
import duckdb
marts = sys.argv[1]
waits = []
print("ready", flush=True)
import threading
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
while not stop.is_set():
    started = time.perf_counter()
    with duckdb.connect(marts, read_only=True) as con:
        con.execute("from core.buck_snapshot").fetchall()
    waits.append(time.perf_counter() - started)
    time.sleep(0.02)
print(json.dumps(waits))
"""


class Site:
    """A lake, its candidates, and a clock around every step."""

    def __init__(self, rows: int) -> None:
        from buck.lake import Lake, Publisher

        self.rows = rows
        self.lake = Lake(str(Path("lake").absolute()), Path("work").absolute())
        self.publisher = Publisher(self.lake)
        self.build = self.lake.work / "build.duckdb"
        self.runs = 0
        self.seconds: dict[str, list[float]] = {}

    def make(self) -> None:
        """All candidates."""
        from buck.engine import connect

        con = connect(self.build, work=self.lake.work)
        con.execute("create schema finance")
        sql = PAYMENTS.format(rows=self.rows, customers=max(10, self.rows // 20))
        con.execute(f"create table finance.fct_payments as {sql}")
        con.execute(f"create table finance.finance_payments as {WIDE}")
        con.execute(f"create table finance.agg_monthly_revenue as {MONTHS}")
        con.close()

    def change(self) -> None:
        """One payment of a hundred, the youngest, and what follows from them."""
        from buck.engine import connect

        con = connect(self.build, work=self.lake.work)
        first = int(self.rows * (1 - CHANGED))
        con.execute(
            "update finance.fct_payments set amount_refunded_minor = amount_refunded_minor + 1 "
            f"where charge_seq >= {first}"
        )
        con.execute(f"create or replace table finance.finance_payments as {WIDE}")
        con.execute(f"create or replace table finance.agg_monthly_revenue as {MONTHS}")
        con.close()

    def publish(self) -> None:
        """All marts, approved."""
        from buck.lake import Origin
        from buck.names import TableRef
        from buck.quality import approve
        from buck.records.quality import Check, CheckResult, QualityReport

        self.runs += 1
        run_id = f"run-{self.runs}"
        passed = CheckResult(Check("c", "t", "finance", "soda", "accuracy"), "passed")
        names = ("agg_monthly_revenue", "fct_payments", "finance_payments")
        self.publisher.publish(
            self.build,
            [TableRef("finance", name) for name in names],
            approval=approve(QualityReport(AS_OF, (passed,), run_id=run_id)),
            origin=Origin(run_id, AS_OF, run_id, {}, {}, {}),
            lifts_hold=True,
            layouts={TableRef("finance", name): LAYOUT for name in names[1:]},
        )

    def copy(self) -> None:
        """What a plain copy of the build database takes."""
        shutil.copyfile(self.build, self.lake.work / "copy.duckdb")

    def read(self, file: Path) -> None:
        """A dashboard's questions."""
        import duckdb

        with duckdb.connect(str(file), read_only=True) as con:
            for question in QUESTIONS:
                con.execute(question).fetchall()

    def time(self, name: str, step: Callable[[], None]) -> None:
        started = time.perf_counter()
        step()
        self.seconds.setdefault(name, []).append(time.perf_counter() - started)


def main(rows: int, rounds: int) -> dict[str, Any]:
    """Every step so often, interleaved."""
    site = Site(rows)
    site.make()
    site.time("first publish", site.publish)
    marts = Path(site.lake.storage.url("marts.duckdb"))
    command = [sys.executable, "-c", READER, str(marts)]
    reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdin is not None
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for number in range(rounds):
        site.change()
        site.time("plain copy", site.copy)
        site.time("publish 1 %", site.publish)
        site.time("nothing changed", site.publish)
        site.time("read build", lambda: site.read(site.build))
        site.time("read marts", lambda: site.read(marts))
        site.time("rollback", lambda n=site.runs - 2 + number % 2: site.publisher.roll_back(n))
    reader.stdin.close()
    waits = json.loads(reader.stdout.read())
    reader.wait(30)
    size = {"build": site.build.stat().st_size, "marts": marts.stat().st_size}
    return {"seconds": site.seconds, "waits": waits, "size_bytes": size}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
