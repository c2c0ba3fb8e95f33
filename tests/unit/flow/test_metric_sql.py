"""The SQL of metrics: periods, levels, comparisons, filters, other tables' dimensions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from buck.engine import connect
from buck.errors import ConfigError
from buck.flow.measuring import dimensions_of, metric_sql
from buck.records.metric import Measure, Metric, MetricInput, SemanticModel, Semantics

SALES = SemanticModel(
    "sales",
    "shop",
    "sales",
    measures={
        "amount": Measure("amount", "sum", "amount", "sold_on", always_by=("currency",)),
        "buyers": Measure("buyers", "count_distinct", "who", "sold_on"),
        "lines": Measure("lines", "sum", "1", "sold_on"),
    },
    dimensions={"currency": "currency", "is_big": "amount >= 10"},
    times={"sold_on": "sold_on"},
    entities={"sale": "id", "person": "who"},
    primary="sale",
)
PEOPLE = SemanticModel(
    "people",
    "shop",
    "people",
    measures={},
    dimensions={"town": "upper(town)"},
    times={},
    entities={"person": "name"},
    primary="person",
)
LEVELS = SemanticModel(
    "levels",
    "shop",
    "levels",
    measures={"level": Measure("level", "sum", "amount", "day", at_the_end=True)},
    dimensions={"currency": "currency"},
    times={"day": "day"},
    entities={},
)
METRICS = [
    Metric("revenue", "simple", measure="amount"),
    Metric("customers", "simple", measure="buyers"),
    Metric("sales", "simple", measure="lines", fill_with=0),
    Metric(
        "big_sales",
        "simple",
        measure="lines",
        filter="{{ Dimension('sale__is_big') }}",
        fill_with=0,
    ),
    Metric("level", "simple", measure="level"),
    Metric(
        "big_share",
        "ratio",
        inputs=(MetricInput("big_sales", "big_sales"), MetricInput("sales", "sales")),
    ),
    Metric(
        "growth",
        "derived",
        expression="level / nullif(level_before, 0) - 1",
        inputs=(
            MetricInput("level", "level"),
            MetricInput("level", "level_before", offset=(1, "month")),
        ),
    ),
    Metric(
        "in_oslo",
        "derived",
        expression="revenue",
        inputs=(
            MetricInput("revenue", "revenue", filter="({{ Dimension('person__town') }} = 'OSLO')"),
        ),
    ),
]
SEMANTICS = Semantics({m.name: m for m in (SALES, PEOPLE, LEVELS)}, {m.name: m for m in METRICS})


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    con = connect(work=tmp_path_factory.mktemp("work"))
    con.execute(
        """
        create schema shop;
        create table shop.sales
            (id int, who text, amount decimal(9, 2), currency text, sold_on date);
        insert into shop.sales values
            (1, 'ann', 10, 'usd', '2026-01-01'), (2, 'ann', 5, 'usd', '2026-01-31'),
            (3, 'bob', 700, 'jpy', '2026-02-01'), (4, 'ann', 1, 'usd', '2026-02-03'),
            (5, null, 2, 'usd', '2026-02-04');
        create table shop.people (name text, town text);
        insert into shop.people values ('ann', 'Oslo'), ('bob', 'Rome');
        create table shop.levels (day date, currency text, amount int);
        insert into shop.levels values
            ('2026-01-30', 'usd', 50), ('2026-01-31', 'usd', 100), ('2026-01-31', 'eur', 1),
            ('2026-02-27', 'usd', 999), ('2026-02-28', 'usd', 150);
        """
    )

    def query(*names, by=(), grain=None):
        return con.execute(metric_sql(SEMANTICS, names, by=by, grain=grain)).fetchall()

    yield query
    con.close()


JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def test_an_amount_is_never_added_up_across_currencies(ask):
    assert ask("revenue") == [("jpy", Decimal(700)), ("usd", Decimal(18))]
    assert ask("revenue", by=["currency"], grain="month") == [
        (JANUARY, "usd", Decimal(15)),
        (FEBRUARY, "jpy", Decimal(700)),
        (FEBRUARY, "usd", Decimal(3)),
    ]


def test_people_are_counted_once_a_period(ask):
    assert ask("customers") == [(2,)]
    assert ask("customers", grain="month") == [(JANUARY, 1), (FEBRUARY, 2)]
    assert ask("customers", grain="year") == [(JANUARY, 2)]
    assert ask("customers", grain="quarter") == [(JANUARY, 2)]


def test_weeks_begin_on_monday(ask):
    assert ask("sales", grain="week") == [
        (date(2025, 12, 29), 1),
        (date(2026, 1, 26), 2),
        (date(2026, 2, 2), 2),
    ]


def test_a_filter_counts_only_what_it_lets_through(ask):
    assert ask("big_sales", "sales", "big_share", grain="month") == [
        (JANUARY, 1, 2, 0.5),
        (FEBRUARY, 1, 3, 1 / 3),
    ]


def test_nothing_is_nothing_or_what_the_metric_fills_in(ask):
    assert ask("big_sales", by=["person__town"]) == [("OSLO", 1), ("ROME", 1)]
    assert ask("sales", "big_sales", by=["person__town"]) == [
        ("OSLO", 3, 1),
        ("ROME", 1, 1),
        (None, 1, 0),
    ]


def test_a_level_is_that_of_the_last_day(ask):
    assert ask("level", grain="month") == [(JANUARY, 101), (FEBRUARY, 150)]
    assert ask("level", by=["currency"], grain="month") == [
        (JANUARY, "eur", 1),
        (JANUARY, "usd", 100),
        (FEBRUARY, "usd", 150),
    ]
    assert ask("level") == [(150,)]


def test_a_comparison_looks_one_period_back(ask):
    found = {
        (month, currency): value
        for month, currency, value in ask("growth", by=["currency"], grain="month")
    }
    assert found[FEBRUARY, "usd"] == pytest.approx(0.5)
    assert found[JANUARY, "usd"] is None
    assert found[FEBRUARY, "eur"] is None
    # March has not begun, so there is nothing to compare February's level with.
    assert {month for month, _ in found} == {JANUARY, FEBRUARY}
    with pytest.raises(ConfigError, match="earlier period") as caught:
        ask("growth")
    assert caught.value.hint == "add --grain month"


def test_dimensions_of_other_tables_are_reached_through_their_entity(ask):
    assert ask("sales", by=["person__town"]) == [("OSLO", 3), ("ROME", 1), (None, 1)]
    assert ask("in_oslo") == [("usd", Decimal(16))]


@pytest.mark.parametrize(
    ("names", "by", "said"),
    [
        (["revenu"], [], "did you mean revenue?"),
        (["zzz"], [], "there are: big_sales"),
        (["revenue"], ["curency"], "did you mean currency?"),
        (["revenue"], ["person__twon"], "did you mean person__town?"),
        (["revenue"], ["ghost__town"], "town"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(ask, names, by, said):
    with pytest.raises(ConfigError) as caught:
        ask(*names, by=by)
    assert said in caught.value.hint


def test_dimensions_are_listed_with_those_of_other_tables():
    assert dimensions_of(SEMANTICS, SALES) == ["currency", "is_big", "sold_on", "person__town"]
