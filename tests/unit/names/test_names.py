"""Names and values enter SQL and paths as what they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buck.engine import connect
from buck.errors import ConfigError
from buck.names import RawTable, TableRef, identifier, literal

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Any:
    con = connect(work=tmp_path_factory.mktemp("work"))
    yield lambda sql: con.execute(sql).fetchone()[0]
    con.close()


@settings(max_examples=50, deadline=None)
@given(TEXT)
def test_any_text_is_a_value_and_nothing_else(ask: Any, text: str) -> None:
    assert ask(f"select {literal(text)}") == text
    assert ask(f"select {literal([text, text])}") == [text, text]


@settings(max_examples=50, deadline=None)
@given(TEXT.filter(bool))
def test_any_text_is_a_name_and_nothing_else(ask: Any, text: str) -> None:
    assert ask(f"select {identifier(text)} from (select 7 as {identifier(text)})") == 7


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        ("it's", "'it''s'"),
        (("a", "b"), "['a', 'b']"),
        (datetime(2026, 1, 1, tzinfo=UTC), "timestamptz '2026-01-01T00:00:00+00:00'"),
    ],
)
def test_values_are_written_as_literals(value: Any, sql: str) -> None:
    assert literal(value) == sql


def test_tables_name_makes_sql_path_and_text() -> None:
    table = TableRef("finance", 'a"b')
    assert (table.sql, table.path, str(table)) == ('"finance"."a""b"', 'finance/a"b', 'finance.a"b')
    assert TableRef.parse("marts.finance.t") == TableRef.parse("finance.t")
    assert sorted([TableRef("b", "a"), TableRef("a", "b")])[0].schema == "a"


@pytest.mark.parametrize("text", ["", "t", ".", "a.", ".b", "a.b.c", "marts."])
def test_what_is_no_tables_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"schema\.table"):
        TableRef.parse(text)


def test_raw_tables_are_named_by_source_or_by_the_sources_schema() -> None:
    assert str(RawTable("stripe", "charges").ref) == "raw.raw_stripe_charges"
    assert str(RawTable("postgres", "users", "raw_app").ref) == "raw.raw_app_users"
    assert RawTable("stripe", "charges", "x").path == "raw/stripe/charges"


def test_no_other_room_quotes_sql_by_hand() -> None:
    doubled = ".replace('\"', '\"\"')", '.replace("\'", "\'\'")'
    root = Path(__file__).parents[3] / "buck"
    guilty = [
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if file.parent.name != "names" and any(d in file.read_text("utf-8") for d in doubled)
    ]
    assert guilty == []
