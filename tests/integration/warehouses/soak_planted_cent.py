"""One minor unit in one of five million payments, found and shown: `just soak-planted-cent`.

The same model makes the payments on DuckDB and on a real PostgreSQL. What the comparison takes is
told beside what it takes to read both sides once.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from buck.sandbox.postgres.server import PostgresServer
from tests.bench.measure import Once, run_once
from tests.integration.warehouses import scan_both
from tests.integration.warehouses.shop import make_shop
from tests.scratch import SCRIPTS, Scratch

ROWS = int(os.environ.get("SOAK_ROWS", "5000000"))
PLANTED = ROWS * 5 // 8 + 7
"""The number of the payment that is off."""
PROFILES = Path(__file__).parents[3] / "transform" / "profiles.yml"
MART = "finance.fct_payments"
PAYMENTS = """
{% set rows = ROWS %}
{{ config(materialized='table', meta={'grain': 'payment_id'}) }}
select
    'pay_' || lpad(cast(n as varchar), 12, '0') as payment_id,
    cast((n * 7919) % 500000 as bigint) as customer_id,
    cast(
        (n * 104729) % 1000000
        + case when n = {{ env_var('BUCK_PLANTED', '0') }} then 1 else 0 end as bigint
    ) as amount_minor,
    cast((n * 31) % 9000000 as decimal(18, 2)) as fee,
    case n % 3 when 0 then 'usd' when 1 then 'eur' else 'jpy' end as currency,
    timestamp with time zone '2024-01-01 00:00:00+00' + n * interval '3 second' as created_at,
    n % 7 = 0 as is_refunded,
    case when n % 11 = 0 then null else 'order ' || cast(n % 1000 as varchar) end as description
from {% if target.type == 'postgres' %}generate_series(1::bigint, {{ rows }}) as series(n)
{% else %}range(1, {{ rows }} + 1) as series(n)
{% endif %}
"""
PEAK_MB = 1_000
TIMES, START_S = 3.0, 3.0
"""So often the time of scanning both sides once, after the start: longer it must not take."""


@pytest.fixture
def project(tmp_path: Path, empty_home: Path, access: dict[str, str]) -> Scratch:
    made = make_shop(tmp_path, empty_home, PROFILES)
    model = made.root / "transform" / "models" / "marts" / "finance" / "fct_payments.sql"
    model.write_text(PAYMENTS.replace("ROWS", str(ROWS)))
    made.env |= access | {"BUCK_POSTGRES_DATABASE": "planted"}
    return made


@pytest.fixture
def planted(server: PostgresServer) -> Any:
    with server.connect("warehouse") as connection:
        connection.autocommit = True
        connection.execute("create database planted")
    with server.connect("planted") as connection:
        connection.autocommit = True
        yield connection


def measured(project: Scratch, *command: str) -> Once:
    return run_once(command, folder=project.root, environment=project.environment())


def test_one_minor_unit_of_five_million_payments(
    project: Scratch, planted: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    project.buck("run").expect(0)
    key = f"pay_{PLANTED:012}"
    amount = PLANTED * 104729 % 1_000_000

    # Built one minor unit off there: refused, and the row is shown.
    off = {"BUCK_PLANTED": str(PLANTED)}
    refused = project.buck("promote", "--target", "postgres", env=off).expect(3)
    told = refused.out.partition(f"{MART}: ")[2].splitlines()
    assert told == [
        "1 rows changed",
        f"    changed payment_id={key}",
        f"        amount_minor: {amount} here, {amount + 1} there",
    ], refused
    shown = "select count(*) from information_schema.views where table_schema = 'finance'"
    assert planted.execute(shown).fetchone() == (0,), "readers there see nothing of it"

    # Built as here: equal to the row, and published.
    project.buck("promote", "--target", "postgres", "--full-refresh").expect(0)
    command = (f"{SCRIPTS}/buck", "diff", "published", "postgres", "--table", MART)
    equal = measured(project, *command)
    assert "fct_payments" not in equal.output.partition("A is")[0], equal.output

    # One row of what readers see there is changed by hand.
    (copy,) = planted.execute(
        "select tablename from pg_tables where schemaname = 'buck_marts' and tablename like %s",
        ("finance__fct_payments__%",),
    ).fetchall()[0]
    plant = f'update buck_marts."{copy}" set amount_minor = amount_minor + 1 where payment_id = %s'
    assert planted.execute(plant.encode(), (key,)).rowcount == 1
    found = measured(project, *command)
    assert f"payment_id {key}: amount_minor {amount} → {amount + 1}" in found.output
    proof = project.buck("diff", "published", "postgres", "--output", "json").expect(0).json
    (differing,) = (table for table in proof["tables"] if not table["is_equal"])
    counts = {name: differing[name] for name in ("table", "added", "removed", "changed")}
    assert counts == {"table": MART, "added": 0, "removed": 0, "changed": 1}
    assert differing["left"]["rows"] == differing["right"]["rows"] == ROWS
    assert "1 rows changed" in project.buck("promote", "verify", "postgres/000001").expect(1).out

    scan = measured(project, sys.executable, scan_both.__file__, str(project.marts), MART)
    took = json.loads(scan.output)["seconds"]
    with capsys.disabled():
        sys.stdout.write(f"\n2 × {ROWS:,} payments, PostgreSQL and the lake\n")
        for name, once in (("equal", equal), ("one row off", found)):
            sys.stdout.write(
                f"buck diff, {name}: {once.wall_s:.1f} s ({once.wall_s / took:.2f} × scanning both"
                f" once, {took:.1f} s), peak {once.peak_mb:.0f} MB\n"
            )
    assert max(equal.peak_mb, found.peak_mb) < PEAK_MB
    assert max(equal.wall_s, found.wall_s) <= TIMES * took + START_S
