"""The application's tables, filled at once or change by change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from buck.errors import SandboxError
from buck.sandbox.company.change import Change, Op
from buck.sandbox.postgres.schema import TABLES, create_schema
from buck.sandbox.postgres.server import PostgresServer, start_server
from buck.sandbox.postgres.writer import apply_changes, count_rows, load_changes

START = datetime(2026, 1, 1, tzinfo=UTC)
ORGANISATION = "6f1f0c2e-4a0b-4c7e-9a51-0b7a9b1c2d3e"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = start_server(tmp_path_factory.mktemp("sandbox") / "pg", password="a-password")
    yield server
    server.stop()


@pytest.fixture
def connection(server: PostgresServer) -> Iterator[psycopg.Connection]:
    with server.connect() as connection:
        connection.execute("drop schema if exists public cascade")
        connection.execute("create schema public")
        create_schema(connection)
        yield connection


def change(second: int, table: str, op: Op, record: dict[str, Any]) -> Change:
    at = START + timedelta(seconds=second)
    return Change(at, "app", table, op, str(record["id"]), record)


def user(id_: int, second: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "organisation_id": ORGANISATION,
        "email": f"User{id_}@Example.com",
        "full_name": "Zoë\tŁukasz\n\\N 東京",
        "locale": None,
        "marketing_channel": "referral",
        "is_active": True,
        "roles": ["admin", 'with "quotes"', "a,b", ""],
        "preferences": {"theme": "dark", "n": [1, None, "ü"]},
        "created_at": START,
        "updated_at": START + timedelta(seconds=second),
        **fields,
    }


def order(id_: int, second: int, status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "user_id": 1,
        "status": status,
        "currency": "kwd",
        "channel": "web",
        "placed_at": START,
        "stripe_payment_intent_id": None,
        "note": None,
        "updated_at": START + timedelta(seconds=second),
        **fields,
    }


def item(id_: int, price: str) -> dict[str, Any]:
    return {
        "id": id_,
        "order_id": 1,
        "product_id": 7,
        "quantity": 3,
        "unit_price": Decimal(price),
        "discount": Decimal("0.000"),
        "updated_at": START,
    }


HISTORY = [
    change(
        0,
        "organisations",
        "insert",
        {
            "id": ORGANISATION,
            "name": "Ørsted & Söhne",
            "country_code": "DK",
            "plan": "team",
            "created_at": START,
            "updated_at": START,
        },
    ),
    change(1, "users", "insert", user(1, 1)),
    change(1, "users", "insert", user(2, 1, organisation_id=None, preferences=None, roles=[])),
    change(2, "orders", "insert", order(1, 2, "pending")),
    change(2, "order_items", "insert", item(1, "12.345")),
    change(3, "orders", "update", order(1, 3, "paid", note="merci 🎁")),
    change(4, "users", "delete", user(2, 1)),
    change(5, "users", "update", user(1, 5, is_active=False, roles=["viewer"])),
]


def dump(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: connection.execute(
            f"select *, pg_typeof(id)::text from {table} order by id".encode()
        ).fetchall()
        for table in TABLES
    }


def test_values_come_back_as_they_went_in(connection: psycopg.Connection) -> None:
    load_changes(connection, HISTORY)
    rows = connection.execute(
        "select email, full_name, roles, preferences->'n'->>2, updated_at from users"
    ).fetchall()
    assert rows == [
        (
            "User1@Example.com",
            "Zoë\tŁukasz\n\\N 東京",
            ["viewer"],
            "ü",
            START + timedelta(seconds=5),
        )
    ]
    priced = connection.execute("select unit_price, quantity from order_items").fetchone()
    assert priced == (Decimal("12.345"), 3)
    assert connection.execute("select status::text, note from orders").fetchall() == [
        ("paid", "merci 🎁")
    ]


def test_loading_and_applying_end_in_the_same_tables(connection: psycopg.Connection) -> None:
    assert load_changes(connection, HISTORY) == 4
    loaded = dump(connection)
    connection.execute("truncate organisations, users, orders, order_items")
    assert apply_changes(connection, HISTORY) == len(HISTORY)
    assert dump(connection) == loaded
    assert loaded["users"], "the comparison is of rows, not of empty tables"


def test_every_version_is_seen_by_logical_decoding_in_commit_order(
    connection: psycopg.Connection,
) -> None:
    connection.execute("select pg_create_logical_replication_slot('seen', 'test_decoding')")
    try:
        apply_changes(connection, HISTORY)
        texts = [
            row[0]
            for row in connection.execute(
                "select data from pg_logical_slot_get_changes('seen', null, null)"
            )
        ]
    finally:
        connection.execute("select pg_drop_replication_slot('seen')")
    operations = [text.split(":")[0:2] for text in texts if text.startswith("table")]
    assert [(table.split(".")[1], op.strip()) for table, op in operations] == [
        (c.table, c.op.upper()) for c in HISTORY
    ]
    assert sum(text.startswith("BEGIN") for text in texts) == len({c.at for c in HISTORY})


def test_thirty_thousand_rows_load_and_count(connection: psycopg.Connection) -> None:
    events = [
        change(
            n // 10,
            "usage_events",
            "insert",
            {
                "id": n,
                "user_id": n % 97,
                "event_name": "opened",
                "occurred_at": START,
                "properties": {"n": n},
            },
        )
        for n in range(30_000)
    ]
    load_changes(connection, events)
    assert count_rows(connection)["usage_events"] == 30_000
    total = connection.execute("select sum((properties->>'n')::int) from usage_events").fetchone()
    assert total == (sum(range(30_000)),)


def test_unknown_table_is_named(connection: psycopg.Connection) -> None:
    with pytest.raises(SandboxError, match="no table 'invoices'"):
        apply_changes(connection, [change(0, "invoices", "insert", {"id": 1})])


def test_refused_change_leaves_its_transaction_undone(connection: psycopg.Connection) -> None:
    bad = [HISTORY[1], change(1, "orders", "insert", order(9, 1, "lost"))]
    with pytest.raises(SandboxError, match="refused a change"):
        apply_changes(connection, bad)
    assert connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    assert count_rows(connection)["users"] == 0
