"""A small database and a way to write checks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from buck.engine import connect

GOOD = """
create schema finance; create schema core;
create table core.dim_customers as select * from (values ('c1'), ('c2')) t(customer_id);
create table finance.fct_payments as select * from (values
    ('ch_1', 'c1', 'succeeded', 10.00::decimal(38,9), 'Ann', timestamptz '2026-02-28 22:00:00Z'),
    ('ch_2', 'c2', 'failed', 20.00::decimal(38,9), 'Bob', timestamptz '2026-02-28 23:00:00Z'),
    ('ch_3', 'c1', 'succeeded', 30.00::decimal(38,9), 'Ann', timestamptz '2026-02-27 23:00:00Z')
) t(payment_id, customer_id, status, amount, full_name, created_at);
"""


@pytest.fixture
def as_of():
    return datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def con(tmp_path):
    connection = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
    connection.execute(GOOD)
    yield connection
    connection.close()


@pytest.fixture
def write_checks(tmp_path):
    def write(text, *, schema="finance", table="fct_payments"):
        path = tmp_path / "checks" / schema / f"{table}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        body = "\n".join(f"  {line}" for line in text.splitlines())
        path.write_text(f"checks for {table}:\n{body}\n")
        return tmp_path / "checks"

    return write
