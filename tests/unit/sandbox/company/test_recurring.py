"""MRR and its movements, from facts that are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from buck.sandbox.company import Company, truth, truth_at
from buck.sandbox.company.change import Fact

AS_OF = datetime(2026, 2, 3, 12, tzinfo=UTC)


def fact(day: int, kind: Any, id_: str = "sub_1", *, hour: int = 10, **fields: Any) -> Fact:
    month, day = (1, day) if day <= 31 else (2, day - 31)
    at = datetime(2026, month, day, hour, tzinfo=UTC)
    return Fact(at, kind, id_, of="person-1", currency="usd", **fields)


def value(day: int, amount: int, id_: str = "sub_1", *, hour: int = 10) -> Fact:
    return fact(day, "subscription_value", id_, hour=hour, amount=amount)


def status(day: int, name: str, id_: str = "sub_1", *, hour: int = 11) -> Fact:
    return fact(day, "subscription_status", id_, hour=hour, status=name)


def test_every_movement_counts_under_its_name_at_the_end_of_its_day() -> None:
    told = [
        value(1, 100),
        status(1, "incomplete"),
        status(3, "active"),
        value(5, 150),
        value(5, 120, hour=20),
        status(7, "past_due"),
        value(8, 90),
        status(10, "canceled"),
        value(29, 40, "sub_2"),
        status(29, "active", "sub_2"),
        value(34, 500, "sub_2"),
    ]
    rows = {r.period: r for r in truth_at(told, as_of=AS_OF).mrr_by_day}
    moved = {
        (day, name): getattr(row, name)
        for day, row in rows.items()
        for name in ("new", "expansion", "contraction", "churn", "reactivation")
        if getattr(row, name)
    }
    assert moved == {
        ("2026-01-03", "new"): 100,
        ("2026-01-05", "expansion"): 20,
        ("2026-01-08", "contraction"): -30,
        ("2026-01-10", "churn"): -90,
        ("2026-01-29", "reactivation"): 40,
    }
    assert rows["2026-01-07"].mrr == 120
    assert max(rows) == "2026-02-02", "the day of as_of is not over"
    months = {r.period: r for r in truth_at(told, as_of=AS_OF).mrr_by_month}
    assert (months["2026-01"].mrr, months["2026-01"].new, months["2026-01"].churn) == (40, 100, -90)


def test_mrr_is_the_sum_of_all_movements_so_far(company: Company) -> None:
    figures = truth(company, as_of_day=45)
    sums: dict[str, int] = {}
    for row in figures.mrr_by_day:
        moved = row.new + row.expansion + row.contraction + row.churn + row.reactivation
        sums[row.currency] = sums.get(row.currency, 0) + moved
        assert row.mrr == sums[row.currency]
    assert sum(sums.values()) > 0
