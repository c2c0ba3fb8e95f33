"""Every portable macro gives the same value on DuckDB and on PostgreSQL, in any time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import psycopg
import pytest

from tests.unit.portability.macro_cases import CASES, compiled

Ask = Callable[[str], tuple[Any, ...]]


@pytest.fixture(scope="module")
def values(server: Any) -> dict[str, dict[str, Any]]:
    """By engine and case; one query each, in sessions far from UTC."""
    found = {}
    with duckdb.connect() as con:
        con.execute("set timezone = 'Asia/Tokyo'")
        found["duckdb"] = con.execute(compiled("duckdb")).fetchone()
    with server.connect("warehouse") as con:
        con.execute("set timezone = 'America/New_York'")
        found["postgres"] = con.execute(compiled("postgres").encode()).fetchone()
    return {engine: dict(zip(CASES, row, strict=True)) for engine, row in found.items()}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_a_macro_gives_its_value(values: dict[str, Any], engine: str, case: str) -> None:
    expected, found = CASES[case][1], values[engine][case]
    # The text too: 1.5 and 1.50 are equal, but not the same column.
    assert (found, str(found)) == (expected, str(expected))


def test_what_raises_elsewhere_would_have_raised(server: Any) -> None:
    """The macros are needed: written plainly, the same values raise or differ."""
    with duckdb.connect() as con:
        assert con.execute("select 7 / 2").fetchone() == (3.5,)
        assert con.execute("select try_cast('1.5' as bigint)").fetchone() == (2,)
    with server.connect("warehouse") as con:
        assert con.execute("select 7 / 2").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            con.execute("select cast('1.5' as bigint)")
