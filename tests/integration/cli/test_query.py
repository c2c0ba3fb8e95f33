"""`buck query` and `buck shell`: three zones, good and bad SQL."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_published_marts_answer(published: Any) -> None:
    sql = "select count(*) as n from finance.fct_payments"
    rows = {t["name"]: t["rows"] for t in published.snapshot()["tables"]}
    assert published.buck("query", sql, "--json").expect(0).json == [{"n": rows["fct_payments"]}]
    assert published.rows(sql) == [(rows["fct_payments"],)]


def test_marts_may_be_named_with_their_database(published: Any) -> None:
    sql = "select count(*) as n from marts.finance.fct_payments"
    assert published.buck("query", sql, "--json").expect(0).json == [
        {"n": published.rows(sql)[0][0]}
    ]


def test_raw_tables_answer_with_every_version(published: Any) -> None:
    sql = "select count(*) as n from raw.raw_stripe_charges"
    (held,) = published.buck("query", sql, "--raw", "--json").expect(0).json
    assert held["n"] == len(published.versions("stripe")["charges"])


def test_candidates_answer_with_staging_models(published: Any) -> None:
    sql = "select count(*) as n from staging.stg_stripe__charges"
    (held,) = published.buck("query", sql, "--candidate", "--json").expect(0).json
    assert 0 < held["n"] <= len(published.newest("stripe")["charges"])


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("selec 1", "syntax error"),
        ("select * from finance.fct_payment", "fct_payment"),
        ("select 1 / 'a'", "Conversion"),
        ("", "no statement"),
        ("   ;  ", "no statement"),
        ("/* nothing */", "no statement"),
    ],
)
def test_wrong_sql_is_a_usage_error_in_duckdb_words(published: Any, sql: str, said: str) -> None:
    done = published.buck("query", sql).expect(2)
    assert said in done.err
    assert "hint: " in done.err
    assert "config error" not in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("sql", "given", "hint"),
    [
        ("from raw.raw_stripe_charges", (), "buck query --raw"),
        ("from raw_stripe_charges", (), "buck query --raw"),
        ("from staging.stg_stripe__charges", (), "buck query --candidate"),
        ("from finance.fct_payments", ("--raw",), "is a published mart: buck query …"),
        ("from nowhere.nothing", (), "information_schema.tables"),
    ],
)
def test_a_table_of_another_zone_is_told_with_its_option(
    published: Any, sql: str, given: tuple[str, ...], hint: str
) -> None:
    done = published.buck("query", sql, *given).expect(2)
    assert hint in done.err.partition("hint: ")[2]


def test_a_query_changes_nothing(published: Any) -> None:
    before = published.published_bytes()
    published.buck("query", "create table finance.mine as select 1")
    published.buck("query", "drop view finance.fct_payments")
    published.buck("query", "delete from finance.fct_payments")
    done = published.buck("query", "drop table finance.fct_payments", "--candidate")
    assert done.code == 2
    assert published.published_bytes() == before


def test_long_answers_say_that_there_is_more(published: Any) -> None:
    done = published.buck("query", "from range(500) t(n)", "--limit", "10").expect(0)
    assert len(done.out.splitlines()) == 11
    assert "490 more rows" in done.err
    assert "1 more row;" in published.buck("query", "from range(11)", "--limit", "10").err
    nothing = published.buck("query", "select 1 as n where false").expect(0)
    assert (nothing.out.split(), nothing.err) == (["n"], "0 rows\n")
    whole = published.buck("query", "from range(500) t(n)", "--json").json
    assert len(whole) == 500


def test_values_are_shown_as_they_are(published: Any) -> None:
    done = published.buck(
        "query", "select null as a, true as b, 1.50::decimal(9,2) as c, 'é [x]' as d"
    )
    assert done.out.splitlines()[1].split() == ["true", "1.50", "é", "[x]"]


def test_the_shell_answers_every_statement_of_its_input(published: Any) -> None:
    script = "select 1 as a; select 2 as b;\nselect\n  3 as c\n;\nselect 'x;y' as d"
    done = published.buck("shell", stdin=script).expect(0)
    words = done.out.split()
    assert words == ["a", "1", "b", "2", "c", "3", "d", "x;y"]


def test_the_shell_goes_on_after_an_error_and_ends_with_its_code(published: Any) -> None:
    done = published.buck("shell", stdin="select * from nope;\nselect 2 as b;\n").expect(2)
    assert "nope" in done.err
    assert done.out.split() == ["b", "2"]


def test_the_shell_remembers_within_itself(published: Any) -> None:
    script = "create temp table t as select 42 as answer;\nfrom t;\nexit\nfrom nope;"
    done = published.buck("shell", stdin=script).expect(0)
    assert "42" in done.out
    assert "nope" not in done.err


@pytest.mark.parametrize("zone", ["--raw", "--candidate"])
def test_the_shell_opens_the_other_zones(published: Any, zone: str) -> None:
    done = published.buck("shell", zone, stdin="select count(*) > 0 as ok from raw.raw_app_users;")
    assert done.expect(0).out.split() == ["ok", "true"]
