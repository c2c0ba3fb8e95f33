"""P6: every PostgreSQL type lands as docs/reference/postgres-types.md says, on a real server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from buck.sources.postgres.catalog import connect_catalog, describe

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "postgres-types.md"
SETUP = (
    "create type mood as enum ('sad', 'happy')",
    "create domain cents as bigint check (value >= 0)",
    "create domain amount as numeric(10,2)",
    "create domain price as amount",
    "create type spot as (x int, label text)",
    "create extension hstore",
    "create extension citext",
)


@dataclass(frozen=True)
class Example:
    """A row of the reference."""

    type: str
    literal: str
    raw_type: str
    raw_value: str | None
    read_by: str

    @property
    def is_numeric_nan(self) -> bool:
        return self.type == "numeric(10,2)" and self.literal == "'NaN'"


def examples() -> list[Example]:
    part = REFERENCE.read_text(encoding="utf-8").partition("## Value by value")[2]
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (.+?) \|(.*)\| (scan|query) \|$", part, re.M)
    found = []
    for type_, literal, raw_type, value, read_by in rows:
        held = value.strip()
        known = None if held == "null" else held.removeprefix("`").removesuffix("`")
        found.append(Example(type_, literal, raw_type, known, read_by))
    assert len(found) == len(re.findall(r"^\| `", part, re.M)), "a row of the table is not read"
    return [e for e in found if e.type != "xml"]


def land(shop: Any, chosen: list[Example]) -> tuple[list[Any], dict[str, str], set[str]]:
    """Every example as a column of one row; what the lake holds, as text."""
    names = [f"c{n}" for n in range(len(chosen))]
    columns = ", ".join(f"{n} {e.type}" for n, e in zip(names, chosen, strict=True))
    shop.run(
        *SETUP,
        "drop table items",
        f"create table items (id int primary key, {columns})",
        f"insert into items values (1, {', '.join(e.literal for e in chosen)})",
        "insert into items (id) values (2)",
    )
    shop.declare("postgres.table('items', source='app')")
    shop.land()
    full, empty = shop.raw(", ".join(f"cast({n} as varchar)" for n in names))
    assert set(empty) == {None}, "a null came back as something else"
    types = shop.lake.raw("app", "items").state().columns
    assert shop.land().rows_landed == 0, "the same row looks changed when read again"
    return list(full), {n: types[n] for n in names}, scanned(shop)


def scanned(shop: Any) -> set[str]:
    from buck.engine import parse_address
    from buck.records.table import TableSpec

    with connect_catalog(parse_address(shop.admin_url)) as con:
        return set(describe(con, TableSpec("app", "items", (), ()), schema="public").scannable)


@pytest.mark.parametrize("read_by", ["scan", "query"])
def test_p6_every_type_lands_as_documented(shop: Any, read_by: str) -> None:
    """Once by the parallel scanner what it can read, once everything through SQL."""
    chosen = [e for e in examples() if read_by == "query" or e.read_by == "scan"]
    chosen = [e for e in chosen if read_by == "query" or not e.is_numeric_nan]
    assert len(chosen) > 40
    values, types, plain = land(shop, chosen)
    for n, (example, value) in enumerate(zip(chosen, values, strict=True)):
        assert types[f"c{n}"] == example.raw_type, example
        assert value == example.raw_value, example
        assert (f"c{n}" in plain) == (example.read_by == "scan"), example


def test_p6_nan_is_not_read_as_zero_by_the_scanner(shop: Any) -> None:
    shop.run(
        "drop table items",
        "create table items (id int primary key, n numeric(10,2), f double precision)",
        "insert into items values (1, 'NaN', 'NaN'), (2, 0, 'Infinity'), (3, 1.25, 0.5)",
    )
    shop.declare("postgres.table('items', source='app')")
    shop.land()
    assert shop.raw("n") == [(None,), (Decimal(0),), (Decimal("1.25"),)]
    assert shop.raw("f::varchar") == [("nan",), ("inf",), ("0.5",)]


def test_p6_every_type_of_the_server_is_decided(shop: Any) -> None:
    """Whatever type a server has, the catalogue gives it a raw type without failing."""
    with shop.connect() as con:
        names = con.execute(
            "select format_type(oid, null) from pg_type where typtype in ('b', 'r', 'm') "
            "and typnamespace = 'pg_catalog'::regnamespace and typisdefined "
            "and typname not in ('unknown') and typtype <> 'p' and typelem = 0"
        ).fetchall()
        columns = ", ".join(f"c{n} {name}" for n, (name,) in enumerate(names))
        con.execute(f"drop table items; create table items (id int primary key, {columns})")
        con.execute("insert into items (id) values (1)")
    assert len(names) > 50
    shop.declare("postgres.table('items', source='app')")
    assert shop.land().rows_landed == 1


def test_p6_documented_kinds_cover_the_examples() -> None:
    text = REFERENCE.read_text(encoding="utf-8").partition("## Value by value")[0]
    words = {"mood": "enum", "cents": "domain", "price": "domain", "spot": "composite"}
    for example in examples():
        base = example.type.split("(")[0].removesuffix("[]").removesuffix("[]").strip('"')
        base = {"bit varying": "bit", "tstzrange": "range"}.get(base, words.get(base, base))
        known = base in text or "range" in base or base in ("pg_lsn", "polygon", "tsquery")
        assert known, example
