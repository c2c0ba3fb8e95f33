"""`buck diff` against a real PostgreSQL: equal without phantoms, and one minor unit is found."""

from __future__ import annotations

import json

import pytest

from buck.engine import connect
from buck.engine.postgres import attach_postgres, parse_address
from buck.names import TableRef
from buck.parity import compare, postgres_relation
from tests.integration.warehouses.conftest import PASSWORD

ALL = ("--fail-on", "changed", "--fail-on", "removed", "--fail-on", "schema")


@pytest.fixture(scope="module")
def project(published, access, tmp_path_factory):
    project = published.copy(tmp_path_factory.mktemp("diff") / "project")
    project.env |= access
    project.buck("warehouse", "load", "postgres").expect(0)
    selection = ("--exclude", "resource_type:unit_test", "resource_type:test")
    project.buck("dbt", "build", "--target", "postgres", *selection).expect(0)
    return project


def test_equal_marts_are_equal_and_one_minor_unit_is_found(project, connection):
    equal = project.buck("diff", "published", "postgres", "--output", "json", *ALL)
    found = {table["table"]: table for table in equal.expect(0).json["tables"]}
    assert found.keys() == project.content().keys()
    for name, table in found.items():
        ((rows,),) = project.rows(f"select count(*) from {name}")
        assert table["left"] == table["right"]
        assert table["left"]["rows"] == rows
    assert PASSWORD not in equal.out + equal.err

    connection.execute(
        "update finance.fct_payments set gross_amount_minor = gross_amount_minor + 1 "
        "where charge_id = (select min(charge_id) from finance.fct_payments)"
    )
    connection.execute("alter table core.dim_date add column planted integer")
    connection.commit()
    try:
        done = project.buck("diff", "published", "postgres", "--output", "json", *ALL).expect(1)
        ((least, amount),) = project.rows(
            "select charge_id, gross_amount_minor from finance.fct_payments order by 1 limit 1"
        )
    finally:
        connection.execute("alter table core.dim_date drop column planted")
        connection.execute(
            "update finance.fct_payments set gross_amount_minor = gross_amount_minor - 1 "
            "where charge_id = (select min(charge_id) from finance.fct_payments)"
        )
        connection.commit()
    differing = {t["table"]: t for t in done.json["tables"] if not t["is_equal"]}
    assert differing.keys() == {"core.dim_date", "finance.fct_payments"}
    assert [(c["column"], c["kind"]) for c in differing["core.dim_date"]["schema"]] == [
        ("planted", "column added")
    ]
    payments = differing["finance.fct_payments"]
    assert (payments["added"], payments["removed"], payments["changed"]) == (0, 0, 1)
    (sample,) = payments["samples"]
    assert sample["key"] == {"charge_id": least}
    assert sample["left"] == {"gross_amount_minor": str(amount)}
    assert sample["right"] == {"gross_amount_minor": str(amount + 1)}
    sums = [payments[side]["columns"]["gross_amount_minor"]["sum"] for side in ("left", "right")]
    assert int(sums[1]) - int(sums[0]) == 1


def test_numbers_without_a_width_lose_no_digit(server, connection, tmp_path):
    """DuckDB's scanner reads them as floating point; 17 digits would not tell these apart."""
    connection.execute("create schema if not exists wide")
    connection.execute("drop table if exists wide.numbers")
    connection.execute(
        "create table wide.numbers "
        "(id int, total numeric, told jsonb, kind char(1), told_at timestamptz)"
    )
    rows = [
        (1, "12345678901234567890.01", {"b": 1.50, "a": [1, None]}, "x", "2026-01-01 09:00+09"),
        (2, "-0.10", {}, "y", None),
        (3, None, None, None, "1900-01-01 00:00:00.123456+00"),
    ]
    for id_, total, told, kind, at in rows:
        connection.execute(
            "insert into wide.numbers values (%s, %s, %s, %s, %s)",
            (id_, total, None if told is None else json.dumps(told), kind, at),
        )
    connection.commit()
    con = connect(work=tmp_path)
    try:
        address = parse_address(f"postgresql://buck:{PASSWORD}@127.0.0.1:{server.port}/warehouse")
        attach_postgres(con, "there", address)
        con.execute(
            "create table here (told_at timestamp, kind varchar, id bigint, total decimal(38, 4), "
            "told json)"
        )
        con.execute(
            "insert into here values "
            "('2026-01-01 00:00', 'x', 1, 12345678901234567890.01, '{\"a\":[1,null],\"b\":1.5}'), "
            "(null, 'y', 2, -0.1, '{}'), ('1900-01-01 00:00:00.123456', null, 3, null, null)"
        )
        there = postgres_relation(con, "there", TableRef("wide", "numbers"))
        found = compare(con, "here", there, key=["id"])
        assert found.is_equal, found
        con.execute("update here set total = 12345678901234567890.02 where id = 1")
        found = compare(con, "here", there, key=["id"])
        assert (found.changed, found.changed_columns) == (1, {"total": 1})
        (sample,) = found.samples
        assert sample.left == {"total": "12345678901234567890.02"}
        assert sample.right == {"total": "12345678901234567890.01"}
        assert found.left is not None
        assert found.left.columns["total"].sum == "12345678901234567889.92"
    finally:
        con.close()


def test_one_minor_unit_in_one_of_many_payments_is_found(server, connection, tmp_path):
    """`just soak-planted-cent` does it with five million, through a promotion."""
    rows, off = 200_000, 123_457
    payments = (
        "select 'pay_' || lpad(cast(n as varchar), 12, '0') as id, (n * 104729) % 1000000 as minor,"
        " cast((n * 31) % 9000000 as decimal(18, 2)) as fee, n % 7 = 0 as is_refunded from "
    )
    connection.execute("create schema if not exists large")
    connection.execute(
        f"create table large.payments as {payments} generate_series(1::bigint, {rows}) s(n)"
    )
    connection.commit()
    con = connect(work=tmp_path)
    try:
        address = parse_address(f"postgresql://buck:{PASSWORD}@127.0.0.1:{server.port}/warehouse")
        attach_postgres(con, "there", address)
        con.execute(f"create table here as {payments} range(1, {rows} + 1) s(n) order by hash(n)")
        there = postgres_relation(con, "there", TableRef("large", "payments"))
        assert compare(con, "here", there, key=["id"]).is_equal
        con.execute(f"update here set minor = minor + 1 where id = 'pay_{off:012}'")
        found = compare(con, "here", there, key=["id"])
        assert (found.added, found.removed, found.changed) == (0, 0, 1)
        (sample,) = found.samples
        minor = off * 104_729 % 1_000_000
        assert sample.key == {"id": f"pay_{off:012}"}
        assert sample.left == {"minor": str(minor + 1)}
        assert sample.right == {"minor": str(minor)}
    finally:
        con.close()
        connection.execute("drop schema large cascade")
        connection.commit()


def test_a_wrong_password_is_said_without_showing_it(project):
    wrong = {"DBT_ENV_SECRET_POSTGRES_PASSWORD": "canary-wrong"}
    done = project.buck("diff", "published", "postgres", env=wrong).expect(1)
    assert "password authentication failed" in done.err
    assert "canary-wrong" not in done.out + done.err
