"""MRR as published by real runs, twelve days apart, against what the company knows of itself."""

from __future__ import annotations

from typing import Any

# Stripe told the first load, on day 45, what happened in the 30 days before.
KNOWN_FROM = "2026-01-17"
MOVEMENTS = ("new", "expansion", "contraction", "churn", "reactivation")


def test_mrr_of_every_day_that_stripe_told_of_ties_to_truth(
    published: Any, steady_truth: dict[str, Any]
) -> None:
    found = {
        (day, currency): int(mrr)
        for day, currency, mrr in published.rows(
            "select subscription_date::text, currency, sum(mrr_minor)"
            " from finance.fct_subscriptions_daily group by all having sum(mrr_minor) > 0"
        )
    }
    real = {(r["period"], r["currency"]): r["mrr"] for r in steady_truth["mrr_by_day"] if r["mrr"]}
    assert max(day for day, _ in real) == "2026-02-26"
    assert len({currency for _, currency in real}) >= 4
    assert _from(KNOWN_FROM, found) == _from(KNOWN_FROM, real)


def test_movements_of_mrr_tie_to_truth(published: Any, steady_truth: dict[str, Any]) -> None:
    found = {
        (day, currency, kind): int(moved)
        for day, currency, kind, moved in published.rows(
            "select movement_date::text, currency, movement_type, sum(mrr_change_minor)"
            " from finance.fct_mrr_movements group by all"
        )
    }
    real = {
        (r["period"], r["currency"], kind): r[kind]
        for r in steady_truth["mrr_by_day"]
        for kind in MOVEMENTS
        if r[kind]
    }
    assert _from(KNOWN_FROM, found) == _from(KNOWN_FROM, real)
    occurred = {kind for _, _, kind in _from(KNOWN_FROM, real)}
    assert occurred >= {"new", "expansion", "contraction", "churn"}


def _from(day: str, figures: dict[Any, int]) -> dict[Any, int]:
    return {key: value for key, value in figures.items() if key[0] >= day}
