"""Orders, pipeline and usage in the marts equal the truth, to the minor unit and on every day."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from buck.sandbox.company.money import CURRENCIES

from .conftest import Moment


def minor(amount: Decimal, currency: str) -> int:
    found = amount.scaleb(CURRENCIES[currency].exponent)
    assert found == int(found), f"{amount} is no whole number of {currency}'s minor units"
    return int(found)


def test_orders_of_every_day_and_currency_equal_the_truth(moments: Sequence[Moment]) -> None:
    for moment in moments:
        real = {
            (row.period, row.currency): (row.orders, row.order_lines, row.order_revenue)
            for row in moment.truth.by_day
            if row.orders
        }
        lines = moment.rows(
            "select order_date::varchar, currency, count(distinct order_id), count(*), sum(revenue)"
            " from sales.fct_orders where not is_cancelled group by all"
        )
        orders = moment.rows(
            "select order_date::varchar, currency, count(*), sum(line_count), sum(revenue)"
            " from sales.sales_orders where not is_cancelled group by all"
        )
        for rows in (lines, orders):
            found = {(d, c): (n, int(count), minor(sum_, c)) for d, c, n, count, sum_ in rows}
            assert found == real
        assert {"jpy", "usd"} <= {currency for _, currency in real}
        # Cancelled lines are there and bring nothing, so a plain sum is the same.
        ((kept, everything),) = moment.rows(
            "select sum(revenue) filter (not is_cancelled), sum(revenue) from sales.fct_orders"
        )
        assert kept == everything


def test_the_pipeline_of_every_day_equals_the_truth(moments: Sequence[Moment]) -> None:
    for moment in moments:
        rows = moment.rows(
            "select pipeline_date::varchar, stage, currency, opportunity_count, amount"
            " from sales.fct_pipeline_daily order by all"
        )
        found = [(day, stage, code, n, minor(worth, code)) for day, stage, code, n, worth in rows]
        assert found == [
            (row.period, row.stage, row.currency, row.deals, row.amount)
            for row in moment.truth.pipeline_by_day
        ]
        assert len({day for day, *_ in found}) > 30


def test_open_won_and_lost_deals_equal_the_truth(moments: Sequence[Moment]) -> None:
    for moment in moments:
        rows = moment.rows(
            "select stage, currency, is_closed, is_won, count(*), sum(amount)"
            " from sales.fct_opportunities group by all"
        )
        assert {(s, c): (n, minor(worth, c)) for s, c, _, _, n, worth in rows} == {
            (row.stage, row.currency): (row.deals, row.amount) for row in moment.truth.deals
        }
        closed = {stage: (is_closed, is_won) for stage, _, is_closed, is_won, *_ in rows}
        assert closed.pop("Closed Won", (True, True)) == (True, True)
        assert closed.pop("Closed Lost", (True, False)) == (True, False)
        assert set(closed.values()) <= {(False, False)}


def test_usage_of_every_day_equals_the_truth(moments: Sequence[Moment]) -> None:
    for moment in moments:
        rows = moment.rows(
            "select usage_date::varchar, sum(event_count), count(distinct user_id)"
            " from product.fct_usage_daily group by all"
        )
        assert {day: (int(events), users) for day, events, users in rows} == {
            row.period: (row.events, row.users) for row in moment.truth.usage_by_day
        }


def test_what_a_day_looked_like_never_changes_later(moments: Sequence[Moment]) -> None:
    first, *later = (set(m.rows("from sales.fct_pipeline_daily")) for m in moments)
    assert first
    for rows in later:
        assert first < rows


def test_credit_for_customers_adds_up_to_those_who_paid(moments: Sequence[Moment]) -> None:
    for moment in moments:
        rows = moment.rows(
            "select attribution_model, sum(credit) from marketing.fct_attribution group by all"
        )
        assert dict(rows) == dict.fromkeys(
            ("first_touch", "last_touch", "linear"), moment.truth.customers["paying_persons"]
        )
