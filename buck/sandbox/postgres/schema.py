"""The tables of the company's own application."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

ENUMS: Mapping[str, tuple[str, ...]] = {
    "plan_tier": ("free", "starter", "team", "enterprise"),
    "order_status": ("pending", "paid", "shipped", "cancelled", "returned"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "organisations": {
        "id": "uuid primary key",
        "name": "text not null",
        "country_code": "text",
        "plan": "plan_tier not null",
        "created_at": "timestamptz not null",
        "updated_at": "timestamptz not null",
    },
    "users": {
        "id": "bigint primary key",
        "organisation_id": "uuid",
        "email": "text not null",
        "full_name": "text",
        "locale": "text",
        "marketing_channel": "text",
        "is_active": "boolean not null",
        "roles": "text[] not null",
        "preferences": "jsonb",
        "created_at": "timestamptz not null",
        "updated_at": "timestamptz not null",
    },
    "products": {
        "id": "bigint primary key",
        "sku": "text not null",
        "name": "text not null",
        "category": "text",
        "unit_price": "numeric(12,3) not null",
        "unit_cost": "numeric(12,3)",
        "currency": "text not null",
        "stripe_product_id": "text",
        "attributes": "jsonb",
        "created_at": "timestamptz not null",
        "updated_at": "timestamptz not null",
    },
    "orders": {
        "id": "bigint primary key",
        "user_id": "bigint",
        "status": "order_status not null",
        "currency": "text not null",
        "channel": "text",
        "placed_at": "timestamptz not null",
        "stripe_payment_intent_id": "text",
        "note": "text",
        "updated_at": "timestamptz not null",
    },
    "order_items": {
        "id": "bigint primary key",
        "order_id": "bigint not null",
        "product_id": "bigint",
        "quantity": "integer not null",
        "unit_price": "numeric(12,3) not null",
        "discount": "numeric(12,3) not null",
        "updated_at": "timestamptz not null",
    },
    "usage_events": {
        "id": "bigint primary key",
        "user_id": "bigint",
        "event_name": "text not null",
        "occurred_at": "timestamptz not null",
        "properties": "jsonb",
    },
}
"""Column definitions by table, in order. Usage events are only ever added.

There are no foreign keys: like many applications grown over years this one deletes a user and keeps
the user's orders, and whoever reads the tables has to cope.
"""

READ_BY_TIME = {
    "organisations": "updated_at",
    "users": "updated_at",
    "products": "updated_at",
    "orders": "updated_at",
    "order_items": "updated_at",
    "usage_events": "occurred_at",
}


def create_schema(connection: psycopg.Connection) -> None:
    """Make the types and tables in an empty database."""
    for name, labels in ENUMS.items():
        values = sql.SQL(", ").join(sql.Literal(label) for label in labels)
        connection.execute(
            sql.SQL("create type {} as enum ({})").format(sql.Identifier(name), values)
        )
    for table, columns in TABLES.items():
        definitions = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(definition))
            for name, definition in columns.items()
        )
        connection.execute(
            sql.SQL("create table {} ({})").format(sql.Identifier(table), definitions)
        )
        connection.execute(
            sql.SQL("create index on {} ({})").format(
                sql.Identifier(table), sql.Identifier(READ_BY_TIME[table])
            )
        )


def to_row(table: str, record: Mapping[str, object]) -> list[object]:
    """A record's values in the table's column order, as the driver takes them."""
    return [
        Jsonb(record[name]) if kind == "jsonb" and record[name] is not None else record[name]
        for name, kind in TABLES[table].items()
    ]
