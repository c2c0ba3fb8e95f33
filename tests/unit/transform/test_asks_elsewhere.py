"""What a table's recipe cannot speak for is found in its text; what it can is not."""

from __future__ import annotations

import pytest

from buck.portability import compile_models
from tests.unit.portability.planted import plant

KNOWN = "select * from {{ ref('known') }}"


def asks(query: str) -> str:
    """What the macro says of a query that reads one model, on DuckDB."""
    said = "{% set query %}" + query + "{% endset %}{{ asks_elsewhere(query, [ref('known')]) }}"
    return compile_models(plant(known="select 1 as one", model=said), "duckdb")["model"]


@pytest.mark.parametrize(
    "query",
    [
        f"{KNOWN} where at > now()",
        f"{KNOWN} where day = CURRENT_DATE",
        f"{KNOWN} order by random()",
        "select uuid() as id",
        "select * from read_parquet('old.parquet')",
        "select * from 'old.parquet'",
        f"{KNOWN} using sample 10 rows",
        f"{KNOWN} join other.table on true",
        'select * from "another"."schema"."known"',
        "select getvariable('x') as x",
    ],
)
def test_what_nobody_told_dbt_of_is_seen(query: str) -> None:
    assert asks(query) == "True"


@pytest.mark.parametrize(
    "query",
    [
        KNOWN,
        f"{KNOWN} as known join known as again on known.one = again.one",
        f"{KNOWN} where one is distinct from known.two",
        "select extract(month from known.day) as m from {{ ref('known') }} as known",
        "select known_now, random_id, current_customer_key from {{ ref('known') }}",
    ],
)
def test_what_it_was_told_of_is_not(query: str) -> None:
    assert asks(query) == "False"
